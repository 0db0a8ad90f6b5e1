/*
 * People: the owner made by init, who came by an invite or a provider.  Roles: owner > admin
 * > user, of the whole node.
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_USER_H
#define STORE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

struct user {
	int64_t		 id;
	const char	*uid;
	const char	*username;	/* "" = none: by an invite or a provider */
	const char	*email;		/* lower-case, "" = none */
	const char	*name;
	const char	*picture;	/* URL, "" = none */
	const char	*provider;	/* of the last sign-in, "" = password */
	const char	*role;		/* owner admin user */
	const char	*password;	/* PHC string or NULL */
	bool		 email_verified;	/* a provider vouched for it */
	bool		 disabled;
	int64_t		 invited_by;	/* user, 0 = none */
	const char	*invited_by_uid;	/* "" = none */
	int64_t		 created;
	int64_t		 last_login;	/* 0 = never */
};

/* Fills the rest.  FZ_CONFLICT when the user name is taken. */
enum fz_err	 user_add(struct writer *, struct arena *, struct user *) MUST_CHECK;
enum fz_err	 user_by_username(struct reader *, struct arena *, const char *,
		    struct user *) MUST_CHECK;	/* FZ_USER_NOT_FOUND */
/* FZ_USER_NOT_FOUND */
enum fz_err	 user_by_id(struct reader *, struct arena *, int64_t id, struct user *)
		    MUST_CHECK;
enum fz_err	 user_by_uid(struct reader *, struct arena *, const char *uid, struct user *)
		    MUST_CHECK;
/* The oldest owner. */
enum fz_err	 user_owner(struct reader *, struct arena *, struct user *) MUST_CHECK;
enum fz_err	 user_set_password(struct writer *, int64_t id, const char *phc) MUST_CHECK;
/*
 * Who may sign in with this text and a password: the user name, else the e-mail address
 * when one user alone with a password has it.  FZ_USER_NOT_FOUND.
 */
enum fz_err	 user_by_login(struct reader *, struct arena *, const char *, struct user *)
		    MUST_CHECK;
/* Does somebody sign in with this e-mail address and a password, or has it as user name? */
enum fz_err	 user_signs_in(struct reader *, const char *email, bool *) MUST_CHECK;
/* By id "fazt_usr_..." or by an e-mail address that one user alone has; FZ_CONFLICT when
 * several have it. */
enum fz_err	 user_find(struct reader *, struct arena *, const char *id_or_email,
		    struct user *) MUST_CHECK;

struct user_filter {
	const char	*q;		/* part of name, e-mail or user name; NULL = all */
	const char	*role;		/* NULL = all */
	int64_t		 app;		/* who has an app session or data in it; 0 = all */
};
/* Oldest first. */
enum fz_err	 user_list(struct reader *, struct arena *, const struct user_filter *,
		    int64_t offset, int64_t limit, struct user **v, size_t *n,
		    int64_t *total) MUST_CHECK;
/* What a provider or the person says of themselves; NULL members stay as they are.  Another
 * e-mail address is not verified. */
enum fz_err	 user_set_profile(struct writer *, int64_t id, const char *name,
		    const char *email, const char *picture) MUST_CHECK;
/* FZ_LAST_OWNER when nobody who is enabled would be left as owner. */
enum fz_err	 user_set_role(struct writer *, int64_t id, const char *role) MUST_CHECK;
enum fz_err	 user_set_disabled(struct writer *, int64_t id, bool) MUST_CHECK;
/* With identities and sessions; data of apps is the caller's business.  FZ_LAST_OWNER. */
enum fz_err	 user_delete(struct writer *, int64_t id) MUST_CHECK;
/* A sign-in succeeded: last_login and provider. */
enum fz_err	 user_signed_in(struct writer *, int64_t id, const char *provider,
		    int64_t now) MUST_CHECK;

#endif
