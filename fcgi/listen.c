/*
 * An inherited socket outlives us: the next process accepts on the same one, so it is
 * never shut down and its file never removed.  Only what we bound ourselves is removed,
 * and only while the file is still the one we made.
 *
 * A stale file is replaced when connecting to it is refused.  The new socket is bound
 * under a temporary name and renamed into place, with its mode set before: there is no
 * moment at which it can be reached with the wrong mode, or not at all.
 *
 * TCP is for containers and Windows subsystems: loopback or nothing, since whoever can
 * connect speaks with the front server's authority.
 */
#include "fcgi/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define BACKLOG 4096
#define FIRST_FD 3

struct unix_spec {
	char		 path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	mode_t		 mode;
	gid_t		 gid;
	bool		 has_group;
};

static bool
is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

static int
family_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	return ss.ss_family;
}

static void
make_ready(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static struct listener *
slot(struct listeners *ls, int fd, enum listen_protocol protocol, const char *name)
{
	struct listener *l = &ls->v[ls->n++];

	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->protocol = protocol;
	l->is_unix = family_of(fd) == AF_UNIX;
	(void)snprintf(l->name, sizeof(l->name), "%s", name);
	make_ready(fd);
	return l;
}

static bool
loopback(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	const struct sockaddr_in *in = (const struct sockaddr_in *)&ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return false;
	if (ss.ss_family == AF_UNIX)
		return true;
	if (ss.ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return ss.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static enum fz_err
take_inherited(struct listeners *ls, int fd, enum listen_protocol protocol,
    struct why *why)
{
	char name[32];

	if (ls->n == LISTEN_MAX)
		return why_set(why, FZ_VALIDATION_FAILED, "more than %d sockets", LISTEN_MAX);
	if (!is_listening(fd))
		return why_set(why, FZ_VALIDATION_FAILED, "fd %d is not a listening socket",
		    fd);
	if (!loopback(fd))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "fd %d listens beyond loopback: use a unix socket or 127.0.0.1", fd);
	(void)snprintf(name, sizeof(name), "fd:%d", fd);
	slot(ls, fd, protocol, name)->inherited = true;
	return FZ_OK;
}

/* The i-th of "fcgi:scgi". */
static enum listen_protocol
protocol_named(const char *names, uint64_t i)
{
	while (names != NULL && i-- > 0) {
		names = strchr(names, ':');
		if (names != NULL)
			names++;
	}
	if (names == NULL)
		return LISTEN_FCGI;
	if (strncmp(names, "scgi", 4) == 0 && (names[4] == '\0' || names[4] == ':'))
		return LISTEN_SCGI;
	return LISTEN_FCGI;
}

enum fz_err
listen_inherit(struct listeners *ls, struct why *why)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES");
	enum fz_err err = FZ_OK;
	uint64_t n, who;

	if (fds != NULL && pid != NULL && str_u64(pid, &who) && who == (uint64_t)getpid()) {
		if (!str_u64(fds, &n) || n > LISTEN_MAX)
			return why_set(why, FZ_VALIDATION_FAILED, "LISTEN_FDS=%.20s", fds);
		for (uint64_t i = 0; i < n && err == FZ_OK; i++)
			err = take_inherited(ls, FIRST_FD + (int)i, protocol_named(names, i),
			    why);
		return err;
	}
	if (is_listening(STDIN_FILENO))
		return take_inherited(ls, STDIN_FILENO, LISTEN_FCGI, why);
	return FZ_OK;
}

/* One "name=value" of a unix spec. */
static bool
unix_option(struct unix_spec *u, const char *s, size_t len)
{
	char value[64];
	struct group *gr;
	char *end;

	if (len >= sizeof(value) || len < 6)
		return false;
	memcpy(value, s, len);
	value[len] = '\0';
	if (str_starts(value, "mode=")) {
		unsigned long mode = strtoul(value + 5, &end, 8);

		if (*end != '\0' || value[5] < '0' || value[5] > '7' || mode > 0777)
			return false;
		u->mode = (mode_t)mode;
		return true;
	}
	if (!str_starts(value, "group="))
		return false;
	gr = getgrnam(value + 6);
	if (gr == NULL)
		return false;
	u->gid = gr->gr_gid;
	u->has_group = true;
	return true;
}

static enum fz_err
unix_parse(const char *spec, struct unix_spec *u, struct why *why)
{
	size_t len = strcspn(spec, ",");
	const char *p = spec + len;

	memset(u, 0, sizeof(*u));
	u->mode = 0660;
	/* ".new" of the temporary name must fit too. */
	if (spec[0] != '/' || len + 5 > sizeof(u->path))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "unix:%.120s: want an absolute path of at most %zu bytes", spec,
		    sizeof(u->path) - 5);
	memcpy(u->path, spec, len);
	while (*p == ',') {
		size_t n = strcspn(p + 1, ",");

		if (!unix_option(u, p + 1, n))
			return why_set(why, FZ_VALIDATION_FAILED,
			    "unix:%.120s: unknown option, mode or group %.*s", u->path, (int)n,
			    p + 1);
		p += 1 + n;
	}
	return FZ_OK;
}

/* FZ_OK: the name is free or a socket nobody listens on. */
static enum fz_err
unix_free(const char *path, struct why *why)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? FZ_OK :
		    why_set(why, FZ_IO, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return why_set(why, FZ_CONFLICT, "%s is there and no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return why_set(why, FZ_IO, "socket: %s", strerror(errno));
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	err = connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ? errno : 0;
	close(fd);
	/* Refused = nobody listens.  EAGAIN is a full backlog: somebody does. */
	if (err == ECONNREFUSED)
		return FZ_OK;
	return why_set(why, FZ_CONFLICT, "somebody listens on %s already", path);
}

static enum fz_err
unix_bind(int fd, const struct unix_spec *u, struct why *why)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char *temp = xasprintf("%s.new", u->path);
	enum fz_err err = FZ_OK;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", temp);
	(void)unlink(temp);
	/* Nobody can connect before listen(), so the mode may follow the bind. */
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    (u->has_group && chown(temp, (uid_t)-1, u->gid) < 0) ||
	    chmod(temp, u->mode) < 0 || listen(fd, BACKLOG) < 0 ||
	    rename(temp, u->path) < 0) {
		err = why_set(why, FZ_IO, "cannot listen on %s: %s", u->path,
		    strerror(errno));
		(void)unlink(temp);
	}
	free(temp);
	return err;
}

static enum fz_err
open_unix(struct listeners *ls, const char *spec, enum listen_protocol protocol,
    struct why *why)
{
	struct unix_spec u;
	struct listener *l;
	struct stat st;
	enum fz_err err = unix_parse(spec, &u, why);
	int fd;

	if (err == FZ_OK)
		err = unix_free(u.path, why);
	if (err != FZ_OK)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return why_set(why, FZ_IO, "socket: %s", strerror(errno));
	err = unix_bind(fd, &u, why);
	if (err != FZ_OK) {
		close(fd);
		return err;
	}
	l = slot(ls, fd, protocol, u.path);
	l->path = xstrdup(u.path);
	if (lstat(u.path, &st) == 0) {
		l->dev = st.st_dev;
		l->ino = st.st_ino;
	}
	return FZ_OK;
}

/* "127.0.0.1:9000" or "[::1]:9000" -> address. */
static bool
tcp_parse(const char *spec, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	const char *colon = strrchr(spec, ':');
	char host[64];
	size_t n;
	uint64_t port;

	if (colon == NULL || !str_u64(colon + 1, &port) || port == 0 || port > 65535)
		return false;
	n = (size_t)(colon - spec);
	if (n >= sizeof(host))
		return false;
	memset(ss, 0, sizeof(*ss));
	if (n > 2 && spec[0] == '[' && spec[n - 1] == ']') {
		memcpy(host, spec + 1, n - 2);
		host[n - 2] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		*len = sizeof(*in6);
		return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1 &&
		    IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	memcpy(host, spec, n);
	host[n] = '\0';
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	*len = sizeof(*in);
	return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
	    &in->sin_addr) == 1 && ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

static enum fz_err
open_tcp(struct listeners *ls, const char *spec, enum listen_protocol protocol,
    struct why *why)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, on = 1, err;

	if (!tcp_parse(spec, &ss, &len))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "tcp:%.80s: want a loopback address and a port", spec);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return why_set(why, FZ_IO, "socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, BACKLOG) < 0) {
		err = errno;
		close(fd);
		return why_set(why, err == EADDRINUSE ? FZ_CONFLICT : FZ_IO, "tcp:%.80s: %s",
		    spec, strerror(err));
	}
	(void)slot(ls, fd, protocol, spec);
	return FZ_OK;
}

enum fz_err
listen_open(struct listeners *ls, const char *spec, enum listen_protocol protocol,
    struct why *why)
{
	uint64_t fd;

	if (ls->n == LISTEN_MAX)
		return why_set(why, FZ_VALIDATION_FAILED, "more than %d sockets", LISTEN_MAX);
	if (str_starts(spec, "unix:"))
		return open_unix(ls, spec + 5, protocol, why);
	if (str_starts(spec, "tcp:"))
		return open_tcp(ls, spec + 4, protocol, why);
	if (str_starts(spec, "fd:") && str_u64(spec + 3, &fd) && fd <= 1023)
		return take_inherited(ls, (int)fd, protocol, why);
	return why_set(why, FZ_VALIDATION_FAILED,
	    "%.120s: want unix:PATH, tcp:127.0.0.1:PORT or fd:N", spec);
}

void
listen_close(struct listeners *ls)
{
	struct stat st;

	for (size_t i = 0; i < ls->n; i++) {
		struct listener *l = &ls->v[i];

		if (l->path != NULL && lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
		    st.st_ino == l->ino)
			(void)unlink(l->path);
		close(l->fd);
		free(l->path);
	}
	ls->n = 0;
}
