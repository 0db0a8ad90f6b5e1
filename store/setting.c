/*
 * A table of name and text, no cache: who asks often (the site table) reads all it
 * needs once a generation.  There is no list of known names here; the caller that
 * takes a setting from a person checks both name and value.
 */
#include "store/setting.h"

#include "store/sql.h"

enum fz_err
setting_get(struct reader *rd, struct arena *a, const char *name, const char **value)
{
	struct sql *s =
	    sql_open(rd, "SELECT value FROM setting WHERE name=?1", "t", name);
	enum fz_err err = sql_row(s), end;
	const char *text = NULL;

	if (err == FZ_OK)
		text = sql_dup(s, 0, a);
	end = sql_close(s);
	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return err;
	if (end == FZ_OK)
		*value = text;
	return end;
}

enum fz_err
setting_set(struct writer *w, const char *name, const char *value)
{
	writer_touch(w);
	if (value == NULL)
		return sql_run(w, "DELETE FROM setting WHERE name=?1", "t", name);
	return sql_run(w, "INSERT INTO setting(name,value) VALUES(?1,?2)"
	    " ON CONFLICT(name) DO UPDATE SET value=excluded.value", "tt", name, value);
}
