/*
 * Preparing costs as much as running, so each connection keeps every statement it
 * ever prepared: the key is the address of the literal, which makes the look-up a
 * pointer comparison.  The number of literals in the program bounds the number of
 * statements; nothing is evicted.  The same literal opened twice at once (a function that
 * is called from a loop over itself) gets a second statement.
 *
 * A transaction that SQLite had to roll back on its own (disk full, I/O error) leaves
 * the connection in autocommit: whatever the caller does next would be written
 * statement by statement.  So a connection between begin and end refuses all
 * statements from then on with the error that caused it.
 */
#include "store/sql.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/dbconn.h"

struct sql {
	const char	*literal;
	sqlite3_stmt	*stmt;		/* NULL: prepare failed, freed on close */
	struct reader	*conn;
	struct sql	*next;
	bool		 open;
	bool		 done;
	enum fz_err	 err;
};

enum fz_err
sql_err(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return FZ_OK;
	case SQLITE_FULL:
		return FZ_STORAGE_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return FZ_OVERLOADED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return FZ_CORRUPT;
	case SQLITE_CONSTRAINT:
		return FZ_CONFLICT;
	case SQLITE_INTERRUPT:
		return FZ_TIMEOUT;
	case SQLITE_TOOBIG:
		return FZ_PAYLOAD_TOO_LARGE;
	case SQLITE_NOMEM:
		log_fatal("SQLite is out of memory", NULL);
	default:
		return FZ_IO;
	}
}

static size_t
bucket(const char *literal)
{
	uintptr_t x = (uintptr_t)literal;

	return (x >> 4 ^ x >> 11) % DBCONN_BUCKETS;
}

/* A kept statement that nobody uses, else a new one. */
static struct sql *
get(struct reader *c, const char *literal)
{
	struct sql *s, **list = &c->kept[bucket(literal)];
	int rc;

	for (s = *list; s != NULL; s = s->next)
		if (s->literal == literal && !s->open)
			return s;
	s = xcalloc(1, sizeof(*s));
	s->conn = c;
	s->literal = literal;
	rc = sqlite3_prepare_v3(
	    c->db, literal, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL);
	if (rc != SQLITE_OK) {
		s->err = dbconn_err(c, rc);
		return s;
	}
	s->next = *list;
	*list = s;
	return s;
}

static int
bind_one(sqlite3_stmt *st, int n, char type, va_list *ap)
{
	const void *p;
	int64_t i;
	size_t len;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(st, n, va_arg(*ap, int64_t));
	case 'I':
		i = va_arg(*ap, int64_t);
		return i < 0 ? sqlite3_bind_null(st, n) : sqlite3_bind_int64(st, n, i);
	case 't':
		return sqlite3_bind_text(
		    st, n, va_arg(*ap, const char *), -1, SQLITE_STATIC);
	case 'b':
		p = va_arg(*ap, const void *);
		len = va_arg(*ap, size_t);
		return sqlite3_bind_blob64(st, n, p, len, SQLITE_STATIC);
	case 'd':
		return sqlite3_bind_double(st, n, va_arg(*ap, double));
	case 'n':
		return sqlite3_bind_null(st, n);
	default:
		return SQLITE_MISUSE;
	}
}

static struct sql *
open_va(struct reader *c, const char *literal, const char *fmt, va_list *ap)
{
	struct sql *s = get(c, literal);

	s->open = true;
	s->done = false;
	if (s->stmt == NULL)
		return s;
	s->err = FZ_OK;
	if (c->in_tx && sqlite3_get_autocommit(c->db)) {
		s->err = c->lost != FZ_OK ? c->lost : FZ_IO;
		return s;
	}
	if ((int)strlen(fmt) != sqlite3_bind_parameter_count(s->stmt)) {
		log_error("statement and bind format differ", "sql", literal, NULL);
		s->err = FZ_INTERNAL_ERROR;
		return s;
	}
	for (int i = 0; fmt[i] != '\0'; i++) {
		int rc = bind_one(s->stmt, i + 1, fmt[i], ap);

		if (rc != SQLITE_OK) {
			s->err = dbconn_err(c, rc);
			break;
		}
	}
	return s;
}

struct sql *
sql_open(struct reader *c, const char *literal, const char *fmt, ...)
{
	struct sql *s;
	va_list ap;

	va_start(ap, fmt);
	s = open_va(c, literal, fmt, &ap);
	va_end(ap);
	return s;
}

enum fz_err
sql_row(struct sql *s)
{
	int rc;

	if (s->err != FZ_OK)
		return s->err;
	if (s->done)
		return FZ_NOT_FOUND;
	rc = sqlite3_step(s->stmt);
	if (rc == SQLITE_ROW)
		return FZ_OK;
	s->done = true;
	if (rc == SQLITE_DONE)
		return FZ_NOT_FOUND;
	s->err = dbconn_err(s->conn, rc);
	if (s->conn->in_tx && s->conn->lost == FZ_OK &&
	    sqlite3_get_autocommit(s->conn->db))
		s->conn->lost = s->err;
	return s->err;
}

enum fz_err
sql_close(struct sql *s)
{
	enum fz_err err = s->err;

	if (s->stmt == NULL) {
		free(s);
		return err;
	}
	(void)sqlite3_reset(s->stmt);
	(void)sqlite3_clear_bindings(s->stmt);
	s->open = false;
	return err;
}

enum fz_err
sql_run(struct writer *w, const char *literal, const char *fmt, ...)
{
	struct sql *s;
	va_list ap;

	va_start(ap, fmt);
	s = open_va(writer_reader(w), literal, fmt, &ap);
	va_end(ap);
	while (sql_row(s) == FZ_OK)
		continue;
	return sql_close(s);
}

enum fz_err
sql_get_int(struct reader *c, int64_t *out, const char *literal, const char *fmt, ...)
{
	enum fz_err err, end;
	struct sql *s;
	int64_t v = 0;
	va_list ap;

	va_start(ap, fmt);
	s = open_va(c, literal, fmt, &ap);
	va_end(ap);
	err = sql_row(s);
	if (err == FZ_OK)
		v = sql_int(s, 0);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = v;
	return err;
}

int64_t
sql_int(struct sql *s, int col)
{
	return sqlite3_column_int64(s->stmt, col);
}

bool
sql_is_null(struct sql *s, int col)
{
	return sqlite3_column_type(s->stmt, col) == SQLITE_NULL;
}

const char *
sql_text(struct sql *s, int col)
{
	const unsigned char *text = sqlite3_column_text(s->stmt, col);

	return text != NULL ? (const char *)text : "";
}

const void *
sql_blob(struct sql *s, int col, size_t *len)
{
	const void *p = sqlite3_column_blob(s->stmt, col);

	*len = (size_t)sqlite3_column_bytes(s->stmt, col);
	return p != NULL ? p : "";
}

char *
sql_dup(struct sql *s, int col, struct arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(s->stmt, col);

	return text != NULL ? arena_strdup(arena, text) : NULL;
}

int64_t
sql_changes(struct writer *w)
{
	return sqlite3_changes64(writer_reader(w)->db);
}

int64_t
sql_rowid(struct writer *w)
{
	return sqlite3_last_insert_rowid(writer_reader(w)->db);
}

sqlite3 *
sql_handle(struct reader *c)
{
	return c->db;
}

void
sql_forget(struct reader *c)
{
	for (size_t i = 0; i < DBCONN_BUCKETS; i++) {
		while (c->kept[i] != NULL) {
			struct sql *next = c->kept[i]->next;

			(void)sqlite3_finalize(c->kept[i]->stmt);
			free(c->kept[i]);
			c->kept[i] = next;
		}
	}
}
