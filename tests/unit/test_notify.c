/*
 * The messages to the service manager, on path and abstract sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/notify.h"

/* Bind a datagram socket; name as in NOTIFY_SOCKET. */
static int
manager(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, name, strlen(name));
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *
message(int fd)
{
	static char text[512];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
talk(int fd)
{
	notify_ready();
	assert_string_equal(message(fd), "READY=1\n");
	notify_stopping();
	assert_string_equal(message(fd), "STOPPING=1\n");
	notify_watchdog();
	assert_string_equal(message(fd), "WATCHDOG=1\n");
	notify_reloading();
	assert_int_equal(strncmp(message(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	notify_status("two\nlines\x7f");
	assert_string_equal(message(fd), "STATUS=two lines \n");
}

static void
path_socket(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "/tmp/notify-test-%d", (int)getpid());
	fd = manager(name);
	talk(fd);
	close(fd);
	unlink(name);
	/* The manager is gone: nothing happens. */
	notify_ready();
}

static void
abstract_socket(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@notify-test-%d", (int)getpid());
	fd = manager(name);
	talk(fd);
	close(fd);
}

static void
long_status(void **state)
{
	char name[64], text[2000];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@notify-long-%d", (int)getpid());
	fd = manager(name);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	notify_status(text);
	assert_in_range(strlen(message(fd)), 200, 256);
	close(fd);
}

static void
nobody(void **state)
{
	static const char *const names[] = { "", "@", "/", "relative", "vsock:2:1234",
		"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_ready();
	}
	unsetenv("NOTIFY_SOCKET");
	notify_ready();
}

static void
watchdog(void **state)
{
	static const struct {
		const char	*usec;
		int64_t		 ms;
	} rows[] = { { "30000000", 15000 }, { "1000", 1 }, { "1", 1 }, { "0", 0 }, { "x", 0 },
		{ "-5", 0 }, { "", 0 }, { "99999999999999999999999", 0 } };
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_interval_ms(), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("WATCHDOG_USEC", rows[i].usec, 1);
		assert_int_equal(notify_interval_ms(), rows[i].ms);
	}
	setenv("WATCHDOG_USEC", "2000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_interval_ms(), 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_interval_ms(), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_socket),
		cmocka_unit_test(abstract_socket),
		cmocka_unit_test(long_status),
		cmocka_unit_test(nobody),
		cmocka_unit_test(watchdog),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
