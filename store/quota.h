/*
 * Quotas of an app: what it may use, where its owner has set something else than the
 * default.  Stored with the app as one JSON object.
 * Thread contract: pure functions.
 */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, smallest, largest, default) */
#define QUOTAS(X) \
	X(disk_bytes, 0, 1024 * QUOTA_GIB, 5 * QUOTA_GIB) \
	X(files, 1, 10000, 10000) \
	X(docs, 0, 100000000, 1000000) \
	X(kv_keys, 0, 10000000, 100000) \
	X(blob_bytes, 0, 1024 * QUOTA_GIB, 2 * QUOTA_GIB) \
	X(cpu_ms_per_min, 1, 60000 * 64, 60000) \
	X(requests_per_s, 1, 100000, 100000) \
	X(concurrency, 1, 1024, 32) \
	X(egress_per_min, 0, 100000, 60) \
	X(log_rows, 0, 1000000, 50000) \
	/* one request: bytes of JavaScript heap, ms of time, ms of CPU */ \
	X(heap_bytes, 4 * 1048576, 256 * 1048576, 32 * 1048576) \
	X(wall_ms, 50, 30000, 5000) \
	X(cpu_ms, 10, 30000, 1000)

#define QUOTA_GIB (1024LL * 1024 * 1024)

struct quota {
#define X(name, min, max, standard) int64_t name;
	QUOTAS(X)
#undef X
};

struct quota_row {
	const char	*name;
	int64_t		 min;
	int64_t		 max;
	int64_t		 standard;
	size_t		 offset;	/* in struct quota */
};

/* Ended by a row without a name. */
extern const struct quota_row quota_rows[];

/* What applies: the stored number, else the default.  NULL or no JSON: the defaults. */
void	quota_read(const char *stored, struct quota *);
const struct quota_row *quota_find(const char *name);

#endif
