/*
 * A line is built on the stack and leaves in one write(2) to a descriptor opened
 * with O_APPEND, so lines of several threads never mix, no lock is needed and the log
 * works when memory is gone.  A file is opened again by putting the new one under
 * the old descriptor number: a thread that is writing meanwhile hits one of the two.
 *
 * A line that would be too long is cut between characters and closed, with
 * "truncated":true: whatever reads the log can always parse it.  A write that fails
 * is not reported; there is no place left to say so.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define LINE_MAX_BYTES 8192
#define TAIL "\",\"truncated\":true}\n"

static char *log_path;			/* set before threads start, NULL = stderr */
static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_level = LOG_LEVEL_INFO;
static bool log_journal;		/* set before threads start */

struct line {
	char	text[LINE_MAX_BYTES];
	size_t	len;
	bool	full;
};

/* The tail always has room, so a cut line can be closed. */
static bool
put(struct line *l, const char *s, size_t n)
{
	if (l->full || n > sizeof(l->text) - (sizeof(TAIL) - 1) - l->len) {
		l->full = true;
		return false;
	}
	memcpy(l->text + l->len, s, n);
	l->len += n;
	return true;
}

static void
put_escaped(struct line *l, const char *s)
{
	size_t left = strlen(s);

	while (left > 0 && !l->full) {
		char out[BUF_JSON_STEP];
		size_t n, took = buf_json_step(out, &n, s, left);

		put(l, out, n);
		s += took;
		left -= took;
	}
}

/* ,"name":"value -- without the closing quote, which the next field or the end sets. */
static void
put_field(struct line *l, const char *name, const char *value)
{
	size_t start = l->len;

	put(l, "\",\"", 3);
	put_escaped(l, name);
	put(l, "\":\"", 3);
	if (l->full)
		l->len = start;
	else
		put_escaped(l, value);
}

static void
send_line(struct line *l)
{
	const char *tail = l->full ? TAIL : "\"}\n";
	ssize_t n;

	memcpy(l->text + l->len, tail, strlen(tail));
	l->len += strlen(tail);
	do {
		n = write(atomic_load(&log_fd), l->text, l->len);
	} while (n < 0 && errno == EINTR);
}

struct grade {
	const char	*name;
	const char	*priority;	/* sd-daemon(3) */
};

static void
write_line(const struct grade *grade, const char *msg, va_list ap)
{
	char now[CLOCK_RFC3339_LEN];
	const char *name;
	struct line l;

	l.len = 0;
	l.full = false;
	clock_rfc3339(now, clock_wall_ms());
	if (log_journal)
		put(&l, grade->priority, strlen(grade->priority));
	put(&l, "{\"time\":\"", 9);
	put_escaped(&l, now);
	put_field(&l, "level", grade->name);
	put_field(&l, "msg", msg);
	for (name = va_arg(ap, const char *); name != NULL;
	    name = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);

		put_field(&l, name, value != NULL ? value : "");
	}
	send_line(&l);
}

void
log_line(enum log_level level, const char *msg, ...)
{
	static const struct grade grades[] = {
		[LOG_LEVEL_DEBUG] = { "debug", "<7>" },
		[LOG_LEVEL_INFO] = { "info", "<6>" },
		[LOG_LEVEL_WARN] = { "warn", "<4>" },
		[LOG_LEVEL_ERROR] = { "error", "<3>" },
	};
	va_list ap;

	if ((int)level < atomic_load(&log_level))
		return;
	va_start(ap, msg);
	write_line(&grades[level], msg, ap);
	va_end(ap);
}

void
log_fatal(const char *msg, ...)
{
	static const struct grade grade = { "fatal", "<2>" };
	va_list ap;

	va_start(ap, msg);
	write_line(&grade, msg, ap);
	va_end(ap);
	abort();
}

/* JOURNAL_STREAM is "device:inode" of the stream; it is inherited, so compare. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, ours) == 0;
}

void
log_open(const char *path, enum log_level level)
{
	int old = atomic_exchange(&log_fd, STDERR_FILENO);

	if (old != STDERR_FILENO)
		close(old);
	free(log_path);
	log_path = path != NULL ? xstrdup(path) : NULL;
	log_journal = path == NULL && stderr_is_journal();
	log_set_level(level);
	log_reopen();
}

void
log_reopen(void)
{
	int fd, old = atomic_load(&log_fd);

	if (log_path == NULL)
		return;
	fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0) {
		log_error("cannot open the log file", "path", log_path, "error",
		    strerrordesc_np(errno), NULL);
		return;
	}
	if (old == STDERR_FILENO) {
		atomic_store(&log_fd, fd);
		return;
	}
	(void)dup3(fd, old, O_CLOEXEC);
	close(fd);
}

void
log_set_level(enum log_level level)
{
	atomic_store(&log_level, (int)level);
}
