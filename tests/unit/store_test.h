/*
 * A store in a folder of its own for one test program, and what its tests say often.
 */
#ifndef STORE_TEST_H
#define STORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/sql.h"
#include "store/store.h"
#include "store/upload.h"
#include "store/version.h"

#define UNUSED __attribute__((unused))
#define OK(call) assert_int_equal((call), FZ_OK)

static char test_dir[] = "/tmp/fazt-test-XXXXXX";
static struct store *st;
static struct arena *ar;

UNUSED static int
store_setup(void **state)
{
	struct store_options o = { .readers = 8, .may_create = true };
	struct why why = { 0 };
	char path[64];

	(void)state;
	if (mkdtemp(test_dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/data.db", test_dir);
	o.path = path;
	if (store_open(&o, &st, &why) != FZ_OK) {
		fprintf(stderr, "store_open: %s\n", why.text);
		return -1;
	}
	ar = arena_new();
	return 0;
}

UNUSED static int
store_teardown(void **state)
{
	DIR *d = opendir(test_dir);
	struct dirent *e;

	(void)state;
	arena_free(ar);
	store_close(st);
	e = readdir(d);
	while (e != NULL) {
		(void)unlinkat(dirfd(d), e->d_name, 0);
		e = readdir(d);
	}
	closedir(d);
	return rmdir(test_dir);
}

UNUSED static struct writer *
begin(void)
{
	struct writer *w;

	OK(writer_begin(st, 5000, &w));
	return w;
}

UNUSED static void
commit(struct writer *w)
{
	OK(writer_commit(w, NULL));
}

UNUSED static struct reader *
reader(void)
{
	struct reader *rd;

	OK(reader_open(st, &rd));
	return rd;
}

/* One integer; -1 without a row. */
UNUSED static int64_t
number(const char *literal)
{
	struct reader *rd = reader();
	int64_t n = -1;

	(void)!sql_get_int(rd, &n, literal, "");
	reader_close(rd);
	return n;
}

UNUSED static int64_t
sweep(void)
{
	int64_t all = 0, n;

	do {
		struct writer *w = begin();

		OK(blob_sweep(w, 100, &n));
		commit(w);
		all += n;
	} while (n > 0);
	return all;
}

/* Receive in steps of `step` bytes. */
UNUSED static enum fz_err
put_steps(const char *upload, const void *p, size_t n, size_t step, bool compress,
    struct blob_info *info)
{
	struct blob_in *in = blob_in_new(st, upload, compress);
	enum fz_err err = FZ_OK;

	for (size_t at = 0; err == FZ_OK && at < n; at += step)
		err = blob_in_add(in, (const char *)p + at,
		    n - at < step ? n - at : step);
	if (err == FZ_OK)
		err = blob_in_end(in, info);
	blob_in_free(in);
	return err;
}

UNUSED static void
put(const char *upload, const char *text, struct blob_info *info)
{
	OK(put_steps(upload, text, strlen(text), 1000, true, info));
}

UNUSED static struct app
make_app(const char *title)
{
	struct app a = { .title = title };
	struct writer *w = begin();

	OK(app_create(w, ar, &a));
	commit(w);
	return a;
}

#endif
