/*
 * Apps.  {app} in the API is the id (uid), else an alias, else a title; a title that
 * fits two apps is FZ_CONFLICT.  Apps in the trash are found by uid only where said.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_APP_H
#define STORE_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

#define APP_UID_MAX 40

struct app {
	int64_t		 id;
	const char	*uid;
	const char	*title;
	const char	*description;
	const char	*tags;		/* JSON array text */
	const char	*visibility;	/* public unlisted private */
	bool		 system;	/* root, 404 */
	const char	*source;	/* deploy git template fork system import */
	const char	*source_url;
	const char	*source_ref;
	const char	*source_commit;
	const char	*original_id;
	const char	*forked_from_id;
	int64_t		 live;		/* version.id, 0 = none */
	int64_t		 live_n;	/* its number, 0 = none */
	int64_t		 file_count;	/* of the live version */
	int64_t		 size;
	const char	*manifest;	/* of the live version, "{}" */
	bool		 live_spa;	/* the live version asked for it */
	bool		 spa;
	bool		 enabled;
	bool		 maintenance;
	const char	*maintenance_message;
	const char	*preview_data;	/* "" = as the manifest says */
	const char	*preview_access;
	int64_t		 keep_deploys;
	const char	*quotas;	/* JSON object text */
	int64_t		 created;
	int64_t		 updated;
	int64_t		 deleted;	/* 0 = not in the trash */
};

/* FZ_APP_NOT_FOUND, FZ_RESERVED (a reserved alias), FZ_CONFLICT (ambiguous title). */
enum fz_err	 app_find(struct reader *, struct arena *, const char *ref, struct app *)
		    MUST_CHECK;
/* By uid, in the trash too. */
enum fz_err	 app_by_uid(struct reader *, struct arena *, const char *uid, struct app *)
		    MUST_CHECK;
enum fz_err	 app_by_id(struct reader *, struct arena *, int64_t id, struct app *)
		    MUST_CHECK;

struct app_filter {
	bool		 all;		/* not only visibility=public */
	bool		 trash;		/* only what is in the trash */
	const char	*text;		/* in title, description, alias; NULL = any */
	int64_t		 offset;
	int64_t		 limit;		/* -1 = all */
};
/* Oldest first.  *v in the arena. */
enum fz_err	 app_list(struct reader *, struct arena *, const struct app_filter *,
		    struct app **v, size_t *n, int64_t *total) MUST_CHECK;

/* title, description, tags, visibility, source*, original_id, forked_from_id, system are
 * taken from *a (NULL = default); then *a is read back.  Touches the site table. */
enum fz_err	 app_create(struct writer *, struct arena *, struct app *a) MUST_CHECK;
/* Write back title, description, tags, visibility, source*, spa, enabled, maintenance*,
 * preview*, keep_deploys, quotas.  FZ_APP_NOT_FOUND also for one in the trash. */
enum fz_err	 app_update(struct writer *, const struct app *a) MUST_CHECK;
/* Into the trash: its aliases and domains go, their names become free.
 * FZ_APP_NOT_FOUND when it is there already. */
enum fz_err	 app_trash(struct writer *, int64_t id) MUST_CHECK;
/* FZ_APP_NOT_FOUND when it is not in the trash. */
enum fz_err	 app_restore(struct writer *, int64_t id) MUST_CHECK;
/* For good: versions, aliases, domains.  Files, blobs and data go with the next sweeps. */
enum fz_err	 app_purge(struct writer *, int64_t id) MUST_CHECK;
/* Apps forked from uid, directly. */
enum fz_err	 app_forks(struct reader *, struct arena *, const char *uid, struct app **v,
		    size_t *n) MUST_CHECK;
/* Purge what is in the trash longer than LIMIT_TRASH_DAYS. */
enum fz_err	 app_sweep(struct writer *, int64_t now) MUST_CHECK;

#endif
