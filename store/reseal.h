/*
 * A new master key: everything that is sealed is opened with the old key and sealed with
 * the new one, and the key's file is swapped, so that whatever ends the process in between
 * leaves a file and a database that fit together (docs/contract.md 7.2).
 *
 *	STATE/master.key	the key
 *	STATE/master.key.new	the next one, while a rotation is under way
 *	STATE/master.key.old	the one before: backups made with it need it
 *
 * Thread contract: main thread.
 */
#ifndef STORE_RESEAL_H
#define STORE_RESEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/seal.h"
#include "store/store.h"

/*
 * Who uses a master key keeps it from changing: servers share the lock for as long as they
 * run, a rotation takes it alone.  *fd is closed to let go; no process that is
 * started inherits it.  alone: FZ_CONFLICT at once when somebody has it.  Else waits for
 * the end of a rotation, seconds.  FZ_IO.
 */
enum fz_err	 reseal_lock(const char *state_dir, bool alone, int *fd, struct why *)
		    MUST_CHECK;
/*
 * Finish a rotation that was cut off behind its commit; nothing to do costs a look at the
 * folder.  Call with the lock, before the key is read.  FZ_IO; FZ_VALIDATION_FAILED when
 * others may read master.key.new.
 */
enum fz_err	 reseal_settle(struct store *, const char *state_dir, struct why *) MUST_CHECK;
/*
 * Is this the key that the last rotation sealed with?  True without one.  Else a credential
 * was not replaced, or a backup was restored that needs the key before.
 */
enum fz_err	 reseal_fits(struct store *, const struct seal *, bool *fits) MUST_CHECK;
/*
 * Rotate, with the lock taken alone; *n = how many values were sealed anew.  FZ_NOT_FOUND
 * without STATE/master.key, FZ_CONFLICT when the key before is still there as
 * master.key.old, FZ_CORRUPT when a value does not open with the present key: nothing
 * has changed then.
 */
enum fz_err	 reseal_rotate(struct store *, const char *state_dir, size_t *n, struct why *)
		    MUST_CHECK;

#endif
