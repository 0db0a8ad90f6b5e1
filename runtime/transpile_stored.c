/*
 * One file at a time: a short look whether it is known, the translation with nothing held,
 * a short transaction for its row.  The row belongs to the content, so most files of most
 * versions are only looked up; rows made for a deploy that then fails go with their blobs.
 * If the row cannot be written now, the next one translates again.
 */
#include "runtime/transpile.h"

#include <stdlib.h>

#include "store/blob.h"

#define KEEP_WAIT_MS 1000

/* The row of the file, or its source when there is none. */
static enum fz_err
look_up(struct store *store, struct arena *a, int64_t blob, int kind, struct code *code,
    void **src, size_t *len)
{
	struct reader *rd;
	enum fz_err err = reader_open(store, &rd);

	if (err != FZ_OK)
		return err;
	err = code_get(rd, a, blob, kind, transpile_tool, code);
	if (err == FZ_NOT_FOUND && src != NULL)
		err = blob_read(rd, blob, BLOB_PLAIN, TRANSPILE_MAX, src, len);
	reader_close(rd);
	return err;
}

static void
keep(struct store *store, int64_t blob, int kind, const struct code *code)
{
	struct writer *w;

	if (writer_begin(store, KEEP_WAIT_MS, &w) != FZ_OK)
		return;
	if (code_put(w, blob, kind, transpile_tool, code) == FZ_OK)
		(void)!writer_commit(w, NULL);
	else
		writer_abort(w);
}

enum fz_err
transpile_known(struct store *store, struct arena *a, int64_t blob, int kind,
    struct code *out)
{
	return look_up(store, a, blob, kind, out, NULL, NULL);
}

enum fz_err
transpile_stored(struct store *store, struct arena *a, int64_t blob, int kind,
    const char *path, struct code *out)
{
	void *src = NULL;
	size_t len = 0;
	enum fz_err err = look_up(store, a, blob, kind, out, &src, &len);

	if (err == FZ_OK && src != NULL) {
		err = transpile(a, kind, path, src, len, out);
		if (err == FZ_OK)
			keep(store, blob, kind, out);
	}
	free(src);
	return err;
}
