/*
 * What FastCGI and SCGI do differently: how the variables, the body and the answer
 * are framed.  All three work on bytes the connection already holds; no function here
 * waits, and only "frame" looks at what goes out.
 *
 * Thread contract: immutable tables; a call belongs to the thread that owns the
 * connection at that moment.
 */
#ifndef FCGI_TRANSPORT_H
#define FCGI_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct conn;
struct turn;

struct transport {
	const char *name;
	/*
	 * Read the variables from c->in (c->scan marks how far an earlier call came)
	 * into c->rq.  FZ_OK: complete, c->scan is where the body begins.  FZ_AGAIN:
	 * more bytes are needed.  FZ_CLOSED: this is not the protocol, nobody could read
	 * an answer.  Anything else: answer with that error and close.
	 */
	enum fz_err	(*head)(struct conn *, struct turn *);
	/*
	 * Take n bytes that follow the head; content goes to conn_body.  Everything is
	 * taken.  FZ_AGAIN: more to come; FZ_OK: that was the end; FZ_CLOSED: garbage.
	 */
	enum fz_err	(*body)(struct conn *, const unsigned char *, size_t n);
	/*
	 * Put up to n bytes of answer into c->out as iovecs.  Returns how many fit; they
	 * are borrowed until out is empty.
	 */
	size_t		(*frame)(struct conn *, const void *, size_t n);
	/* Put the end of the answer into c->out; false when it does not fit now. */
	bool		(*end)(struct conn *);
};

extern const struct transport fastcgi_transport;
extern const struct transport scgi_transport;

#endif
