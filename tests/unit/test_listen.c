/*
 * Listening sockets: specs good and bad, stale files, inheritance, what is removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/listen.h"

static char dir[] = "/tmp/listen-test-XXXXXX";

static const char *
in_dir(const char *fmt)
{
	static char text[256];

	snprintf(text, sizeof(text), fmt, dir);
	return text;
}

static int
reach(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	rc = connect(fd, (struct sockaddr *)&sun, sizeof(sun));
	close(fd);
	return rc;
}

static void
own_socket(void **state)
{
	struct listeners ls = { .n = 0 }, other = { .n = 0 };
	struct why why = { { 0 } };
	struct stat st;
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/a.sock", dir);
	umask(0);
	assert_int_equal(listen_open(&ls, in_dir("unix:%s/a.sock"), LISTEN_FCGI, &why), FZ_OK);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(reach(path), 0);
	assert_true(ls.v[0].is_unix);
	assert_false(ls.v[0].inherited);
	assert_true(fcntl(ls.v[0].fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(ls.v[0].fd, F_GETFL) & O_NONBLOCK);
	/* In use: not taken over, and nothing is left behind. */
	assert_int_equal(listen_open(&other, in_dir("unix:%s/a.sock"), LISTEN_FCGI, &why),
	    FZ_CONFLICT);
	assert_int_equal(lstat(in_dir("%s/a.sock.new"), &st), -1);
	assert_int_equal(reach(path), 0);
	listen_close(&ls);
	assert_int_equal(lstat(path, &st), -1);
}

static void
stale_and_foreign(void **state)
{
	struct listeners ls = { .n = 0 };
	struct why why = { { 0 } };
	struct stat st;
	char path[200];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/b.sock", dir);
	/* Left by a crash: the file is there, nobody listens. */
	assert_int_equal(listen_open(&ls, in_dir("unix:%s/b.sock"), LISTEN_SCGI, &why), FZ_OK);
	close(ls.v[0].fd);
	free(ls.v[0].path);
	ls.n = 0;
	assert_int_equal(reach(path), -1);
	assert_int_equal(listen_open(&ls, in_dir("unix:%s/b.sock,mode=0600"), LISTEN_SCGI,
	    &why), FZ_OK);
	assert_int_equal(reach(path), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Somebody put another file there: not ours to remove. */
	assert_int_equal(unlink(path), 0);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	listen_close(&ls);
	assert_int_equal(lstat(path, &st), 0);
	/* And no socket is made over it. */
	assert_int_equal(listen_open(&ls, in_dir("unix:%s/b.sock"), LISTEN_SCGI, &why),
	    FZ_CONFLICT);
	close(fd);
	unlink(path);
}

static void
specs(void **state)
{
	static const char *const bad[] = { "", "unix:", "unix:relative", "unix:/a,mode=9",
		"unix:/a,mode=", "unix:/a,mode=01777", "unix:/a,mode=0660x", "unix:/a,what=1",
		"unix:/a,group=no-such-group-here", "unix:/a,", "tcp:", "tcp:9000",
		"tcp:127.0.0.1", "tcp:127.0.0.1:", "tcp:127.0.0.1:0", "tcp:127.0.0.1:65536",
		"tcp:0.0.0.0:9000", "tcp:192.0.2.1:9000", "tcp:*:9000", "tcp::9000",
		"tcp:[::]:9000", "tcp:example.com:9000", "tcp:127.0.0.1:9000x", "fd:", "fd:x",
		"fd:-1", "fd:1", "fd:99999", "/tmp/a.sock", "http:127.0.0.1:1",
		"unix:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct listeners ls = { .n = 0 };
		struct why why = { { 0 } };

		if (listen_open(&ls, bad[i], LISTEN_FCGI, &why) != FZ_VALIDATION_FAILED ||
		    ls.n != 0 || why.text[0] == '\0')
			fail_msg("%s: %s", bad[i], why.text);
	}
}

static void
tcp(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct listeners ls = { .n = 0 }, second = { .n = 0 };
		struct why why = { { 0 } };
		char spec[64];
		enum fz_err err = FZ_CONFLICT;

		for (int port = 18471; port < 18491 && err == FZ_CONFLICT; port++) {
			snprintf(spec, sizeof(spec), "tcp:%s:%d", hosts[i], port);
			err = listen_open(&ls, spec, LISTEN_FCGI, &why);
		}
		if (i == 2 && err == FZ_IO)
			continue;	/* no IPv6 here */
		assert_int_equal(err, FZ_OK);
		assert_false(ls.v[0].is_unix);
		assert_int_equal(listen_open(&second, spec, LISTEN_FCGI, &why), FZ_CONFLICT);
		listen_close(&ls);
	}
}

/* In a child, as the service manager starts us. */
static int
child_inherits(int first, const char *pid, const char *fds, const char *names)
{
	struct listeners ls = { .n = 0 };
	struct why why = { { 0 } };
	char self[32];
	int fd;

	snprintf(self, sizeof(self), "%d", (int)getpid());
	if (first != 3)
		dup2(first, 3);
	if (first != 4)
		dup2(first, 4);
	setenv("LISTEN_PID", pid != NULL ? pid : self, 1);
	setenv("LISTEN_FDS", fds, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, 0);
	if (listen_inherit(&ls, &why) != FZ_OK)
		return 99;
	if (ls.n == 2 && (ls.v[0].protocol != LISTEN_FCGI || !ls.v[0].inherited ||
	    ls.v[1].protocol != LISTEN_SCGI || ls.v[1].fd != 4))
		return 98;
	return (int)ls.n;
}

static int
inherit(int first, const char *pid, const char *fds, const char *names)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(child_inherits(first, pid, fds, names));
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void
inherited(void **state)
{
	struct listeners ls = { .n = 0 };
	struct why why = { { 0 } };
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(listen_open(&ls, in_dir("unix:%s/c.sock"), LISTEN_FCGI, &why), FZ_OK);
	fd = ls.v[0].fd;
	assert_int_equal(inherit(fd, NULL, "2", "fcgi:scgi"), 2);
	assert_int_equal(inherit(fd, NULL, "1", ""), 1);
	/* Meant for another process. */
	assert_int_equal(inherit(fd, "1", "2", "fcgi:scgi"), 0);
	assert_int_equal(inherit(fd, NULL, "x", ""), 99);
	assert_int_equal(inherit(fd, NULL, "1000", ""), 99);
	/* A descriptor that is no listening socket. */
	assert_int_equal(inherit(fd, NULL, "3", ""), 99);
	/* Nothing a child did hurt the socket. */
	assert_int_equal(reach(in_dir("%s/c.sock")), 0);
	assert_int_equal(lstat(in_dir("%s/c.sock"), &st), 0);
	listen_close(&ls);
}

/* fd 0, as spawn-fcgi and supervisord do it. */
static void
standard_input(void **state)
{
	struct listeners ls = { .n = 0 };
	struct why why = { { 0 } };
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(listen_open(&ls, in_dir("unix:%s/d.sock"), LISTEN_FCGI, &why), FZ_OK);
	child = fork();
	if (child == 0) {
		struct listeners mine = { .n = 0 };

		unsetenv("LISTEN_FDS");
		dup2(ls.v[0].fd, 0);
		if (listen_inherit(&mine, &why) != FZ_OK || mine.n != 1 || mine.v[0].fd != 0 ||
		    !mine.v[0].inherited)
			_exit(1);
		listen_close(&mine);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(reach(in_dir("%s/d.sock")), 0);
	listen_close(&ls);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_socket),
		cmocka_unit_test(stale_and_foreign),
		cmocka_unit_test(specs),
		cmocka_unit_test(tcp),
		cmocka_unit_test(inherited),
		cmocka_unit_test(standard_input),
	};

	return cmocka_run_group_tests_name("listen", tests, setup, teardown);
}
