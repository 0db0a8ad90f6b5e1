/*
 * After the copy is taken all pages are read-only.  The first write to one ends in SIGSEGV;
 * the handler makes the unit writable, notes it as hot, and the write is done again.  Hot
 * units stay writable and are copied back each time, so a fault is paid for once and not
 * once a request: requests of one app write to the same few places (a hello: 60 KiB of
 * 800), and after some of them there are no faults at all.
 *
 * A request that touches everything (a garbage collection marks every object) makes
 * everything hot.  So that it does not stay so, hot units are looked at now and then while
 * there are many, and those found untouched several times in a row cool down.  Seldom: to
 * cool one and heat it again takes two changes of protection, which every core hears of.
 *
 * Each change of protection splits a mapping in the kernel, which bounds their number; so
 * only so many ranges are watched at once, and if the kernel refuses, the range becomes
 * writable as a whole.  Ranges that are not watched are copied whole.
 *
 * The handler touches only memory and mprotect(2).  A fault that is not ours is given back
 * to whoever handled it before, by doing the access again.
 */
#include "runtime/dirty.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define WATCHED_MAX 256		/* ranges; each may be some hundred mappings */
#define MANY 16			/* hot units from which on cooling is worth a look */
#define LOOK_EVERY 64		/* restores */
#define CALM 4			/* looks in a row that found it unwritten */

enum { COLD = 0, HOT = 1 };	/* above HOT: calm looks so far */

/* What is watched.  The handler believes an address, then the owner behind it. */
static struct {
	_Atomic uintptr_t	 base;		/* 0 = free */
	_Atomic uintptr_t	 end;
	struct dirty		*owner;
} slots[WATCHED_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;	/* written under the lock */

/* Sanitizers want the signal for themselves. */
static bool
may_watch(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
	return false;
#else
	return true;
#endif
}

static void
set_writable(struct dirty *p, size_t from, size_t to)
{
	if (mprotect(p->base + from * DIRTY_UNIT, (to - from) * DIRTY_UNIT,
	    PROT_READ | PROT_WRITE) == 0) {
		for (size_t i = from; i < to; i++) {
			p->nhot += p->hot[i] == COLD;
			p->hot[i] = HOT;
		}
		return;
	}
	/* Too many mappings: one for all of it is always possible. */
	if (mprotect(p->base, p->units * DIRTY_UNIT, PROT_READ | PROT_WRITE) != 0)
		abort();
	memset(p->hot, HOT, p->units);
	p->nhot = p->units;
}

static struct dirty *
owner_of(uintptr_t at)
{
	for (size_t i = 0; i < WATCHED_MAX; i++)
		if (at < slots[i].end && slots[i].base != 0 && at >= slots[i].base)
			return slots[i].owner;
	return NULL;
}

static void
on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	struct dirty *p = info->si_code == SEGV_ACCERR ? owner_of(at) : NULL;
	size_t unit = p == NULL ? 0 : (at - (uintptr_t)p->base) / DIRTY_UNIT;

	(void)context;
	if (p == NULL || p->hot[unit] != COLD) {
		(void)sigaction(SIGSEGV, &before, NULL);
		/* One that somebody sent does not come again by itself. */
		if (info->si_code <= 0)
			(void)raise(signal);
	} else {
		set_writable(p, unit, unit + 1);
	}
}

void
dirty_ready(void)
{
	struct sigaction action;

	if (!may_watch() || (sigaction(SIGSEGV, NULL, &action) == 0 &&
	    action.sa_sigaction == on_fault))
		return;
	pthread_mutex_lock(&lock);
	before = action;
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_fault;
	/* Its own stack frame is small; a fault inside of it is a real one. */
	action.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGSEGV, &action, NULL);
	pthread_mutex_unlock(&lock);
}

static int
take_slot(struct dirty *p)
{
	uintptr_t base = (uintptr_t)p->base, none;

	if (!may_watch())
		return -1;
	dirty_ready();
	for (int i = 0; i < WATCHED_MAX; i++) {
		none = 0;
		if (!atomic_compare_exchange_strong(&slots[i].base, &none, base))
			continue;
		slots[i].owner = p;
		slots[i].end = base + p->units * DIRTY_UNIT;
		return i;
	}
	return -1;
}

void
dirty_watch(struct dirty *p, void *base, const void *copy, size_t len)
{
	dirty_drop(p);
	p->base = base;
	p->copy = copy;
	p->len = len;
	/* What is behind the last whole unit is copied always. */
	p->units = len / DIRTY_UNIT;
	p->slot = p->units < 2 ? -1 : take_slot(p);
	if (p->slot < 0)
		return;
	/* The owner's own tables are in the first one. */
	p->hot = xcalloc(p->units, 1);
	p->hot[0] = HOT;
	p->nhot = 1;
	if (mprotect(p->base + DIRTY_UNIT, (p->units - 1) * DIRTY_UNIT, PROT_READ) != 0)
		set_writable(p, 1, p->units);
}

void
dirty_drop(struct dirty *p)
{
	if (p->base != NULL && p->slot >= 0) {
		(void)mprotect(p->base, p->units * DIRTY_UNIT, PROT_READ | PROT_WRITE);
		slots[p->slot].end = 0;
		slots[p->slot].base = 0;
	}
	free(p->hot);
	memset(p, 0, sizeof(*p));
}

/* Read-only again; a run of cold units at a time. */
static void
cool(struct dirty *p)
{
	size_t i, end;

	for (i = 1; i < p->units; i = end) {
		for (end = i; end < p->units && p->hot[end] > CALM; end++)
			continue;
		if (end == i) {
			end++;
			continue;
		}
		if (mprotect(p->base + i * DIRTY_UNIT, (end - i) * DIRTY_UNIT, PROT_READ) != 0)
			return;
		memset(p->hot + i, COLD, end - i);
		p->nhot -= end - i;
	}
}

/* Before they are copied back: which hot units were not written this time? */
static void
look(struct dirty *p)
{
	for (size_t i = 1; i < p->units; i++) {
		size_t at = i * DIRTY_UNIT;

		if (p->hot[i] == COLD)
			continue;
		p->hot[i] = memcmp(p->base + at, p->copy + at, DIRTY_UNIT) == 0 ?
		    (uint8_t)(p->hot[i] + 1) : HOT;
	}
	cool(p);
}

void
dirty_restore(struct dirty *p)
{
	size_t i = 0, end, to;

	if (p->slot < 0) {
		memcpy(p->base, p->copy, p->len);
		return;
	}
	if (p->nhot > MANY && ++p->turn % LOOK_EVERY == 0)
		look(p);
	while (i < p->units) {
		for (end = i; end < p->units && p->hot[end] != COLD; end++)
			continue;
		memcpy(p->base + i * DIRTY_UNIT, p->copy + i * DIRTY_UNIT,
		    (end - i) * DIRTY_UNIT);
		for (i = end; i < p->units && p->hot[i] == COLD; i++)
			continue;
	}
	to = p->units * DIRTY_UNIT;
	memcpy(p->base + to, p->copy + to, p->len - to);
}
