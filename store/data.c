/*
 * An app may have a million documents, and everybody's writes wait while a transaction
 * runs.  So purging an app removes the app; a trigger puts its number on a list, and what
 * belongs to that number goes in short transactions afterwards, bounded by time, since
 * a row may be ten bytes or a megabyte.
 *
 * Each call begins at the first step again: a request of the app that was running when it
 * was purged may have written since.  Only a call that found nothing anywhere takes the
 * counters and the number off the list, in that same transaction; whoever still writes
 * after that makes a new row of counters, and the schema puts the number back.
 *
 * Documents know best how they are taken apart (store/doc.h) and go first.
 */
#include "store/data.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/doc.h"
#include "store/rows.h"
#include "store/sql.h"

#define BATCH ((int64_t)64)
#define DOCS ((int64_t)200)
/* Garbage to begin with at once instead of within the hour. */
#define HEAVY_BLOBS ((int64_t)200)
#define HEAVY_BYTES ((int64_t)128 * 1024 * 1024)

/* A batch is of one user: for pairs SQLite would not use the whole key. */
#define FIRST_USER(table) "(SELECT user FROM " table " WHERE app=?1 LIMIT 1)"

static const char *const steps[] = {
	"DELETE FROM kv WHERE app=?1 AND user=" FIRST_USER("kv") " AND key IN"
	"(SELECT key FROM kv WHERE app=?1 AND user=" FIRST_USER("kv") " LIMIT ?2)",
	"DELETE FROM object WHERE app=?1 AND user=" FIRST_USER("object") " AND path IN"
	"(SELECT path FROM object WHERE app=?1 AND user=" FIRST_USER("object") " LIMIT ?2)",
	"DELETE FROM env WHERE id IN(SELECT id FROM env WHERE app=?1 LIMIT ?2)",
	"DELETE FROM log WHERE id IN(SELECT id FROM log WHERE app=?1 LIMIT ?2)",
	"DELETE FROM request WHERE id IN(SELECT id FROM request WHERE app=?1 LIMIT ?2)",
};

/* All rows of one step, or as many as fit the time, but a batch at least. */
static enum fz_err
run_step(struct writer *w, const char *step, int64_t app, int64_t end, int64_t *removed)
{
	int64_t n;
	enum fz_err err;

	do {
		err = sql_run(w, step, "ii", app, BATCH);
		if (err != FZ_OK)
			return err;
		n = sql_changes(w);
		*removed += n;
	} while (n > 0 && clock_mono_ms() < end);
	return FZ_OK;
}

static enum fz_err
forget(struct writer *w, int64_t app)
{
	enum fz_err err = sql_run(w, "DELETE FROM holding WHERE app=?1", "i", app);

	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM garbage_app WHERE app=?1", "i", app);
	return err;
}

/* What of documents waits to go. */
static enum fz_err
sweep_docs(struct writer *w, int64_t *removed)
{
	struct arena *a;
	int64_t any;
	enum fz_err err = sql_get_int(writer_reader(w), &any,
	    "SELECT EXISTS(SELECT 1 FROM garbage_app) OR EXISTS(SELECT 1 FROM dxgone)", "");

	*removed = 0;
	if (err != FZ_OK || !any)
		return err;
	a = arena_new();
	err = doc_sweep(w, a, DOCS, removed);
	arena_free(a);
	return err;
}

/* All but documents. */
static enum fz_err
sweep_app(struct writer *w, int64_t *removed)
{
	int64_t end = clock_mono_ms() + DATA_SLICE_MS, app, count = 0;
	enum fz_err err = sql_get_int(writer_reader(w), &app,
	    "SELECT app FROM garbage_app LIMIT 1", "");

	if (err != FZ_OK)
		return rows_missing(err, FZ_OK);
	for (size_t i = 0; err == FZ_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		err = run_step(w, steps[i], app, end, &count);
	if (err == FZ_OK && count == 0) {
		err = forget(w, app);
		count = 1;
	}
	if (err == FZ_OK)
		*removed = count;
	return err;
}

enum fz_err
data_sweep(struct writer *w, int64_t *removed)
{
	enum fz_err err = sweep_docs(w, removed);

	return err == FZ_OK && *removed == 0 ? sweep_app(w, removed) : err;
}

enum fz_err
data_waits(struct reader *rd, bool *out)
{
	int64_t waits;
	enum fz_err err = sql_get_int(rd, &waits,
	    "SELECT EXISTS(SELECT 1 FROM garbage_app) OR EXISTS(SELECT 1 FROM dxgone)", "");

	if (err == FZ_OK && !waits)
		err = sql_get_int(rd, &waits, "SELECT count(*)>=?1 OR"
		    " coalesce(sum(b.size+b.gz+b.br),0)>=?2 FROM"
		    "(SELECT blob FROM garbage_blob LIMIT ?1) g JOIN blob b ON b.id=g.blob",
		    "ii", HEAVY_BLOBS, HEAVY_BYTES);
	if (err == FZ_OK)
		*out = waits != 0;
	return err;
}
