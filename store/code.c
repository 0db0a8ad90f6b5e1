/*
 * A row a content and way of reading it.  What another tool made does not count and is
 * overwritten, so after an upgrade code is made anew where it is used, not all at once.
 *
 * The insert asks for the blob in the same statement: a row of a blob that was swept
 * meanwhile would stay for ever, since the trigger that removes it has fired already.
 */
#include "store/code.h"

#include <string.h>

#include "store/sql.h"

static void *
blob_dup(struct sql *s, int col, struct arena *a, size_t *len)
{
	const void *p = sql_blob(s, col, len);
	char *out;

	if (sql_is_null(s, col))
		return NULL;
	out = arena_alloc(a, *len + 1);
	if (*len > 0)
		memcpy(out, p, *len);
	return out;
}

enum fz_err
code_get(struct reader *rd, struct arena *a, int64_t blob, int kind, const char *tool,
    struct code *out)
{
	struct sql *s = sql_open(rd, "SELECT js,map,uses,error,line,col FROM code"
	    " WHERE blob=?1 AND kind=?2 AND tool=?3", "iit", blob, (int64_t)kind, tool);
	enum fz_err err = sql_row(s), end;
	struct code c = { 0 };

	if (err == FZ_OK) {
		c.js = blob_dup(s, 0, a, &c.js_len);
		c.map = blob_dup(s, 1, a, &c.map_len);
		c.uses = sql_dup(s, 2, a);
		c.error = sql_dup(s, 3, a);
		c.line = (int)sql_int(s, 4);
		c.column = (int)sql_int(s, 5);
		if (c.js == NULL && c.error == NULL)
			err = FZ_CORRUPT;
	}
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = c;
	return err;
}

enum fz_err
code_put(struct writer *w, int64_t blob, int kind, const char *tool, const struct code *c)
{
	enum fz_err err = sql_run(w,
	    "INSERT INTO code(blob,kind,tool,js,map,uses,error,line,col)"
	    " SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9 FROM blob WHERE id=?1"
	    " ON CONFLICT(blob,kind) DO UPDATE SET tool=excluded.tool,js=excluded.js,"
	    "map=excluded.map,uses=excluded.uses,error=excluded.error,"
	    "line=excluded.line,col=excluded.col", "iitbbttii", blob, (int64_t)kind, tool,
	    c->error != NULL ? NULL : c->js, c->js_len, c->map, c->map_len,
	    c->uses != NULL ? c->uses : "[]", c->error, (int64_t)c->line,
	    (int64_t)c->column);

	return err == FZ_OK && sql_changes(w) == 0 ? FZ_NOT_FOUND : err;
}
