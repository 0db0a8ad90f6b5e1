/*
 * The schema moves forward only.  Step N is the file store/schema/NNN-name.sql embedded
 * in the program; PRAGMA user_version holds the last step a file went through.
 *
 * Thread contract: the connection's thread, before anybody else uses the store.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/embed.h"
#include "base/err.h"
#include "store/dbconn.h"

/*
 * Is the file ours and not newer than steps?  Changes nothing.  FZ_NOT_SUPPORTED for a
 * file of a newer program, FZ_CORRUPT for what is no file of ours.
 */
enum fz_err	 migrate_check(struct reader *, const struct embed *steps, struct why *)
		    MUST_CHECK;
/*
 * Apply the missing steps in one durable transaction.  A file that already had a schema
 * is copied first (backup_before_migration).  On failure it is as it was.
 */
enum fz_err	 migrate_run(struct reader *, const char *path, const struct embed *steps,
		    struct why *) MUST_CHECK;
/* The number of the last step. */
int		 migrate_last(const struct embed *steps);

#endif
