/*
 * What fazt-fcgi and fazt-pubsub say to each other: records over a unix stream socket.
 *
 *	u32 length of what follows, big-endian (<= RT_WIRE_MAX)
 *	u8 version 1 | u8 op | u16 flags | u32 request | fields
 *
 * A field is u32 length and bytes; a number is a field of its decimal text.  Every op has a
 * fixed list of fields, below.  A reply repeats the request number; 0 asks for none.  Data of
 * apps is JSON text that the daemon never parses.
 *
 * Thread contract: pure.
 */
#ifndef BASE_RT_WIRE_H
#define BASE_RT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define RT_WIRE_MAX (1u << 20)
#define RT_WIRE_HEAD 12		/* with the length */
#define RT_WIRE_FIELDS 16

enum rt_op {
	/* fazt-fcgi asks or tells */
	RT_HELLO = 1,		/* pid, version */
	RT_PUBLISH,		/* app, channel, data; request != 0: RT_OK with id, receivers */
	RT_PUBLISH_ALL,		/* app, data */
	RT_COUNT,		/* app, channel -> RT_OK n */
	RT_SUBSCRIBERS,		/* app, channel -> RT_OK JSON array */
	RT_PRESENCE,		/* app, channel -> RT_OK JSON array */
	RT_HISTORY,		/* app, channel, limit, after -> RT_OK JSON object */
	RT_CHANNELS,		/* app -> RT_OK JSON array */
	RT_KICK,		/* app, what ("client" "user" "channel"), value, reason -> n */
	RT_END_SESSION,		/* session: its connections close with 4401 */
	RT_APP,			/* app, rules JSON: replaces what is known of it */
	/* fazt-pubsub asks */
	RT_CONNECT = 64,	/* host, origin, cookie, authorization, query, ip, client
				 * -> RT_OK app, user, name, session, rules JSON, hooks 0/1
				 * or RT_REFUSED status, text */
	RT_MAY,			/* app, version, hook, client, user, channel, data -> RT_OK
				 * allow 0/1, state JSON or "", data JSON or "" */
	/* replies */
	RT_OK = 128,
	RT_REFUSED,		/* code, text */
};

struct rt_field {
	const char	*p;	/* borrowed, not NUL-terminated */
	size_t		 len;
};

struct rt_record {
	int		 op;
	uint32_t	 request;
	struct rt_field	 fields[RT_WIRE_FIELDS];
	size_t		 nfields;
};

/* Append a record; fields are (const char *, size_t) pairs, ended by NULL. */
void		 rt_wire_put(struct buf *, int op, uint32_t request, ...);
/*
 * The first record of n bytes; *used = its bytes.  FZ_AGAIN when it is not whole yet,
 * FZ_VALIDATION_FAILED when the peer speaks another language.
 */
enum fz_err	 rt_wire_get(const void *, size_t n, struct rt_record *, size_t *used)
		    MUST_CHECK;

#endif
