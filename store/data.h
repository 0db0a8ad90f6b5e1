/*
 * What an app leaves behind when it is purged: key-values, documents, objects, variables,
 * logs, counters.  And entries of indexes that were dropped.
 *
 * Thread contract: as the writer given.
 */
#ifndef STORE_DATA_H
#define STORE_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define DATA_SLICE_MS 10

/*
 * Remove some of it, for about DATA_SLICE_MS.  *removed is the number of rows; 0 =
 * nothing is left, else call again in another transaction.
 */
enum fz_err	 data_sweep(struct writer *, int64_t *removed) MUST_CHECK;
/* Would sweeping now be worth it: a purged app, a dropped index, much garbage? */
enum fz_err	 data_waits(struct reader *, bool *) MUST_CHECK;

#endif
