/*
 * A disk that can be cut from power: a VFS between SQLite and the real one that
 * remembers, for two files, what was synced and which writes came since.  A cut is the
 * synced bytes with each later write kept, dropped or torn at 512 bytes by dice.
 *
 * Thread contract: torn_disk_cut any thread, the rest one thread.
 */
#ifndef TESTS_UNIT_TORN_DISK_H
#define TESTS_UNIT_TORN_DISK_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define SECTOR 512

struct op {
	struct op	*next;
	uint64_t	 seq;
	bool		 truncate;	/* to at */
	int64_t		 at;
	size_t		 len;
	unsigned char	 data[];
};

struct bytes {
	unsigned char	*data;
	size_t		 len;
	size_t		 cap;
};

struct trace {
	struct bytes	 synced;
	struct op	*first, **last;
};

struct traced_file {
	sqlite3_file	 base;
	struct trace	*trace;
	sqlite3_file	 real[];
};

static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;	/* of the traces */
static struct trace db_trace, wal_trace;
static uint64_t op_seq;
static sqlite3_vfs *under;
static const char *traced;	/* path of the database, NULL = no file */

static void
apply(struct bytes *b, const struct op *op, size_t from, size_t len)
{
	size_t end = (size_t)op->at + from + len;

	if (op->truncate) {
		if ((size_t)op->at < b->len)
			b->len = (size_t)op->at;
		return;
	}
	if (end > b->cap) {
		b->cap = end * 2;
		b->data = xrealloc(b->data, b->cap);
	}
	if (end > b->len) {
		memset(b->data + b->len, 0, end - b->len);
		b->len = end;
	}
	memcpy(b->data + (size_t)op->at + from, op->data + from, len);
}

static void
remember(struct trace *t, bool truncate, int64_t at, const void *data, size_t len)
{
	struct op *op = xcalloc(1, sizeof(*op) + len);

	op->seq = ++op_seq;
	op->truncate = truncate;
	op->at = at;
	op->len = len;
	if (len > 0)
		memcpy(op->data, data, len);
	*t->last = op;
	t->last = &op->next;
}

static void
forget(struct trace *t)
{
	while (t->first != NULL) {
		struct op *next = t->first->next;

		free(t->first);
		t->first = next;
	}
	free(t->synced.data);
	memset(t, 0, sizeof(*t));
	t->last = &t->first;
}

#define REAL(f) (((struct traced_file *)(f))->real)
#define TRACE(f) (((struct traced_file *)(f))->trace)

static int
f_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	int rc;

	(void)pthread_mutex_lock(&disk);
	rc = REAL(f)->pMethods->xWrite(REAL(f), data, len, at);
	if (rc == SQLITE_OK)
		remember(TRACE(f), false, at, data, (size_t)len);
	(void)pthread_mutex_unlock(&disk);
	return rc;
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc;

	(void)pthread_mutex_lock(&disk);
	rc = REAL(f)->pMethods->xTruncate(REAL(f), size);
	if (rc == SQLITE_OK)
		remember(TRACE(f), true, size, NULL, 0);
	(void)pthread_mutex_unlock(&disk);
	return rc;
}

/* Only what was written before the sync began is safe when it ends. */
static int
f_sync(sqlite3_file *f, int flags)
{
	struct trace *t = TRACE(f);
	uint64_t upto;

	(void)flags;
	(void)pthread_mutex_lock(&disk);
	upto = op_seq;
	(void)pthread_mutex_unlock(&disk);
	(void)usleep(200);
	(void)pthread_mutex_lock(&disk);
	while (t->first != NULL && t->first->seq <= upto) {
		struct op *op = t->first;

		apply(&t->synced, op, 0, op->len);
		t->first = op->next;
		if (t->first == NULL)
			t->last = &t->first;
		free(op);
	}
	(void)pthread_mutex_unlock(&disk);
	return SQLITE_OK;
}

static int
f_close(sqlite3_file *f)
{
	return REAL(f)->pMethods->xClose(REAL(f));
}

static int
f_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
	return REAL(f)->pMethods->xRead(REAL(f), p, len, at);
}

static int
f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int
f_lock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xLock(REAL(f), level);
}

static int
f_unlock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int
f_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int
f_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int
f_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

/* A disk that promises nothing about order or whole writes. */
static int
f_character(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int
f_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), region, size, extend, out);
}

static int
f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}

static void
f_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int
f_shm_unmap(sqlite3_file *f, int del)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_reserved,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_character,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int
v_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
	struct traced_file *t = (struct traced_file *)f;
	int rc;

	(void)vfs;
	if (traced == NULL || name == NULL || strncmp(name, traced, strlen(traced)) != 0)
		return under->xOpen(under, name, f, flags, out);
	t->trace = strcmp(name, traced) == 0 ? &db_trace : &wal_trace;
	t->base.pMethods = NULL;
	rc = under->xOpen(under, name, t->real, flags, out);
	if (rc == SQLITE_OK)
		t->base.pMethods = &methods;
	return rc;
}

static int
v_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	return under->xDelete(under, name, sync);
}

static int
v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	(void)vfs;
	return under->xAccess(under, name, flags, out);
}

static int
v_full(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	return under->xFullPathname(under, name, n, out);
}

/* On top of the default one; what it does not replace, that one does. */
static inline int
torn_disk_insert(void)
{
	static sqlite3_vfs vfs;

	under = sqlite3_vfs_find(NULL);
	vfs = *under;
	vfs.zName = "powercut";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct traced_file) + under->szOsFile;
	vfs.xOpen = v_open;
	vfs.xDelete = v_delete;
	vfs.xAccess = v_access;
	vfs.xFullPathname = v_full;
	return sqlite3_vfs_register(&vfs, 1);
}

static uint64_t dice;

static uint32_t
roll(uint32_t below)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % below;
}

/* The synced bytes and what luck kept of the rest.  mercy: how likely, of 100. */
static struct bytes
after_cut(const struct trace *t, uint32_t mercy)
{
	struct bytes b = { NULL, 0, 0 };

	if (t->synced.len > 0) {
		b.data = xmemdup(t->synced.data, t->synced.len);
		b.len = b.cap = t->synced.len;
	}
	for (const struct op *op = t->first; op != NULL; op = op->next) {
		uint32_t luck = roll(100);

		if (luck < mercy) {
			apply(&b, op, 0, op->len);
			continue;
		}
		if (op->truncate || luck % 2 == 0)
			continue;
		for (size_t from = 0; from < op->len; from += SECTOR)
			if (roll(2) != 0)
				apply(&b, op, from, op->len - from < SECTOR ?
				    op->len - from : SECTOR);
	}
	return b;
}

/* Both files as they would be found, of one moment. */
static inline void
torn_disk_cut(struct bytes *db, struct bytes *wal)
{
	uint32_t mercy;

	(void)pthread_mutex_lock(&disk);
	mercy = roll(4) * 33;
	*db = after_cut(&db_trace, mercy);
	*wal = after_cut(&wal_trace, mercy);
	(void)pthread_mutex_unlock(&disk);
}

/* From now on remember what happens to this database; NULL ends it. */
static inline void
torn_disk_trace(const char *path)
{
	forget(&db_trace);
	forget(&wal_trace);
	traced = path;
}

#endif
