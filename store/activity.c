/*
 * Auditing must not slow down what it audits, so a row is copied into memory and
 * written with its neighbours: a hundred rows in one transaction cost a tenth of a
 * hundred transactions.  A crash loses at most the last 200 ms; rows whose loss
 * matters belong into the transaction they describe.
 *
 * The ring is bounded in rows, and a row in bytes, so a disk that takes nothing costs
 * 4 MiB and then rows, which are counted.  Rows stay in the ring until their
 * transaction is committed: a busy or full disk delays them.
 */
#include "store/activity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/parts.h"
#include "store/sql.h"

#define RING_ROWS 4096
#define BATCH_ROWS 512
#define TEXT_MAX 256
#define DETAILS_MAX 2048
#define TEXTS 10
#define FLUSH_WAIT_MS 100

/* The texts of a struct activity in the order of the columns, in one allocation. */
struct row {
	int64_t	 at;
	int	 weight;
	int	 text[TEXTS];	/* offset into bytes, -1 = NULL */
	char	 bytes[];
};

struct activity_ring {
	pthread_mutex_t	 lock;		/* of what follows */
	struct row	*rows[RING_ROWS];
	size_t		 head;		/* oldest */
	size_t		 count;
	uint64_t	 dropped;
};

struct activity_ring *
activity_ring_new(void)
{
	struct activity_ring *ring = xcalloc(1, sizeof(*ring));

	(void)pthread_mutex_init(&ring->lock, NULL);
	return ring;
}

/* Forget the n oldest rows. */
static void
drop(struct activity_ring *ring, size_t n)
{
	for (; n > 0 && ring->count > 0; n--) {
		free(ring->rows[ring->head]);
		ring->rows[ring->head] = NULL;
		ring->head = (ring->head + 1) % RING_ROWS;
		ring->count--;
	}
}

void
activity_ring_free(struct activity_ring *ring)
{
	if (ring == NULL)
		return;
	drop(ring, ring->count);
	(void)pthread_mutex_destroy(&ring->lock);
	free(ring);
}

/* Bytes to keep of s: at most max, never half a character. */
static size_t
cut(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return n;
	n = max;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static struct row *
row_new(const struct activity *a)
{
	/* Half of a JSON text is none. */
	const char *details = a->details != NULL && strlen(a->details) > DETAILS_MAX ?
	    "{\"truncated\":true}" : a->details;
	const char *texts[TEXTS] = { a->actor_type ? a->actor_type : "anonymous",
		a->actor_id, a->actor_ip, a->actor_ua,
		a->resource_type ? a->resource_type : "", a->resource_id, a->app,
		a->action ? a->action : "", a->result ? a->result : "success", details };
	size_t len[TEXTS], total = 0, at = 0;
	struct row *row;

	for (size_t i = 0; i < TEXTS; i++) {
		size_t max = i == TEXTS - 1 ? DETAILS_MAX : TEXT_MAX;

		len[i] = texts[i] ? cut(texts[i], max) : 0;
		total += len[i] + 1;
	}
	row = xcalloc(1, sizeof(*row) + total);
	row->at = a->at != 0 ? a->at : clock_wall_ms();
	row->weight = a->weight;
	for (size_t i = 0; i < TEXTS; i++) {
		row->text[i] = texts[i] ? (int)at : -1;
		if (texts[i] == NULL)
			continue;
		memcpy(row->bytes + at, texts[i], len[i]);
		at += len[i] + 1;
	}
	return row;
}

void
activity_add(struct store *store, const struct activity *a)
{
	struct activity_ring *ring = store->activity;
	struct row *row = row_new(a);

	(void)pthread_mutex_lock(&ring->lock);
	if (ring->count < RING_ROWS) {
		ring->rows[(ring->head + ring->count++) % RING_ROWS] = row;
		row = NULL;
	} else {
		ring->dropped++;
	}
	(void)pthread_mutex_unlock(&ring->lock);
	free(row);
}

uint64_t
activity_dropped(struct store *store)
{
	struct activity_ring *ring = store->activity;
	uint64_t n;

	(void)pthread_mutex_lock(&ring->lock);
	n = ring->dropped;
	(void)pthread_mutex_unlock(&ring->lock);
	return n;
}

static const char *
text(const struct row *row, int i)
{
	return row->text[i] >= 0 ? row->bytes + row->text[i] : NULL;
}

static enum fz_err
insert(struct writer *w, const struct row *r)
{
	return sql_run(w,
	    "INSERT INTO activity(at, weight, actor_type, actor_id, actor_ip,"
	    " actor_ua, resource_type, resource_id, app, action, result, details)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	    "iitttttttttt", r->at, (int64_t)r->weight, text(r, 0), text(r, 1), text(r, 2),
	    text(r, 3), text(r, 4), text(r, 5), text(r, 6), text(r, 7), text(r, 8),
	    text(r, 9));
}

static enum fz_err
write_batch(struct store *store, struct row *const *batch, size_t n)
{
	struct writer *w;
	enum fz_err err;

	err = writer_begin(store, FLUSH_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < n && err == FZ_OK; i++)
		err = insert(w, batch[i]);
	if (err == FZ_OK)
		return writer_commit(w, NULL);
	writer_abort(w);
	return err;
}

void
activity_flush(struct store *store)
{
	struct activity_ring *ring = store->activity;
	struct row *batch[BATCH_ROWS];
	enum fz_err err = FZ_OK;
	size_t n;

	do {
		(void)pthread_mutex_lock(&ring->lock);
		for (n = 0; n < BATCH_ROWS && n < ring->count; n++)
			batch[n] = ring->rows[(ring->head + n) % RING_ROWS];
		(void)pthread_mutex_unlock(&ring->lock);
		if (n == 0)
			return;
		err = write_batch(store, batch, n);
		if (err != FZ_OK)
			return;
		(void)pthread_mutex_lock(&ring->lock);
		drop(ring, n);
		(void)pthread_mutex_unlock(&ring->lock);
	} while (n == BATCH_ROWS);
}

enum fz_err
activity_prune(struct writer *w, int64_t keep, int64_t max, int64_t *removed)
{
	enum fz_err err;

	/* Ids only rise, so the newest id tells how many to keep. */
	err = sql_run(w,
	    "DELETE FROM activity WHERE id IN (SELECT id FROM activity"
	    " WHERE id <= (SELECT max(id) FROM activity) - ?1 ORDER BY id LIMIT ?2)",
	    "ii", keep, max);
	if (err == FZ_OK)
		*removed = sql_changes(w);
	return err;
}
