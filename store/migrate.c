/*
 * All missing steps run in one transaction at synchronous=FULL, together with the new
 * user_version, so a crash or a broken step leaves the file at its old version.  The
 * version is read again inside the transaction: of two processes that start together one
 * migrates and the other finds the work done.
 *
 * There is no way back.  Undoing a step would need a second program for each, run
 * for the first time in an emergency; the copy made before is the way back.
 *
 * A file written by a newer program is refused before anything of it is changed: an old
 * program cannot know what the new columns mean.
 */
#include "store/migrate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "store/backup.h"
#include "store/sql.h"

/* "store/schema/012-name.sql" -> 12; 0 for any other name. */
static int
number_of(const char *path)
{
	const char *base = strrchr(path, '/');
	int n = 0;

	base = base != NULL ? base + 1 : path;
	for (int i = 0; i < 3; i++) {
		if (!isdigit((unsigned char)base[i]))
			return 0;
		n = n * 10 + (base[i] - '0');
	}
	return base[3] == '-' ? n : 0;
}

int
migrate_last(const struct embed *steps)
{
	int last = 0;

	for (; steps->path != NULL; steps++)
		if (number_of(steps->path) > last)
			last = number_of(steps->path);
	return last;
}

static enum fz_err
failed(struct reader *c, enum fz_err err, const char *doing, struct why *why)
{
	return why_set(why, err, "%s: %s", doing, sqlite3_errmsg(c->db));
}

enum fz_err
migrate_check(struct reader *c, const struct embed *steps, struct why *why)
{
	int64_t version = 0, id = 0, tables = 0;
	int last = migrate_last(steps);
	enum fz_err err;

	err = sql_get_int(c, &version, "PRAGMA user_version", "");
	if (err == FZ_OK)
		err = sql_get_int(c, &id, "PRAGMA application_id", "");
	if (err == FZ_OK)
		err = sql_get_int(c, &tables, "SELECT count(*) FROM sqlite_schema", "");
	if (err != FZ_OK)
		return failed(c, err, "the file cannot be read", why);
	if (tables == 0 && version == 0)
		return FZ_OK;
	if (id != DBCONN_APPLICATION_ID)
		return why_set(
		    why, FZ_CORRUPT, "this SQLite file was not made by fazt-fcgi");
	if (version > last)
		return why_set(why, FZ_NOT_SUPPORTED, "the file has schema %d and this "
		    "program knows %d: start a newer fazt-fcgi, or restore a backup made "
		    "by this one", (int)version, last);
	return FZ_OK;
}

/* In the transaction. */
static enum fz_err
apply(struct reader *c, const struct embed *steps, int64_t from, struct why *why)
{
	enum fz_err err = FZ_OK;
	char sql[64];

	for (const struct embed *s = steps; s->path != NULL && err == FZ_OK; s++) {
		if (number_of(s->path) <= from)
			continue;
		err = dbconn_exec(c, s->data);
		if (err == FZ_OK && sqlite3_get_autocommit(c->db))
			err = why_set(
			    why, FZ_INTERNAL_ERROR, "%s ends the transaction", s->path);
		else if (err != FZ_OK)
			(void)failed(c, err, s->path, why);
	}
	if (err != FZ_OK)
		return err;
	(void)sqlite3_snprintf(
	    sizeof(sql), sql, "PRAGMA user_version=%d", migrate_last(steps));
	err = dbconn_exec(c, sql);
	if (err == FZ_OK) {
		(void)sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id=%d",
		    DBCONN_APPLICATION_ID);
		err = dbconn_exec(c, sql);
	}
	return err == FZ_OK ? FZ_OK : failed(c, err, "cannot set the version", why);
}

static enum fz_err
migrate(struct reader *c, const struct embed *steps, struct why *why)
{
	int64_t from = 0;
	enum fz_err err;

	err = dbconn_begin(c, "BEGIN IMMEDIATE");
	if (err != FZ_OK)
		return failed(c, err, "cannot begin the migration", why);
	err = sql_get_int(c, &from, "PRAGMA user_version", "");
	if (err == FZ_OK && from < migrate_last(steps))
		err = apply(c, steps, from, why);
	if (err != FZ_OK) {
		dbconn_rollback(c);
		return err;
	}
	err = dbconn_commit(c);
	return err == FZ_OK ? FZ_OK : failed(c, err, "cannot commit the migration", why);
}

enum fz_err
migrate_run(
    struct reader *c, const char *path, const struct embed *steps, struct why *why)
{
	int64_t from = 0;
	enum fz_err err;

	err = sql_get_int(c, &from, "PRAGMA user_version", "");
	if (err != FZ_OK)
		return failed(c, err, "the file cannot be read", why);
	if (from >= migrate_last(steps))
		return FZ_OK;
	if (from > 0) {
		err = backup_before_migration(path, (int)from, why);
		if (err != FZ_OK)
			return err;
	}
	err = dbconn_exec(c, "PRAGMA synchronous=FULL");
	if (err == FZ_OK)
		err = migrate(c, steps, why);
	/* Outside a transaction this cannot fail but for memory. */
	if (dbconn_exec(c, "PRAGMA synchronous=NORMAL") != FZ_OK && err == FZ_OK)
		err = FZ_IO;
	return err;
}
