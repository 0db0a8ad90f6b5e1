/*
 * Every connection of the process is opened here and gets the same settings, because
 * each one that forgets one hurts all: a connection without mmap_size=0 makes
 * readers remap the file at every commit, one without secure_delete=FAST writes a
 * thousand times what it deletes (the distribution's default overwrites), one at
 * synchronous=OFF could checkpoint what was never synced.
 *
 * The connection's mutex is off (NOMUTEX): a connection is used by one thread at a
 * time.  Memory statistics are off before SQLite starts: their lock is global.
 *
 * SQLite's own log goes to ours, for the operator: an I/O error or damage is named there
 * with its cause.  What a caller handles (constraints, busy) is left out.
 */
#include "store/dbconn.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/sql.h"

#define STEPS_BETWEEN_LOOKS 2000	/* of the byte code: well under a millisecond */

static void
sqlite_says(void *arg, int rc, const char *text)
{
	(void)arg;
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_SCHEMA:
	case SQLITE_INTERRUPT:
	case SQLITE_NOTICE:
		return;
	default:
		log_warn("sqlite", "code", sqlite3_errstr(rc), "text", text, NULL);
	}
}

static void
configure(void)
{
	/* Refused when somebody initialised SQLite before us; it works without too. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_LOG, sqlite_says, NULL);
	(void)sqlite3_initialize();
}

/* A new name is on the disk only when its folder is. */
static int
sync_folder(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

/*
 * O_EXCL: the descriptor we close is of a file that no connection of this process has
 * open, for closing one drops the process's locks on it (fcntl(2)).
 */
enum fz_err
dbconn_create(const char *path, struct why *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return FZ_OK;
	if (fd < 0)
		return why_set(why, errno == ENOSPC ? FZ_STORAGE_FULL : FZ_IO,
		    "cannot create %s: %s", path, strerrordesc_np(errno));
	close(fd);
	if (sync_folder(path) != 0)
		return why_set(why, FZ_IO, "cannot sync the folder of %s: %s", path,
		    strerrordesc_np(errno));
	return FZ_OK;
}

enum fz_err
dbconn_err(struct reader *c, int rc)
{
	if ((rc & 0xff) == SQLITE_IOERR) {
		int e = sqlite3_system_errno(c->db);

		if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
			log_fatal(
			    "the disk failed to sync", "error", strerrordesc_np(e), NULL);
		if (e == ENOSPC || e == EDQUOT || e == EFBIG)
			return FZ_STORAGE_FULL;
	}
	return sql_err(rc);
}

enum fz_err
dbconn_exec(struct reader *c, const char *sql)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? FZ_OK : dbconn_err(c, rc);
}

static int
look_at_clock(void *arg)
{
	struct reader *c = arg;

	return c->deadline != 0 && clock_mono_ms() > c->deadline;
}

static const char pragmas_all[] =
    "PRAGMA mmap_size=0; PRAGMA secure_delete=FAST; PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=OFF; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=134217728; PRAGMA synchronous=NORMAL;";

static enum fz_err
set_up(struct reader *c, unsigned flags)
{
	enum fz_err err;

	(void)sqlite3_extended_result_codes(c->db, 1);
	(void)sqlite3_busy_timeout(c->db, DBCONN_BUSY_MS);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	if (flags & DBCONN_KEEP_WAL)
		(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_progress_handler(c->db, STEPS_BETWEEN_LOOKS, look_at_clock, c);
	err = dbconn_exec(c, pragmas_all);
	if (err == FZ_OK && (flags & DBCONN_WRITE))
		err = dbconn_exec(c, "PRAGMA cache_size=-32000");
	else if (err == FZ_OK)
		err = dbconn_exec(c, "PRAGMA cache_size=-2000");
	if (err == FZ_OK && !(flags & (DBCONN_WRITE | DBCONN_SNAPSHOT)))
		err = dbconn_exec(c, "PRAGMA query_only=1");
	return err;
}

enum fz_err
dbconn_open(const char *path, unsigned flags, struct reader **out, struct why *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct reader *c = xcalloc(1, sizeof(*c));
	int rc, mode = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	enum fz_err err;

	(void)pthread_once(&once, configure);
	mode |= flags & DBCONN_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	rc = sqlite3_open_v2(path, &c->db, mode, NULL);
	if (c->db == NULL)
		log_fatal("no memory for a connection", NULL);
	err = rc == SQLITE_OK ? set_up(c, flags) : dbconn_err(c, rc);
	if (err != FZ_OK) {
		(void)why_set(
		    why, err, "cannot open %s: %s", path, sqlite3_errmsg(c->db));
		dbconn_close(c);
		return err;
	}
	*out = c;
	return FZ_OK;
}

void
dbconn_close(struct reader *c)
{
	if (c == NULL)
		return;
	sql_forget(c);
	if (sqlite3_close(c->db) != SQLITE_OK)
		log_fatal("a connection was closed while in use", NULL);
	free(c);
}

/* The result column of a pragma; "" when it gave none. */
static enum fz_err
pragma_text(struct reader *c, const char *sql, char *out, size_t size)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);

	out[0] = '\0';
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		(void)sqlite3_snprintf((int)size, out, "%s", sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? FZ_OK : dbconn_err(c, rc);
}

/*
 * The change of mode needs the file for itself for a moment and does not ask the busy
 * handler: two processes that create a file together meet here.
 */
enum fz_err
dbconn_make_wal(struct reader *c, struct why *why)
{
	int64_t end = clock_mono_ms() + DBCONN_BUSY_MS;
	enum fz_err err;
	char mode[16], pages[24];

	err = pragma_text(c, "PRAGMA page_count", pages, sizeof(pages));
	/* With pages in it neither changes a file, yet auto_vacuum writes its header. */
	if (err == FZ_OK && strcmp(pages, "0") == 0)
		err = dbconn_exec(
		    c, "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL");
	if (err != FZ_OK)
		goto out;
	for (;;) {
		err = pragma_text(c, "PRAGMA journal_mode=WAL", mode, sizeof(mode));
		if (err != FZ_OVERLOADED || clock_mono_ms() > end)
			break;
		(void)usleep(10000);
	}
	if (err == FZ_OK && strcmp(mode, "wal") != 0)
		return why_set(why, FZ_IO, "this file system cannot hold a WAL "
		    "(shared memory is missing); put the file on a local disk");
out:
	if (err != FZ_OK)
		(void)why_set(
		    why, err, "cannot prepare the file: %s", sqlite3_errmsg(c->db));
	return err;
}

enum fz_err
dbconn_begin(struct reader *c, const char *literal)
{
	struct sql *s = sql_open(c, literal, "");
	enum fz_err err;

	(void)sql_row(s);
	err = sql_close(s);
	c->lost = FZ_OK;
	c->in_tx = err == FZ_OK;
	return err;
}

enum fz_err
dbconn_commit(struct reader *c)
{
	enum fz_err err;
	struct sql *s;

	if (sqlite3_get_autocommit(c->db)) {
		c->in_tx = false;
		return c->lost != FZ_OK ? c->lost : FZ_IO;
	}
	s = sql_open(c, "COMMIT", "");
	(void)sql_row(s);
	err = sql_close(s);
	if (err != FZ_OK)
		dbconn_rollback(c);
	c->in_tx = false;
	return err;
}

void
dbconn_rollback(struct reader *c)
{
	c->in_tx = false;
	if (!sqlite3_get_autocommit(c->db) && dbconn_exec(c, "ROLLBACK") != FZ_OK)
		log_error("rollback failed", "error", sqlite3_errmsg(c->db), NULL);
}
