/*
 * Sessions: who a browser on one host is.  The cookie holds 256 random bits, the table
 * their SHA-256.  A session counts on the host it was made for and nowhere else.
 *
 *	admin	on the admin host, roles admin and owner
 *	sso	on the sign-in host; lets other apps sign in without asking again
 *	app	on one app, preview or custom host, born from an sso session
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/user.h"

#define SESSION_ADMIN "admin"
#define SESSION_SSO "sso"
#define SESSION_APP "app"

#define SESSION_MAX 500		/* of one user and kind; a new one ends the oldest */

struct session {
	int64_t		 id;
	const char	*uid;		/* "fazt_ses_..." */
	const char	*kind;
	struct user	 user;		/* read with it, but for the password */
	const char	*host;
	int64_t		 app;		/* 0 = none */
	const char	*app_uid;	/* "" = none */
	int64_t		 parent;	/* 0 = none */
	const char	*ip;
	const char	*ua;
	int64_t		 created;
	int64_t		 seen;
	int64_t		 idle;		/* ms */
	int64_t		 expires;
	int64_t		 fresh;		/* 0 = not */
};

/*
 * Takes kind, user.id, host, app, parent, ip, ua, idle, expires, fresh; fills id, uid,
 * created and seen.
 */
enum fz_err	 session_add(struct writer *, struct arena *, struct session *,
		    const uint8_t hash[SHA256_LEN], int64_t now) MUST_CHECK;
/*
 * The session of this token on this host.  FZ_SESSION_NOT_FOUND for none, FZ_SESSION_EXPIRED
 * when idle or absolute time is over (a clock that went back counts as no time), when its
 * user is disabled or its parent is gone.
 */
enum fz_err	 session_get(struct reader *, struct arena *, const uint8_t hash[SHA256_LEN],
		    const char *kind, const char *host, int64_t now, struct session *)
		    MUST_CHECK;
/* The same by its id, on whatever host. */
enum fz_err	 session_by_id(struct reader *, struct arena *, int64_t id, int64_t now,
		    struct session *) MUST_CHECK;
/* Note a use, of its parent too; written lazily, at most once a minute, never awaited. */
void		 session_used(struct store *, const struct session *, int64_t now);
enum fz_err	 session_refresh(struct writer *, int64_t id, int64_t fresh_until) MUST_CHECK;

struct session_filter {
	int64_t		 user;		/* 0 = all */
	const char	*kind;		/* NULL = all */
	int64_t		 parent;	/* 0 = all */
	int64_t		 offset;
	int64_t		 limit;		/* -1 = all */
};
/* Newest first, those that are over left out. */
enum fz_err	 session_list(struct reader *, struct arena *, const struct session_filter *,
		    int64_t now, struct session **v, size_t *n, int64_t *total) MUST_CHECK;
/* By uid, over or not; FZ_SESSION_NOT_FOUND. */
enum fz_err	 session_by_uid(struct reader *, struct arena *, const char *uid,
		    struct session *) MUST_CHECK;
/*
 * With the sessions born from it and the hand-offs on their way; *n = how many sessions
 * ended, 0 when there is none of that id.
 */
enum fz_err	 session_end(struct writer *, int64_t id, int64_t *n) MUST_CHECK;
/*
 * A new sso session takes the place of an old one: what was born from the old one goes on
 * under the new one when both are one user's, else it ends.  The old one ends.
 */
enum fz_err	 session_succeed(struct writer *, int64_t old, int64_t successor) MUST_CHECK;
/* All of a user, but for `keep`, its children and the one it was born from (0 = none). */
enum fz_err	 session_end_user(struct writer *, int64_t user, int64_t keep, int64_t *n)
		    MUST_CHECK;
/*
 * Remove what is over: sessions, hand-offs, states of providers, devices, at most max rows
 * each.
 */
enum fz_err	 session_sweep(struct writer *, int64_t now, int64_t max, int64_t *removed)
		    MUST_CHECK;

/* --- the hand-off between hosts: one use, bound to host and browser --- */

struct handoff {
	int64_t		 user;
	int64_t		 session;	/* sso */
	const char	*host;
	const char	*pre;		/* SHA-256 of the browser's cookie, hex */
	const char	*redirect;
	int64_t		 expires;
};
enum fz_err	 session_handoff_add(struct writer *, const uint8_t hash[SHA256_LEN],
		    const struct handoff *) MUST_CHECK;
/*
 * Use it up, whatever comes of it.  FZ_NOT_FOUND when unknown, used or expired.  The caller
 * compares host and pre.
 */
enum fz_err	 session_handoff_take(struct writer *, struct arena *,
		    const uint8_t hash[SHA256_LEN], int64_t now, struct handoff *) MUST_CHECK;

#endif
