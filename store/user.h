/*
 * People.  For now: the owner, made by init.
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
	const char	*username;
	const char	*email;
	const char	*name;
	const char	*role;		/* owner admin user */
	const char	*password;	/* PHC string or NULL */
	bool		 disabled;
	int64_t		 created;
	int64_t		 last_login;	/* 0 = never */
};

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

#endif
