/*
 * The head of an HTTP/1.1 request as the front server passes it on (RFC 9112), and the
 * WebSocket handshake in it (RFC 6455 4.2).
 *
 * Thread contract: pure; results point into the text.
 */
#ifndef PUBSUB_HEAD_H
#define PUBSUB_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define HEAD_MAX 8192
#define HEAD_FIELDS 64

struct head {
	char		*method;	/* "GET" */
	char		*path;		/* without the query, not decoded */
	char		*query;		/* "" = none */
	char		*host;		/* of the one Host field */
	struct {
		char	*name;		/* lower-case */
		char	*value;		/* trimmed */
	}		 fields[HEAD_FIELDS];
	size_t		 nfields;
	long long	 content_length;	/* 0 when absent */
};

/*
 * text holds the whole head up to and with the empty line, and is changed.  0, or the status
 * to refuse it with: 400 malformed (also: bare CR or LF, NUL, obs-fold, several Host or
 * Content-Length, Transfer-Encoding), 431 too many fields, 501 another version than 1.1.
 */
int		 head_parse(char *text, size_t len, struct head *);
/* The value of the one field of that name; NULL for none or several. */
const char	*head_field(const struct head *, const char *name);
/* Is `token` in the comma-separated list (case-insensitive)? */
bool		 head_lists(const char *list, const char *token);

#define HEAD_ACCEPT_LEN 28
/*
 * A right WebSocket handshake?  0 with the accept key, or 400, 405, 426 (another version:
 * answer Sec-WebSocket-Version: 13).
 */
int		 head_upgrade(const struct head *, char accept[HEAD_ACCEPT_LEN + 1]);

#endif
