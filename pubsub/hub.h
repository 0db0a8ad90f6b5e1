/*
 * Apps, channels and who listens.  Everything is in memory and belongs to the one thread of
 * the loop.  A channel is (app, name); a client only ever names the second half.
 *
 * A message is encoded once and queued by reference (outbox.h).  Ids rise by one in each
 * channel; the first one comes from the clock, so that ids of a channel also rise over
 * restarts.  History is a ring kept by count and for at most 24 hours; without it there are
 * ids, but nothing to recover.
 *
 * Thread contract: the loop's thread.
 */
#ifndef PUBSUB_HUB_H
#define PUBSUB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hub;
struct client;		/* a connection: client.h */
struct channel;

struct hub	*hub_new(void);
void		 hub_free(struct hub *);

#define HUB_CHANNEL_MAX 128	/* bytes of a name; no control bytes, valid UTF-8 */

/* What an app allows: manifest realtime.channels, longest pattern first. */
struct hub_rule {
	const char	*pattern;	/* "room:*" */
	uint8_t		 subscribe;	/* HUB_ALL ... */
	uint8_t		 publish;
	bool		 presence;
	int		 history;	/* count, 0 = none */
};
enum { HUB_ALL, HUB_LOGIN, HUB_ADMIN, HUB_NONE };

/* The rule of a channel, with the standard ones (docs/contract.md 6) when the app has none. */
void		 hub_rule(struct hub *, const char *app, const char *channel,
		    struct hub_rule *);
/* rules: the JSON of manifest realtime ({"channels":{...}}), "" = none. */
enum fz_err	 hub_set_rules(struct hub *, const char *app, const char *rules, size_t len)
		    MUST_CHECK;

/* FZ_LIMIT_EXCEEDED when the client or the app has too many. */
enum fz_err	 hub_subscribe(struct hub *, struct client *, const char *channel,
		    const char *state, size_t state_len) MUST_CHECK;
bool		 hub_unsubscribe(struct hub *, struct client *, const char *channel);
/* The client is gone: leave everything. */
void		 hub_leave(struct hub *, struct client *);

struct hub_published {
	uint64_t	 id;
	size_t		 receivers;
};
/* data is JSON text; `from` (may be NULL) does not get its own. */
void		 hub_publish(struct hub *, const char *app, const char *channel,
		    const char *data, size_t len, const struct client *from,
		    struct hub_published *);
void		 hub_publish_all(struct hub *, const char *app, const char *data, size_t len);
size_t		 hub_count(const struct hub *, const char *app, const char *channel);

/*
 * Messages with ids above `after` are queued to the client in order.  true: these are all that
 * were missed; false: some are gone.
 */
bool		 hub_replay(struct hub *, struct client *, const char *channel,
		    uint64_t after);
uint64_t	 hub_last(const struct hub *, const char *app, const char *channel);

#endif
