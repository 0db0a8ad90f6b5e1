/*
 * What an app takes up.
 * Thread contract: as the reader given.
 */
#ifndef STORE_USAGE_H
#define STORE_USAGE_H

#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct usage {
	int64_t	disk;	/* bytes of all versions: each content once, with its variants */
	int64_t	files;	/* of the live version */
};

enum fz_err	usage_of_app(struct reader *, int64_t app, struct usage *) MUST_CHECK;
/* No less than usage.disk, from the versions alone: a sum over at most some hundred rows. */
enum fz_err	usage_bound(struct reader *, int64_t app, int64_t *bytes) MUST_CHECK;

/* What an app's data amounts to: kept by the transactions that change it. */
struct usage_data {
	int64_t	kv_keys;
	int64_t	kv_bytes;	/* keys and values */
	int64_t	docs;
	int64_t	doc_bytes;
	int64_t	objects;
	int64_t	object_bytes;
};

/* Lines in its log. */
enum fz_err	usage_of_log(struct reader *, int64_t app, int64_t *rows) MUST_CHECK;
/* All zero for an app without data. */
enum fz_err	usage_of_data(struct reader *, int64_t app, struct usage_data *) MUST_CHECK;
/* Add these differences. */
enum fz_err	usage_add(struct writer *, int64_t app, const struct usage_data *) MUST_CHECK;

#endif
