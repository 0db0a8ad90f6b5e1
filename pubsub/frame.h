/*
 * WebSocket frames (RFC 6455 5), server side: what a client sent is taken apart, what we
 * send is put together.  No extensions.  A message is complete when it is handed over; text is
 * valid UTF-8 then.
 *
 * Thread contract: pure, works on its reader.
 */
#ifndef PUBSUB_FRAME_H
#define PUBSUB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_TEXT = 1,
	FRAME_BINARY = 2,
	FRAME_CLOSE = 8,
	FRAME_PING = 9,
	FRAME_PONG = 10,
};

/* Between two reads; all zero at the start.  Holds memory only in the middle of something. */
struct frame_reader {
	uint8_t		*part;		/* a frame that is not whole yet */
	uint32_t	 part_len, part_cap;
	uint8_t		*message;	/* fragments so far */
	uint32_t	 message_len, message_cap;
	uint8_t		 message_op;	/* 0 = in no message */
};

/*
 * A whole message or control frame; data is the callee's to change until it returns, and has a
 * byte of room behind it.  op FRAME_CLOSE: the payload is a valid one, 0 or >= 2 bytes.
 * false: read no further (frame_feed then returns 0).
 */
typedef bool	 frame_fn(void *arg, int op, uint8_t *data, size_t len);

/*
 * Take n bytes; `in` is changed (unmasked in place).  0, or the close code that the peer has
 * earned: 1002 protocol, 1007 no UTF-8, 1009 past max (of a message; control frames are
 * bounded by the RFC).  Nothing may be fed after a code.
 */
int		 frame_feed(struct frame_reader *, uint8_t *in, size_t n, size_t max,
		    frame_fn *, void *arg);
void		 frame_reader_fini(struct frame_reader *);

#define FRAME_HEAD_MAX 10
/* Head of an unmasked, whole frame; its length. */
size_t		 frame_head(uint8_t out[FRAME_HEAD_MAX], int op, uint64_t len);
/* May a peer send this code in a close frame (RFC 6455 7.4)? */
bool		 frame_code_ok(unsigned code);

#endif
