/*
 * One thread, one connection at a time, five seconds each: enough for status and
 * doctor, too little to harm.  A new server takes the name over from an old one that
 * drains: it binds a temporary name and renames it into place; stop removes the name
 * only while it is still its own.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "fcgi/control.h"

struct control {
	int		 fd;
	int		 stop;		/* eventfd */
	char		*path;
	ino_t		 inode;
	pthread_t	 thread;
	control_fn	*answer;
	void		*arg;
};

static bool
address(struct sockaddr_un *sun, const char *dir, const char *suffix)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	return snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/control.sock%s", dir,
	    suffix) < (int)sizeof(sun->sun_path);
}

static void
patience(int fd)
{
	struct timeval five = { 5, 0 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof(five));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &five, sizeof(five));
}

static bool
peer_ok(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	    (who.uid == 0 || who.uid == geteuid());
}

static void
serve_one(struct control *c, int fd)
{
	char word[64];
	struct buf out;
	ssize_t n;
	size_t sent = 0;

	patience(fd);
	n = peer_ok(fd) ? recv(fd, word, sizeof(word) - 1, 0) : -1;
	if (n <= 0)
		return;
	word[n] = '\0';
	word[strcspn(word, "\r\n")] = '\0';
	buf_init(&out, 256 * KIB);
	c->answer(c->arg, word, &out);
	buf_putc(&out, '\n');
	while (buf_ok(&out) && sent < out.len) {
		n = send(fd, out.data + sent, out.len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	buf_fini(&out);
}

static void *
loop(void *arg)
{
	struct control *c = arg;
	struct pollfd fds[2] = { { c->fd, POLLIN, 0 }, { c->stop, POLLIN, 0 } };

	for (;;) {
		int fd;

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents != 0)
			return NULL;
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		serve_one(c, fd);
		close(fd);
	}
}

static enum fz_err
bind_socket(struct control *c, const char *dir, struct why *why)
{
	struct sockaddr_un draft, final;
	char suffix[32];
	struct stat st;
	mode_t before;
	int rc;

	snprintf(suffix, sizeof(suffix), ".%ld", (long)getpid());
	if (!address(&draft, dir, suffix) || !address(&final, dir, ""))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "the path of the state folder is too long for a socket");
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(draft.sun_path);
	before = umask(0177);
	rc = c->fd < 0 ? -1 : bind(c->fd, (struct sockaddr *)&draft, sizeof(draft));
	umask(before);
	if (rc != 0 || listen(c->fd, 8) != 0 || stat(draft.sun_path, &st) != 0 ||
	    rename(draft.sun_path, final.sun_path) != 0) {
		why_set(why, FZ_IO, "cannot listen on %s: %s", final.sun_path,
		    strerror(errno));
		unlink(draft.sun_path);
		return FZ_IO;
	}
	c->inode = st.st_ino;
	c->path = xstrdup(final.sun_path);
	return FZ_OK;
}

enum fz_err
control_start(const char *state_dir, control_fn *answer, void *arg, struct control **out,
    struct why *why)
{
	struct control *c = xcalloc(1, sizeof(*c));
	sigset_t all, before;
	enum fz_err err;
	int rc;

	c->answer = answer;
	c->arg = arg;
	c->stop = eventfd(0, EFD_CLOEXEC);
	err = bind_socket(c, state_dir, why);
	if (err != FZ_OK)
		goto out;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&c->thread, NULL, loop, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		err = why_set(why, FZ_IO, "cannot start the control thread");
out:
	if (err == FZ_OK) {
		*out = c;
		return FZ_OK;
	}
	if (c->fd >= 0)
		close(c->fd);
	close(c->stop);
	free(c->path);
	free(c);
	return err;
}

void
control_stop(struct control *c)
{
	uint64_t one = 1;
	struct stat st;

	if (c == NULL)
		return;
	if (write(c->stop, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(c->thread, NULL);
	if (stat(c->path, &st) == 0 && st.st_ino == c->inode)
		unlink(c->path);
	close(c->fd);
	close(c->stop);
	free(c->path);
	free(c);
}

enum fz_err
control_ask(const char *state_dir, const char *word, struct buf *out, struct why *why)
{
	struct sockaddr_un sun;
	char piece[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n = -1;

	patience(fd);
	if (!address(&sun, state_dir, "") || fd < 0 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    send(fd, word, strlen(word), MSG_NOSIGNAL) < 0) {
		if (fd >= 0)
			close(fd);
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "no server is running in %s",
		    state_dir);
	}
	shutdown(fd, SHUT_WR);
	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		buf_add(out, piece, (size_t)n);
	close(fd);
	if (n < 0 || !buf_ok(out))
		return why_set(why, FZ_TIMEOUT, "the server in %s does not answer", state_dir);
	return FZ_OK;
}

bool
control_running(const char *state_dir)
{
	struct buf out;
	bool running;

	buf_init(&out, 256 * KIB);
	running = control_ask(state_dir, "ping", &out, NULL) != FZ_SERVICE_UNAVAILABLE;
	buf_fini(&out);
	return running;
}
