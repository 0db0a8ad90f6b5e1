/*
 * Two bins of fixed size: one takes, the other is written, and they change places.  To
 * record is then a short lock and a copy, never an allocation and never the disk; a
 * writer that is stuck behind a full disk costs one bin and after that rows.
 *
 * Fairness.  One app may fill half of the bin's text, so that its flood is not everybody's
 * loss; and what an app lost is said in its own log, where its owner looks.
 *
 * Requests come faster than anybody reads about them, so there is a rate above which they
 * are not recorded: a low one for what is routine, a higher one for the rest (a flood of
 * 404 is as many rows as a flood of files).  The question is one atomic word and is asked
 * before anything is gathered.
 */
#include "store/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/recorder_inner.h"

#define FLUSH_MS 200
#define MESSAGE_MAX (64 * KIB)
#define TEXT_MAX (1 * KIB)
#define SHARE_MAX (RECORDER_BYTES / 2)
#define ROW_COST 128		/* what a line counts besides its text */

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

/* Copy *s to where *used is; the caller has made sure that there is room. */
static void
put(char *texts, size_t *used, const char **s, size_t len)
{
	char *to = texts + *used;

	if (len > 0)
		memcpy(to, *s, len);
	to[len] = '\0';
	*used += len + 1;
	*s = to;
}

/* Cut all texts; how many bytes they take. */
static size_t
measure(const char **const *texts, size_t n, size_t first_max, size_t *len)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		if (*texts[i] == NULL)
			*texts[i] = "";
		len[i] = cut(*texts[i], i == 0 ? first_max : TEXT_MAX);
		total += len[i] + 1;
	}
	return total;
}

static void
lost(struct recorder_bin *b, int64_t app, int64_t keep)
{
	size_t i = 0;

	while (i < b->nlost && b->lost[i].app != app)
		i++;
	if (i == RECORDER_LOST)
		return;
	if (i == b->nlost)
		b->lost[b->nlost++] = (struct recorder_lost){ app, keep, 0 };
	b->lost[i].n++;
}

void
recorder_line(struct recorder *r, const struct record_line *given, int64_t keep)
{
	struct record_line row = *given;
	const char **texts[] = { &row.message, &row.file, &row.request };
	size_t len[3], total;
	struct recorder_bin *b;
	uint32_t *share;

	if (keep <= 0)
		return;
	total = measure(texts, 3, MESSAGE_MAX, len);
	if (row.at == 0)
		row.at = clock_wall_ms();
	(void)pthread_mutex_lock(&r->lock);
	b = r->open;
	share = &b->share[(uint64_t)row.app % RECORDER_SHARES];
	if (b->nlines == RECORDER_ROWS || b->line_bytes + total > RECORDER_BYTES ||
	    *share + total + ROW_COST > SHARE_MAX) {
		lost(b, row.app, keep);
		(void)atomic_fetch_add(&r->dropped, 1);
	} else {
		*share += (uint32_t)total + ROW_COST;
		for (size_t i = 0; i < 3; i++)
			put(b->texts[RECORDER_LINES], &b->line_bytes, texts[i], len[i]);
		b->keep[b->nlines] = keep;
		b->lines[b->nlines++] = row;
	}
	(void)pthread_mutex_unlock(&r->lock);
}

/* One more in this second, if it has room. */
static bool
take(_Atomic uint64_t *window, uint64_t second, uint64_t most)
{
	uint64_t word = atomic_load_explicit(window, memory_order_relaxed), n;

	do {
		n = word >> 32 == second ? word & UINT32_MAX : 0;
		if (n >= most)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(window, &word, second << 32 | (n + 1),
	    memory_order_relaxed, memory_order_relaxed));
	return true;
}

bool
recorder_wants(struct recorder *r, bool routine)
{
	uint64_t second = (uint64_t)clock_mono_ms() / 1000 & UINT32_MAX;

	if (routine && !take(&r->window[1], second, RECORDER_ROUTINE))
		return false;
	if (take(&r->window[0], second, RECORDER_MOST))
		return true;
	if (!routine)
		(void)atomic_fetch_add(&r->dropped, 1);
	return false;
}

void
recorder_request(struct recorder *r, const struct record_request *given)
{
	struct record_request row = *given;
	const char **texts[] = { &row.path, &row.host, &row.method, &row.ip, &row.ua,
		&row.user, &row.error, &row.request };
	size_t len[8], total = measure(texts, 8, TEXT_MAX, len);
	struct recorder_bin *b;

	if (row.at == 0)
		row.at = clock_wall_ms();
	(void)pthread_mutex_lock(&r->lock);
	b = r->open;
	if (b->nrequests == RECORDER_ROWS || b->request_bytes + total > RECORDER_BYTES) {
		(void)atomic_fetch_add(&r->dropped, 1);
	} else {
		for (size_t i = 0; i < 8; i++)
			put(b->texts[RECORDER_REQUEST_ROWS], &b->request_bytes, texts[i],
			    len[i]);
		b->requests[b->nrequests++] = row;
	}
	(void)pthread_mutex_unlock(&r->lock);
}

static bool
bin_empty(const struct recorder_bin *b)
{
	return b->nlines == 0 && b->nrequests == 0 && b->nlost == 0;
}

/* Under r->writing: the other bin takes from now on. */
static void
swap(struct recorder *r)
{
	struct recorder_bin *b = r->full;

	b->nlines = b->nrequests = b->nlost = 0;
	b->line_bytes = b->request_bytes = 0;
	memset(b->share, 0, sizeof(b->share));
	r->at[0] = r->at[1] = 0;
	(void)pthread_mutex_lock(&r->lock);
	r->full = r->open;
	r->open = b;
	(void)pthread_mutex_unlock(&r->lock);
}

/* Under r->writing: everything that was put in before the call. */
static void
flush(struct recorder *r)
{
	if (!recorder_write_bin(r))
		return;
	swap(r);
	if (!bin_empty(r->full))
		(void)recorder_write_bin(r);
}

void
recorder_flush(struct recorder *r)
{
	(void)pthread_mutex_lock(&r->writing);
	flush(r);
	recorder_write_prune(r, clock_mono_ms());
	(void)pthread_mutex_unlock(&r->writing);
}

static void *
run(void *arg)
{
	struct recorder *r = arg;
	bool stop = false;

	while (!stop) {
		int64_t at = clock_mono_ms() + FLUSH_MS;
		struct timespec until = { at / 1000, at % 1000 * 1000000 };
		int rc = 0;

		(void)pthread_mutex_lock(&r->lock);
		while (!r->stop && rc == 0)
			rc = pthread_cond_timedwait(&r->wake, &r->lock, &until);
		stop = r->stop;
		(void)pthread_mutex_unlock(&r->lock);
		recorder_flush(r);
	}
	return NULL;
}

struct recorder *
recorder_open(struct store *store)
{
	struct recorder *r = xcalloc(1, sizeof(*r));
	pthread_condattr_t attr;

	r->store = store;
	r->open = xcalloc(1, sizeof(*r->open));
	r->full = xcalloc(1, sizeof(*r->full));
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_mutex_init(&r->writing, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&r->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	r->sweep_at = clock_mono_ms();
	if (pthread_create(&r->thread, NULL, run, r) != 0)
		log_fatal("cannot start a thread", NULL);
	return r;
}

void
recorder_close(struct recorder *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->lock);
	r->stop = true;
	(void)pthread_cond_signal(&r->wake);
	(void)pthread_mutex_unlock(&r->lock);
	(void)pthread_join(r->thread, NULL);
	(void)pthread_mutex_destroy(&r->lock);
	(void)pthread_mutex_destroy(&r->writing);
	(void)pthread_cond_destroy(&r->wake);
	free(r->open);
	free(r->full);
	free(r);
}

uint64_t
recorder_dropped(const struct recorder *r)
{
	return atomic_load(&((struct recorder *)(uintptr_t)r)->dropped);
}

uint64_t
recorder_generation(const struct recorder *r)
{
	return atomic_load(&((struct recorder *)(uintptr_t)r)->generation);
}
