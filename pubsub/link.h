/*
 * The link to fazt-fcgi: a unix socket on which it connects to us, records of base/rt_wire.h.
 * Only our own user and root may connect (SO_PEERCRED).  Several processes may be connected at
 * once (an upgrade); questions go to the one that came last.
 *
 * Thread contract: the loop's thread.
 */
#ifndef PUBSUB_LINK_H
#define PUBSUB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rt_wire.h"

struct link;
struct loop;
struct hub;

enum fz_err	 link_new(struct loop *, struct hub *, const char *path, struct link **,
		    struct why *) MUST_CHECK;
void		 link_free(struct link *);
bool		 link_up(const struct link *);

/* The answer, or NULL when none came within the deadline or the link is down. */
typedef void	 link_answer_fn(void *arg, const struct rt_record *);
/*
 * Ask fazt-fcgi (RT_CONNECT, RT_MAY).  fn is called once, later, never from here; link_forget
 * with the ticket takes it back (the client went away).  Waits for a link up to deadline_ms too.
 */
uint32_t	 link_ask(struct link *, int op, const struct rt_field *, size_t n,
		    int deadline_ms, link_answer_fn *, void *arg);
void		 link_forget(struct link *, uint32_t ticket);

#endif
