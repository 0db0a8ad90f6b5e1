/*
 * A file of a few pages, mapped shared: a store to it costs what a store to memory costs,
 * and what was stored is there for the next process whatever ended this one.  It needs no
 * sync, since after a power cut the question "whose code crashed us" has no answer.  That
 * there was one is told by the time of the boot (the boot id is in a part of /proc that a
 * hardened service does not see); a clock that was set meanwhile costs one crash that is
 * not counted.
 *
 * Each process takes one of a few banks of slots, marked by a lock of the open file that
 * the kernel drops when the process is gone.  A bank nobody holds whose slots are not empty
 * is a crash.  All apps in it are counted, for which of them it was is not known; three
 * times within an hour by chance is rare.
 *
 * The blocks are allocated beforehand: a full disk would otherwise be a SIGBUS.
 */
#include "fcgi/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define MAGIC 0x66617a7175617231ULL
#define BANKS 4
#define BOOT_DIFFERS_MS 30000
#define LOCK_RECORDS BANKS	/* byte of the lock on the records */

struct slot {
	_Atomic int64_t	 app;		/* 0 = nobody */
	_Atomic int64_t	 version;
};

struct record {
	int64_t		 app;
	int64_t		 version;
	int64_t		 at[QUARANTINE_CRASHES];	/* wall clock, newest first */
	int64_t		 held;
};

struct page {
	uint64_t	 magic;
	int64_t		 boot_ms;	/* wall clock of the boot */
	struct record	 records[QUARANTINE_CASES];
	struct slot	 banks[BANKS][QUARANTINE_SLOTS];
};

struct quarantine {
	int		 fd;
	struct page	*page;
	struct slot	*slots;
	struct quarantine_case cases[QUARANTINE_CASES];
	size_t		 ncases;
};

/* One byte of the file; wait = until whoever has it lets go. */
static bool
lock(int fd, int at, int type, bool wait)
{
	struct flock fl = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = at,
		.l_len = 1 };

	return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &fl) == 0;
}

static int64_t
boot_ms(int64_t now)
{
	struct timespec up = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &up);
	return now - ((int64_t)up.tv_sec * 1000 + up.tv_nsec / 1000000);
}

/* Under the lock on the records. */
static struct record *
record_of(struct page *p, int64_t app, int64_t version)
{
	struct record *r, *spare = NULL;

	for (r = p->records; r < p->records + QUARANTINE_CASES; r++) {
		if (r->app == app && r->version == version)
			return r;
		/* The one whose last crash is the longest ago, rather one not held. */
		if (spare == NULL || r->held < spare->held ||
		    (r->held == spare->held && r->at[0] < spare->at[0]))
			spare = r;
	}
	memset(spare, 0, sizeof(*spare));
	spare->app = app;
	spare->version = version;
	return spare;
}

static void
count(struct quarantine *q, int64_t app, int64_t version, int64_t now)
{
	struct record *r = record_of(q->page, app, version);
	int64_t oldest;

	/* Several threads of one crash. */
	if (r->at[0] == now)
		return;
	memmove(r->at + 1, r->at, (QUARANTINE_CRASHES - 1) * sizeof(r->at[0]));
	r->at[0] = now;
	oldest = r->at[QUARANTINE_CRASHES - 1];
	if (r->held == 0 && oldest != 0 && now - oldest <= QUARANTINE_WITHIN_MS) {
		r->held = 1;
		q->cases[q->ncases++] = (struct quarantine_case){ app, version, true };
	}
}

/* A bank that was left behind. */
static void
autopsy(struct quarantine *q, struct slot *bank, int64_t now)
{
	for (size_t i = 0; i < QUARANTINE_SLOTS; i++) {
		int64_t app = atomic_load(&bank[i].app);

		if (app != 0 && q->ncases < QUARANTINE_CASES)
			count(q, app, atomic_load(&bank[i].version), now);
	}
	memset(bank, 0, QUARANTINE_SLOTS * sizeof(*bank));
}

/* Take a bank, and look into all that nobody holds. */
static void
look(struct quarantine *q)
{
	int64_t now = clock_wall_ms(), boot = boot_ms(now);

	if (q->page->magic != MAGIC)
		memset(q->page, 0, sizeof(*q->page));
	if (llabs(q->page->boot_ms - boot) > BOOT_DIFFERS_MS)
		memset(q->page->banks, 0, sizeof(q->page->banks));
	q->page->boot_ms = boot;
	q->page->magic = MAGIC;
	for (int i = 0; i < BANKS; i++) {
		if (!lock(q->fd, i, F_WRLCK, false))
			continue;
		autopsy(q, q->page->banks[i], now);
		if (q->slots == NULL)
			q->slots = q->page->banks[i];
		else
			(void)lock(q->fd, i, F_UNLCK, false);
	}
}

/* Those who were held before; the page itself may be changed by the next process. */
static void
remember(struct quarantine *q)
{
	size_t fresh = q->ncases;

	for (size_t i = 0; i < QUARANTINE_CASES; i++) {
		const struct record *r = &q->page->records[i];
		bool known = r->held == 0;

		for (size_t k = 0; k < fresh && !known; k++)
			known = q->cases[k].app == r->app &&
			    q->cases[k].version == r->version;
		if (!known && q->ncases < QUARANTINE_CASES)
			q->cases[q->ncases++] =
			    (struct quarantine_case){ r->app, r->version, false };
	}
}

enum fz_err
quarantine_open(const char *path, struct quarantine **out, struct why *why)
{
	struct quarantine *q = xcalloc(1, sizeof(*q));
	enum fz_err err = FZ_OK;
	int rc;

	q->page = MAP_FAILED;
	q->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (q->fd < 0 || !lock(q->fd, LOCK_RECORDS, F_WRLCK, true)) {
		err = why_set(why, FZ_IO, "cannot open %s: %s", path, strerror(errno));
		goto out;
	}
	rc = posix_fallocate(q->fd, 0, sizeof(*q->page));
	if (rc != 0) {
		err = why_set(why, FZ_IO, "cannot extend %s: %s", path, strerror(rc));
		goto out;
	}
	q->page = mmap(NULL, sizeof(*q->page), PROT_READ | PROT_WRITE, MAP_SHARED, q->fd, 0);
	if (q->page == MAP_FAILED) {
		err = why_set(why, FZ_IO, "cannot map %s: %s", path, strerror(errno));
		goto out;
	}
	look(q);
	remember(q);
	(void)lock(q->fd, LOCK_RECORDS, F_UNLCK, false);
out:
	if (err != FZ_OK)
		quarantine_close(q);
	else
		*out = q;
	return err;
}

void
quarantine_close(struct quarantine *q)
{
	if (q == NULL)
		return;
	if (q->slots != NULL)
		memset(q->slots, 0, QUARANTINE_SLOTS * sizeof(*q->slots));
	if (q->page != MAP_FAILED)
		(void)munmap(q->page, sizeof(*q->page));
	if (q->fd >= 0)
		close(q->fd);
	free(q);
}

void
quarantine_begin(struct quarantine *q, unsigned slot, int64_t app, int64_t version)
{
	if (q == NULL || q->slots == NULL || slot >= QUARANTINE_SLOTS)
		return;
	atomic_store_explicit(&q->slots[slot].version, version, memory_order_relaxed);
	atomic_store_explicit(&q->slots[slot].app, app, memory_order_release);
}

void
quarantine_end(struct quarantine *q, unsigned slot)
{
	if (q == NULL || q->slots == NULL || slot >= QUARANTINE_SLOTS)
		return;
	atomic_store_explicit(&q->slots[slot].app, 0, memory_order_release);
}

bool
quarantine_holds(const struct quarantine *q, int64_t app, int64_t version)
{
	for (size_t i = 0; q != NULL && i < q->ncases; i++)
		if (q->cases[i].app == app && q->cases[i].version == version)
			return true;
	return false;
}

size_t
quarantine_cases(const struct quarantine *q, struct quarantine_case out[QUARANTINE_CASES])
{
	if (q == NULL)
		return 0;
	memcpy(out, q->cases, q->ncases * sizeof(out[0]));
	return q->ncases;
}
