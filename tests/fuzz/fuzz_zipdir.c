/*
 * The input is a zip archive.  Oracle: what is accepted holds what the header promises,
 * counted again here (ranges inside, in order and apart, limits kept, both headers
 * naming each entry), and the same bytes in the middle of a longer spool, in a file,
 * give the same directory.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "deploy/zipdir.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define BEFORE 100000	/* more than a spool keeps in memory */

static struct spool *
spool_of(const uint8_t *data, size_t size, size_t before, size_t after)
{
	static const char noise[BEFORE] = "PK\5\6";
	struct spool *s = spool_new("/tmp", UINT64_MAX);

	if (spool_add(s, noise, before) != FZ_OK || spool_add(s, data, size) != FZ_OK ||
	    spool_add(s, noise, after) != FZ_OK)
		abort();
	return s;
}

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void
check(const struct zipdir *z, const uint8_t *data, size_t size)
{
	uint64_t end = 0, total = 0;

	if (z->n > LIMIT_ENTRIES)
		abort();
	for (size_t i = 0; i < z->n; i++) {
		const struct zipdir_entry *e = &z->v[i];

		if (e->header < end || e->data < e->header + 30 || e->data > size ||
		    e->packed > size - e->data)
			abort();
		if (memcmp(data + e->header, "PK\3\4", 4) != 0)
			abort();
		if ((data[e->header + 6] & 1) != 0)
			abort();
		if (e->method != ZIPDIR_STORED && e->method != ZIPDIR_DEFLATED)
			abort();
		if (e->method == ZIPDIR_STORED && e->packed != e->size)
			abort();
		if (e->size > LIMIT_FILE || (e->folder && e->size > 0))
			abort();
		if (strlen(e->name) > LIMIT_FILE_PATH)
			abort();
		if ((data[e->header + 6] & 8) == 0 &&
		    le32(data + e->header + 14) != e->crc)
			abort();
		end = e->data + e->packed;
		total += e->size;
	}
	if (total > LIMIT_TREE)
		abort();
}

static void
same(const struct zipdir *a, const struct zipdir *b)
{
	if (a->n != b->n)
		abort();
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].name, b->v[i].name) != 0 ||
		    a->v[i].data != b->v[i].data || a->v[i].packed != b->v[i].packed ||
		    a->v[i].size != b->v[i].size || a->v[i].folder != b->v[i].folder)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct spool *alone, *inside;
	struct response rs, rs2;
	struct zipdir z, y;
	enum fz_err err;

	response_init(&rs, a);
	response_init(&rs2, a);
	alone = spool_of(data, size, 0, 0);
	inside = spool_of(data, size, BEFORE, 7);
	err = zipdir_read(a, &rs, alone, 0, size, &z);
	if (zipdir_read(a, &rs2, inside, BEFORE, size, &y) != err)
		abort();
	if (err == FZ_OK) {
		check(&z, data, size);
		same(&z, &y);
	} else if (err != FZ_ARCHIVE_INVALID && err != FZ_ARCHIVE_UNSAFE) {
		abort();
	}
	spool_free(alone);
	spool_free(inside);
	response_fini(&rs);
	response_fini(&rs2);
	arena_free(a);
	return 0;
}
