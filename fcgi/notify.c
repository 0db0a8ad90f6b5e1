/*
 * The protocol is one datagram of NAME=value lines to the socket named in NOTIFY_SOCKET,
 * "@" meaning Linux' abstract namespace; sd_notify(3) documents it as stable, so a
 * library is not needed.  Failures are silent: there is nobody to tell.
 *
 * A new socket for each message: they are rare, and nothing has to be kept or closed.
 */
#include "fcgi/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

static void
send_text(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len;
	ssize_t sent;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	len = strlen(path);
	if (len < 2 || len >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* The name of an abstract socket has no NUL at its end. */
	sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)sent;
	close(fd);
}

void
notify_ready(void)
{
	send_text("READY=1\n");
}

void
notify_stopping(void)
{
	send_text("STOPPING=1\n");
}

void
notify_reloading(void)
{
	char text[80];

	/* Type=notify-reload wants to know that this message is not an old one. */
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld\n",
	    (long long)clock_mono_us());
	send_text(text);
}

void
notify_watchdog(void)
{
	send_text("WATCHDOG=1\n");
}

void
notify_status(const char *status)
{
	char text[256];
	char *p;

	(void)snprintf(text, sizeof(text) - 1, "STATUS=%s", status);
	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	*p++ = '\n';
	*p = '\0';
	send_text(text);
}

int64_t
notify_interval_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t n;

	if (usec == NULL || !str_u64(usec, &n) || n == 0 || n > INT64_MAX)
		return 0;
	if (pid != NULL) {
		uint64_t who;

		if (!str_u64(pid, &who) || who != (uint64_t)getpid())
			return 0;
	}
	n /= 2000;
	return n > 0 ? (int64_t)n : 1;
}
