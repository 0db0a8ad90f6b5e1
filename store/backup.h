/*
 * Backup: VACUUM INTO a temporary file, synced, renamed: one consistent snapshot,
 * online, writers wait at most milliseconds.  A backup is an ordinary data.db; beside it
 * FILE.json holds size, SHA-256, schema and label.  The master key is never in it.
 *
 * Thread contract: any thread.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

struct backup {
	const char	*name;		/* "20260301T100000Z-label" */
	const char	*path;		/* of the .db */
	uint64_t	 size;
	char		 sha256[65];
	int64_t		 created;
	const char	*label;
};

/* dir is created 0700.  FZ_STORAGE_FULL before anything is written if it will not fit. */
enum fz_err	 backup_create(struct store *, struct arena *, const char *dir,
		    const char *label, struct backup *, struct why *) MUST_CHECK;
/* Hash against FILE.json (when there is one), then integrity_check.  FZ_CORRUPT. */
enum fz_err	 backup_verify(const char *path, struct why *) MUST_CHECK;
/*
 * Copy a verified backup to dir/data.db.  FZ_CONFLICT when dir holds a data.db
 * unless it is a stopped state that the caller agreed to replace (force): the old file
 * and its WAL are renamed to data.db.before-restore-TIME, never removed.  The
 * caller has no store open on dir/data.db.
 */
enum fz_err	 backup_restore(const char *path, const char *dir, bool force, struct why *)
		    MUST_CHECK;
/*
 * Copy made before a migration, by migrate.c: DB.before-schema-N, N = from + 1.  One a
 * schema, so that a migration that fails at every start cannot fill the disk.
 */
enum fz_err	 backup_before_migration(const char *db_path, int from, struct why *) MUST_CHECK;

#endif
