/*
 * Rows go out a few hundred a transaction, so that whoever waits for the write lock behind
 * us waits a few milliseconds.  A store that is busy or full takes nothing now: the rows
 * stay and are tried again.  Any other failure drops the batch, since it would fail again.
 *
 * Pruning by rows needs to know how many an app has, and counting them each time would
 * cost more than writing them: the number is counted once and then kept here, a table of
 * fixed size by app id.  That number only says when to look; what is deleted is found by
 * stepping back from the newest row.  A twentieth too many is allowed, so that full logs
 * are pruned now and then and not with every line.
 *
 * Age is looked at once an hour from the oldest row on, as ids only rise with time; so are
 * rows of apps that are gone, by stepping through the index from app to app.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/recorder_inner.h"
#include "store/sql.h"

#define BATCH 256
#define WAIT_MS 100
#define PRUNE_ROWS 1000			/* of one transaction; see also prune() */
#define PRUNE_TURNS 8			/* transactions in a row */
#define SWEEP_MS (3600 * 1000)
#define DAY_MS (24LL * 3600 * 1000)

static struct recorder_tally *
tally_of(struct recorder *r, enum recorder_kind kind, int64_t app)
{
	return &r->tally[kind][(uint64_t)app % RECORDER_TALLIES];
}

/* Make sure that the app is counted; outside of a transaction. */
static enum fz_err
count(struct recorder *r, enum recorder_kind kind, int64_t app, int64_t keep)
{
	struct recorder_tally *t = tally_of(r, kind, app);
	struct reader *rd;
	int64_t rows = 0;
	enum fz_err err;

	if (t->app != app) {
		err = reader_open(r->store, &rd);
		if (err != FZ_OK)
			return err;
		err = kind == RECORDER_LINES ?
		    sql_get_int(rd, &rows, "SELECT count(*) FROM log WHERE app=?1", "i", app) :
		    sql_get_int(rd, &rows, "SELECT count(*) FROM request WHERE app=?1", "i",
		    app);
		reader_close(rd);
		if (err != FZ_OK)
			return err;
		*t = (struct recorder_tally){ .app = app, .rows = rows };
	}
	t->keep = keep;
	return FZ_OK;
}

static void
counted(struct recorder *r, enum recorder_kind kind, int64_t app)
{
	struct recorder_tally *t = tally_of(r, kind, app);

	/* Another app may have taken the place within this batch. */
	if (t->app != app)
		return;
	t->rows++;
	t->look = t->look || t->rows > t->keep + t->keep / 20;
}

static enum fz_err
insert_line(struct writer *w, const struct record_line *l)
{
	return sql_run(w,
	    "INSERT INTO log(app, at, level, message, file, line, request)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", "iiittit", l->app, l->at,
	    (int64_t)l->level, l->message, l->file, (int64_t)l->line, l->request);
}

static enum fz_err
insert_request(struct writer *w, const struct record_request *q)
{
	return sql_run(w,
	    "INSERT INTO request(app, at, deploy, host, method, path, status, us, cpu_us,"
	    " bytes_in, bytes_out, ip, ua, user, error, request) VALUES(?1, ?2, ?3, ?4, ?5,"
	    " ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)", "iiitttiiiiittttt",
	    q->app, q->at, q->deploy, q->host, q->method, q->path, (int64_t)q->status, q->us,
	    q->cpu_us, (int64_t)q->bytes_in, (int64_t)q->bytes_out, q->ip, q->ua, q->user,
	    q->error, q->request);
}

/* The next rows of a kind, at most BATCH; *n is how many. */
static enum fz_err
write_batch(struct recorder *r, enum recorder_kind kind, size_t *n)
{
	const struct recorder_bin *b = r->full;
	size_t from = r->at[kind], all = kind == RECORDER_LINES ? b->nlines : b->nrequests;
	enum fz_err err = FZ_OK;
	struct writer *w;

	*n = all - from < BATCH ? all - from : BATCH;
	for (size_t i = from; i < from + *n && err == FZ_OK; i++)
		err = kind == RECORDER_LINES ?
		    count(r, kind, b->lines[i].app, b->keep[i]) :
		    count(r, kind, b->requests[i].app, RECORDER_REQUESTS);
	if (err == FZ_OK)
		err = writer_begin(r->store, WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	for (size_t i = from; i < from + *n && err == FZ_OK; i++)
		err = kind == RECORDER_LINES ? insert_line(w, &b->lines[i]) :
		    insert_request(w, &b->requests[i]);
	if (err == FZ_OK)
		err = writer_commit(w, NULL);
	else
		writer_abort(w);
	for (size_t i = from; i < from + *n && err == FZ_OK; i++)
		counted(r, kind,
		    kind == RECORDER_LINES ? b->lines[i].app : b->requests[i].app);
	return err;
}

static bool
comes_back(enum fz_err err)
{
	return err == FZ_OVERLOADED || err == FZ_STORAGE_FULL || err == FZ_TIMEOUT;
}

static bool
write_kind(struct recorder *r, enum recorder_kind kind, size_t all)
{
	while (r->at[kind] < all) {
		size_t n = 0;
		enum fz_err err = write_batch(r, kind, &n);

		if (comes_back(err))
			return false;
		if (err != FZ_OK) {
			log_error("log rows were not written", "error", err_text(err), NULL);
			(void)atomic_fetch_add(&r->dropped, n);
		}
		r->at[kind] += n;
		(void)atomic_fetch_add(&r->generation, 1);
	}
	return true;
}

/* What found no room, as lines of the apps' own logs, each after the lines it had. */
static bool
write_lost(struct recorder *r)
{
	struct recorder_bin *b = r->full;
	enum fz_err err = FZ_OK;
	struct writer *w;

	if (b->nlost == 0)
		return true;
	for (size_t i = 0; i < b->nlost && err == FZ_OK; i++)
		err = count(r, RECORDER_LINES, b->lost[i].app, b->lost[i].keep);
	if (err == FZ_OK)
		err = writer_begin(r->store, WAIT_MS, &w);
	if (err != FZ_OK)
		return !comes_back(err);
	for (size_t i = 0; i < b->nlost && err == FZ_OK; i++) {
		char text[120];
		struct record_line l = { .app = b->lost[i].app, .at = clock_wall_ms(),
			.level = RECORD_WARN, .message = text, .file = "", .request = "" };

		snprintf(text, sizeof(text), "%llu log lines were dropped: they came faster "
		    "than they could be written", (unsigned long long)b->lost[i].n);
		err = insert_line(w, &l);
		if (err == FZ_OK)
			counted(r, RECORDER_LINES, l.app);
	}
	if (err == FZ_OK)
		err = writer_commit(w, NULL);
	else
		writer_abort(w);
	if (comes_back(err))
		return false;
	b->nlost = 0;
	(void)atomic_fetch_add(&r->generation, 1);
	return true;
}

bool
recorder_write_bin(struct recorder *r)
{
	return write_kind(r, RECORDER_LINES, r->full->nlines) && write_lost(r) &&
	    write_kind(r, RECORDER_REQUEST_ROWS, r->full->nrequests);
}

/* One statement in a transaction of its own; *n = rows deleted. */
static enum fz_err
delete(struct recorder *r, int64_t *n, const char *literal, int64_t a, int64_t b)
{
	struct writer *w;
	enum fz_err err = writer_begin_reserve(r->store, WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = sql_run(w, literal, "ii", a, b);
	*n = err == FZ_OK ? sql_changes(w) : 0;
	if (err == FZ_OK)
		return writer_commit(w, NULL);
	writer_abort(w);
	return err;
}

/* The newest row of an app that is too much; FZ_NOT_FOUND when none is. */
static enum fz_err
too_much(struct recorder *r, enum recorder_kind kind, const struct recorder_tally *t,
    int64_t *id)
{
	struct reader *rd;
	enum fz_err err = reader_open(r->store, &rd);

	if (err != FZ_OK)
		return err;
	err = sql_get_int(rd, id, kind == RECORDER_LINES ?
	    "SELECT id FROM log WHERE app=?1 ORDER BY id DESC LIMIT 1 OFFSET ?2" :
	    "SELECT id FROM request WHERE app=?1 ORDER BY id DESC LIMIT 1 OFFSET ?2", "ii",
	    t->app, t->keep);
	reader_close(rd);
	return err;
}

/* Bring an app back to what it may keep, as far as *turns last. */
static void
prune(struct recorder *r, enum recorder_kind kind, struct recorder_tally *t,
    unsigned *turns)
{
	int64_t id = 0, n = PRUNE_ROWS;
	enum fz_err err = too_much(r, kind, t, &id);

	for (; err == FZ_OK && n == PRUNE_ROWS && *turns > 0; (*turns)--)
		err = delete(r, &n, kind == RECORDER_LINES ?
		    "DELETE FROM log WHERE id IN"
		    " (SELECT id FROM log WHERE app=?1 AND id<=?2 ORDER BY id LIMIT 1000)" :
		    "DELETE FROM request WHERE id IN"
		    " (SELECT id FROM request WHERE app=?1 AND id<=?2 ORDER BY id LIMIT 1000)",
		    t->app, id);
	if (err == FZ_NOT_FOUND)
		t->app = 0;		/* fewer than we thought: count again */
	else if (err != FZ_OK || n == PRUNE_ROWS)
		return;
	t->rows = t->keep;
	t->look = false;
}

/* Rows that are too old, or whose app is gone. */
static const struct {
	int64_t		 age_ms;
	const char	*literal;
} sweeps[] = {
	{ RECORDER_LINE_DAYS * DAY_MS, "DELETE FROM log WHERE id IN (SELECT id FROM"
	    " (SELECT id, at FROM log ORDER BY id LIMIT ?2) WHERE at < ?1)" },
	{ RECORDER_REQUEST_DAYS * DAY_MS, "DELETE FROM request WHERE id IN (SELECT id FROM"
	    " (SELECT id, at FROM request ORDER BY id LIMIT ?2) WHERE at < ?1)" },
	{ 0, "WITH RECURSIVE a(app) AS (SELECT min(app) FROM log UNION ALL"
	    " SELECT (SELECT min(app) FROM log WHERE app > a.app) FROM a"
	    " WHERE app IS NOT NULL)"
	    " DELETE FROM log WHERE id IN (SELECT l.id FROM log l, a WHERE l.app=a.app"
	    " AND NOT EXISTS (SELECT 1 FROM app WHERE id=a.app) AND ?1 LIMIT ?2)" },
	{ 0, "WITH RECURSIVE a(app) AS (SELECT min(app) FROM request UNION ALL"
	    " SELECT (SELECT min(app) FROM request WHERE app > a.app) FROM a"
	    " WHERE app IS NOT NULL)"
	    " DELETE FROM request WHERE id IN (SELECT q.id FROM request q, a"
	    " WHERE q.app=a.app AND NOT EXISTS (SELECT 1 FROM app WHERE id=a.app) AND ?1"
	    " LIMIT ?2)" },
};
#define SWEEPS (sizeof(sweeps) / sizeof(sweeps[0]))

static void
sweep(struct recorder *r, int64_t now, unsigned *turns)
{
	while (now >= r->sweep_at && *turns > 0) {
		int64_t n = 0;

		(*turns)--;
		if (delete(r, &n, sweeps[r->sweep].literal,
		    clock_wall_ms() - sweeps[r->sweep].age_ms, PRUNE_ROWS) != FZ_OK)
			return;
		if (n > 0)
			memset(r->tally, 0, sizeof(r->tally));
		if (n == PRUNE_ROWS)
			continue;
		r->sweep = (r->sweep + 1) % SWEEPS;
		if (r->sweep == 0)
			r->sweep_at = now + SWEEP_MS;
	}
}

void
recorder_write_prune(struct recorder *r, int64_t now)
{
	unsigned turns = PRUNE_TURNS;

	for (int kind = 0; kind < 2; kind++)
		for (size_t i = 0; i < RECORDER_TALLIES && turns > 0; i++)
			if (r->tally[kind][i].look)
				prune(r, (enum recorder_kind)kind, &r->tally[kind][i], &turns);
	sweep(r, now, &turns);
}
