/*
 * Statements inside the store: kept per connection by the address of their SQL
 * literal, bound by a format, stepped, and reset.  Private to store/.
 *
 *	struct sql *s = sql_open(rd, "SELECT title FROM app WHERE id=?1", "i", id);
 *	err = sql_row(s);		FZ_OK = a row, FZ_NOT_FOUND = no more
 *	... sql_text(s, 0) ...		borrowed until the next sql_row or sql_close
 *	sql_close(s);			always; returns the first error
 *
 * Bound texts and blobs are borrowed until sql_close.  A literal is a text that lives as
 * long as the program: its address is the key.
 *
 * Formats: i int64_t, I int64_t or NULL when negative, t const char * (NULL = SQL NULL),
 * b const void * and size_t, n nothing (NULL), d double.
 *
 * Thread contract: as the reader or writer it came from.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/store.h"

struct sql;

/* Never NULL; a failure shows in sql_row. */
struct sql	*sql_open(struct reader *, const char *literal, const char *fmt, ...);
enum fz_err	 sql_row(struct sql *);
/* Reset and give the statement back; the first error other than FZ_NOT_FOUND. */
enum fz_err	 sql_close(struct sql *);
/* open + step to the end + close. */
enum fz_err	 sql_run(struct writer *, const char *literal, const char *fmt, ...) MUST_CHECK;
/* open + one row of one integer; FZ_NOT_FOUND without a row. */
enum fz_err	 sql_get_int(struct reader *, int64_t *out, const char *literal,
		    const char *fmt, ...) MUST_CHECK;

int64_t		 sql_int(struct sql *, int col);
bool		 sql_is_null(struct sql *, int col);
const char	*sql_text(struct sql *, int col);	/* "" for NULL */
const void	*sql_blob(struct sql *, int col, size_t *len);
char		*sql_dup(struct sql *, int col, struct arena *);	/* NULL for NULL */

int64_t		 sql_changes(struct writer *);
int64_t		 sql_rowid(struct writer *);
/* SQLite's result code -> fz_err (FULL, IOERR, BUSY, CORRUPT, CONSTRAINT -> CONFLICT). */
enum fz_err	 sql_err(int rc);
/* The connection's handle, for backup and blobs. */
sqlite3		*sql_handle(struct reader *);
/* Finalize what the connection kept, before it closes. */
void		 sql_forget(struct reader *);

#endif
