/*
 * The daemon's log: one JSON object a line on stderr or in a file, control
 * bytes escaped, at most 8 KiB a line.  Never cookies, tokens, bodies or query
 * strings.  Fields come as name/value pairs:
 *
 *	log_info("deploy done", "app", uid, "files", "12", NULL);
 *
 * Under systemd (JOURNAL_STREAM set and stderr is that stream) each line starts with
 * its <priority>, see sd-daemon(3).
 * Thread contract: any thread; a line is written with one write(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* path NULL = stderr. */
void	log_open(const char *path, enum log_level);
/* Open the file again by name (after logrotate). */
void	log_reopen(void);
void	log_set_level(enum log_level);
/* Name/value pairs of const char *, ended by a NULL name. */
void	log_line(enum log_level, const char *msg, ...) __attribute__((sentinel));
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
/* Log and end the process (abort); for broken invariants and a failing disk sync. */
void	log_fatal(const char *msg, ...) __attribute__((sentinel, noreturn));

#endif
