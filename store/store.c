/*
 * Opening is a straight line, each step sure of the one before: the file is there and
 * private, it is ours and not newer than we are, it is not damaged, it is in WAL mode,
 * its schema is current.  Only then do threads start.  Nothing is changed before the
 * first three are known.
 *
 * Nothing here assumes to be alone: during an upgrade two daemons share the file for
 * some seconds, and the CLI may join at any time.  SQLite's locks order the writes,
 * data_version shows foreign commits, the owner of unfinished work tells whether its
 * process still lives.
 *
 * Tidying runs in slices with the writer free in between, may use the
 * disk reserve (it gives space back), and stops early when the store closes.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/embed.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/data.h"
#include "store/kv.h"
#include "store/migrate.h"
#include "store/parts.h"
#include "store/session.h"
#include "store/sql.h"
#include "store/upload.h"

#define CHECK_MS 2000
#define SLICE_BLOBS 64
#define SLICE_ROWS 2000
#define SLICE_EXPIRED 500
#define SLICE_WAIT_MS 100
#define SLICE_TRIES 20
#define SLICE_PAUSE_US 1000
/* Free pages are reused; they go back to the disk when they are more than this. */
#define FREE_PAGES_KEPT 1024

static uint64_t
file_size(const char *path, const char *suffix)
{
	char *name = xasprintf("%s%s", path, suffix);
	struct stat st;
	int rc = stat(name, &st);

	free(name);
	return rc == 0 ? (uint64_t)st.st_size : 0;
}

/* SQLite gives the WAL and its index the mode of the file at their creation only. */
static void
make_private(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *name = xasprintf("%s%s", path, suffixes[i]);
		struct stat st;

		if (stat(name, &st) == 0 && (st.st_mode & 077) != 0 &&
		    chmod(name, 0600) != 0)
			log_warn("the store is readable by others", "path", name, NULL);
		free(name);
	}
}

/* Look for damage for at most CHECK_MS; what is not seen by then shows in use. */
static enum fz_err
check_pages(struct reader *c, struct why *why)
{
	enum fz_err err;
	struct sql *s;

	c->deadline = clock_mono_ms() + CHECK_MS;
	s = sql_open(c, "PRAGMA quick_check(1)", "");
	err = sql_row(s);
	if (err == FZ_OK && strcmp(sql_text(s, 0), "ok") != 0)
		err = why_set(why, FZ_CORRUPT, "%s", sql_text(s, 0));
	else if (err == FZ_TIMEOUT)
		err = FZ_OK;
	else if (err != FZ_OK)
		(void)why_set(why, err, "%s", sqlite3_errmsg(c->db));
	(void)sql_close(s);
	c->deadline = 0;
	/* It read the whole file; nobody asks for those pages next. */
	(void)sqlite3_db_release_memory(c->db);
	(void)malloc_trim(0);
	return err;
}

static void
say_restore(const char *path, struct why *why)
{
	char *detail, *copy = xstrdup(path);

	if (why != NULL) {
		detail = xstrndup(why->text, 180);
		(void)why_set(why, FZ_CORRUPT, "%s is damaged (%s); restore a backup: "
		    "fazt-fcgi restore FILE --to %s", path, detail, dirname(copy));
		free(detail);
	}
	free(copy);
}

/*
 * Processes that may make the file go one after the other until it is whole: a second one
 * that meets it half made would take the first one's WAL for a stale one.  The lock is on
 * the folder, so it leaves nothing behind, and SQLite's own locks on the file are not
 * touched.
 */
static int
lock_folder(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(copy);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		continue;
	return fd;
}

/* The write connection of a checked and migrated file. */
static enum fz_err
open_whole(const struct store_options *o, struct reader **out, struct why *why)
{
	unsigned flags = DBCONN_WRITE | (o->no_checkpoint ? DBCONN_KEEP_WAL : 0);
	struct reader *c = NULL;
	enum fz_err err = FZ_OK;

	if (o->may_create)
		err = dbconn_create(o->path, why);
	else if (access(o->path, F_OK) != 0)
		err = why_set(why, FZ_NOT_FOUND, "there is no %s", o->path);
	if (err != FZ_OK)
		return err;
	make_private(o->path);
	err = dbconn_open(o->path, flags, &c, why);
	if (err == FZ_OK)
		err = migrate_check(c, embed_schema, why);
	if (err == FZ_OK)
		err = check_pages(c, why);
	if (err == FZ_OK)
		err = dbconn_make_wal(c, why);
	if (err == FZ_OK)
		err = migrate_run(c, o->path, embed_schema, why);
	if (err == FZ_OK) {
		*out = c;
		return FZ_OK;
	}
	dbconn_close(c);
	if (err == FZ_CORRUPT)
		say_restore(o->path, why);
	return err;
}

static enum fz_err
open_file(const struct store_options *o, struct reader **out, struct why *why)
{
	int lock = o->may_create ? lock_folder(o->path) : -1;
	enum fz_err err = open_whole(o, out, why);

	if (lock >= 0)
		close(lock);
	return err;
}

enum fz_err
store_open(const struct store_options *o, struct store **out, struct why *why)
{
	struct reader *conn = NULL;
	struct store *s;
	enum fz_err err;

	err = open_file(o, &conn, why);
	if (err != FZ_OK)
		return err;
	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(o->path);
	s->no_checkpoint = o->no_checkpoint;
	atomic_store(&s->generation, 1);
	s->readers = reader_pool_new(s, o->readers);
	s->activity = activity_ring_new();
	err = writer_start(s, conn);
	if (err == FZ_OK)
		err = syncer_new(s, conn->db, &s->syncer, why);
	if (err == FZ_OK)
		err = keeper_new(s, &s->keeper, why);
	if (err != FZ_OK) {
		store_close(s);
		return err;
	}
	*out = s;
	return FZ_OK;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	keeper_free(s->keeper);
	syncer_free(s->syncer);
	reader_pool_free(s->readers);
	writer_stop(s);
	activity_ring_free(s->activity);
	free(s->path);
	free(s);
}

void
store_durable(struct store *s, uint64_t seq)
{
	if (seq != 0)
		syncer_wait(s->syncer, seq);
}

uint64_t
store_generation(const struct store *s)
{
	return atomic_load_explicit(&s->generation, memory_order_acquire);
}

void
store_stats(struct store *s, struct store_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->commits = atomic_load(&s->committed);
	out->syncs = syncer_count(s->syncer);
	out->busy = atomic_load(&s->busy);
	out->wal_bytes = file_size(s->path, "-wal");
	out->db_bytes = file_size(s->path, "");
	reader_pool_stats(s->readers, &out->readers_open, &out->readers_used);
	out->writers_waiting = writer_waiting(&s->writer);
	out->full = writer_disk_full(s);
}

bool
store_writable(struct store *s)
{
	struct writer *w;

	if (writer_begin(s, LIMIT_WRITE_WAIT_MS, &w) != FZ_OK)
		return false;
	writer_abort(w);
	return true;
}

static enum fz_err
tidy_uploads(struct writer *w, int64_t *removed)
{
	*removed = 0;
	return upload_sweep(w);
}

static enum fz_err
tidy_apps(struct writer *w, int64_t *removed)
{
	*removed = 0;
	return app_sweep(w, clock_wall_ms());
}

static enum fz_err
tidy_data(struct writer *w, int64_t *removed)
{
	return data_sweep(w, removed);
}

static enum fz_err
tidy_blobs(struct writer *w, int64_t *removed)
{
	return blob_sweep(w, SLICE_BLOBS, removed);
}

static enum fz_err
tidy_idempotency(struct writer *w, int64_t *removed)
{
	return idempotency_prune(w, SLICE_ROWS, removed);
}

static enum fz_err
tidy_sessions(struct writer *w, int64_t *removed)
{
	return session_sweep(w, clock_wall_ms(), SLICE_ROWS, removed);
}

static enum fz_err
tidy_activity(struct writer *w, int64_t *removed)
{
	return activity_prune(w, LIMIT_ACTIVITY_ROWS, SLICE_ROWS, removed);
}

static enum fz_err
tidy_pages(struct writer *w, int64_t *removed)
{
	struct reader *rd = writer_reader(w);
	int64_t unused = 0, pages = 0;
	enum fz_err err;

	err = sql_get_int(rd, &unused, "PRAGMA freelist_count", "");
	if (err == FZ_OK)
		err = sql_get_int(rd, &pages, "PRAGMA page_count", "");
	*removed = 0;
	if (err != FZ_OK || unused < FREE_PAGES_KEPT || unused < pages / 8)
		return err;
	*removed = unused;
	return sql_run(w, "PRAGMA incremental_vacuum(256)", "");
}

/* In this order: what one frees the next may remove. */
static const struct sweep {
	const char	*name;
	enum fz_err	(*slice)(struct writer *, int64_t *removed);
} sweeps[] = {
	{ "uploads", tidy_uploads },
	{ "apps", tidy_apps },
	{ "data", tidy_data },
	{ "blobs", tidy_blobs },
	{ "idempotency", tidy_idempotency },
	{ "sessions", tidy_sessions },
	{ "activity", tidy_activity },
	{ "pages", tidy_pages },
};

static enum fz_err
sweep_slice(struct store *s, const struct sweep *sweep, int64_t *removed)
{
	struct writer *w;
	enum fz_err err;

	err = writer_begin_reserve(s, SLICE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = sweep->slice(w, removed);
	if (err == FZ_OK)
		return writer_commit(w, NULL);
	writer_abort(w);
	return err;
}

static enum fz_err
tidy_expired(struct writer *w, int64_t *removed)
{
	return kv_sweep(w, clock_wall_ms(), SLICE_EXPIRED, removed);
}

bool
store_expire_slice(struct store *s)
{
	static const struct sweep expired = { "expired", tidy_expired };
	int64_t removed = 0;
	enum fz_err err = sweep_slice(s, &expired, &removed);

	if (err != FZ_OK && err != FZ_OVERLOADED)
		log_warn("expired key-values stay", "error", err_text(err), NULL);
	return err == FZ_OVERLOADED || removed > 0;
}

bool
store_tidy_slice(struct store *s, struct tidy *t)
{
	const struct sweep *sweep = &sweeps[t->step];
	int64_t removed = 0;
	enum fz_err err;

	if (atomic_load(&s->stopping))
		return false;
	err = sweep_slice(s, sweep, &removed);
	if (err == FZ_OVERLOADED && ++t->refused < SLICE_TRIES)
		return true;
	if (err != FZ_OK) {
		t->skipped = true;
		log_warn("tidying stopped", "what", sweep->name, "error", err_text(err), NULL);
	}
	if (removed == 0) {
		t->step++;
		t->refused = 0;
	}
	return t->step < sizeof(sweeps) / sizeof(sweeps[0]);
}

void
store_tidy(struct store *s)
{
	struct tidy t = { 0 };

	while (store_tidy_slice(s, &t))
		(void)usleep(SLICE_PAUSE_US);
}
