/*
 * Two things change, a database and a file, and no call changes both.  So the new key
 * is on the disk under another name before anything else happens; the transaction that
 * seals everything anew also notes which key it used, as a fingerprint; and only when it
 * is durable the file gets its name.  Whoever finds master.key.new later asks the database
 * whether that is the key it was sealed with: yes, then the rename is all that is missing;
 * no, then the transaction never was, and the file means nothing.  It is left alone then,
 * since a rotation may be under way that has not committed; the next one replaces it.
 *
 * Every sealed column is one row of a table here, with its context written in SQL as the
 * module that owns the column writes it in C.  The statements call a function that opens
 * with one key and seals with the other; SQLite walks the rows.  A value that does not
 * open ends the whole: better to keep the old key than to lose what it seals.
 *
 * The old key is kept beside the new one, because backups made before need it, and
 * nothing here can know where they are.  A second rotation refuses to overwrite it.
 */
#include "store/reseal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/str.h"
#include "store/setting.h"
#include "store/sql.h"

#define SETTING "master_key"	/* fingerprint of the key of the last rotation */
#define KEY_FILE "master.key"
#define NEW_FILE "master.key.new"
#define OLD_FILE "master.key.old"

static const char *const sealed[] = {
	"UPDATE env SET value=reseal('env|'||app||'|'||name,value)",
	("UPDATE provider SET client_secret=reseal('provider|'||name,client_secret)"
	" WHERE client_secret IS NOT NULL"),
	"UPDATE oauth_state SET verifier=reseal('oauth|'||lower(hex(hash)),verifier)",
};

struct change {
	const struct seal *from;
	const struct seal *to;
	size_t		 n;
	char		 bad[160];	/* context of what does not open */
};

static enum fz_err
sync_folder(int dir, const char *path, struct why *why)
{
	if (fsync(dir) == 0)
		return FZ_OK;
	return why_set(why, FZ_IO, "cannot sync %s: %s", path, strerror(errno));
}

static enum fz_err
open_folder(const char *path, int *dir, struct why *why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return why_set(why, FZ_IO, "cannot open %s: %s", path, strerror(errno));
	*dir = fd;
	return FZ_OK;
}

enum fz_err
reseal_lock(const char *state_dir, bool alone, int *fd, struct why *why)
{
	int dir = -1, rc;
	enum fz_err err = open_folder(state_dir, &dir, why);

	if (err != FZ_OK)
		return err;
	do
		rc = flock(dir, alone ? LOCK_EX | LOCK_NB : LOCK_SH);
	while (rc != 0 && errno == EINTR);
	if (rc == 0) {
		*fd = dir;
		return FZ_OK;
	}
	if (errno == EWOULDBLOCK)
		err = why_set(why, FZ_CONFLICT, "a server is using %s. Stop it first",
		    state_dir);
	else
		err = why_set(why, FZ_IO, "cannot lock %s: %s", state_dir, strerror(errno));
	close(dir);
	return err;
}

static void
fingerprint(const struct seal *s, char out[SHA256_HEX])
{
	uint8_t print[SEAL_KEY_LEN];

	seal_derive(s, "fingerprint", print);
	str_hex(out, print, sizeof(print));
}

static enum fz_err
open_key(const char *state_dir, const char *name, struct seal **out, struct why *why)
{
	char *path = xasprintf("%s/%s", state_dir, name);
	enum fz_err err = seal_open(path, out, why);

	free(path);
	return err;
}

/* Was the database sealed with this key by the last rotation?  *out stays without one. */
static enum fz_err
is_noted(struct store *store, const struct seal *s, bool *out)
{
	struct arena *arena = arena_new();
	const char *noted = NULL;
	char print[SHA256_HEX];
	struct reader *rd;
	enum fz_err err = reader_open(store, &rd);

	if (err == FZ_OK) {
		err = setting_get(rd, arena, SETTING, &noted);
		reader_close(rd);
	}
	if (err == FZ_OK && noted != NULL) {
		fingerprint(s, print);
		*out = strcmp(noted, print) == 0;
	}
	arena_free(arena);
	return err;
}

enum fz_err
reseal_fits(struct store *store, const struct seal *seal, bool *fits)
{
	*fits = true;
	return is_noted(store, seal, fits);
}

/* The key is kept as the old one, the new one takes its name.  May be done twice. */
static enum fz_err
swap(const char *state_dir, struct why *why)
{
	int dir = -1;
	enum fz_err err = open_folder(state_dir, &dir, why);

	if (err != FZ_OK)
		return err;
	if (linkat(dir, KEY_FILE, dir, OLD_FILE, 0) != 0 && errno != EEXIST &&
	    errno != ENOENT)
		err = why_set(why, FZ_IO, "cannot keep %s/%s: %s", state_dir, KEY_FILE,
		    strerror(errno));
	else if (renameat(dir, NEW_FILE, dir, KEY_FILE) != 0)
		err = why_set(why, FZ_IO, "cannot rename %s/%s: %s", state_dir, NEW_FILE,
		    strerror(errno));
	if (err == FZ_OK)
		err = sync_folder(dir, state_dir, why);
	close(dir);
	return err;
}

/* Is there a whole next key?  One that was cut off while it was written never was one. */
static bool
has_new(const char *state_dir)
{
	char *path = xasprintf("%s/%s", state_dir, NEW_FILE);
	struct stat meta;
	bool has = stat(path, &meta) == 0 && meta.st_size == SEAL_KEY_LEN;

	free(path);
	return has;
}

enum fz_err
reseal_settle(struct store *store, const char *state_dir, struct why *why)
{
	struct seal *next = NULL;
	bool current = false;
	enum fz_err err;

	if (!has_new(state_dir))
		return FZ_OK;
	err = open_key(state_dir, NEW_FILE, &next, why);
	if (err == FZ_OK)
		err = is_noted(store, next, &current);
	if (err == FZ_OK && current)
		err = swap(state_dir, why);
	seal_free(next);
	return err;
}

static enum fz_err
write_new(const char *state_dir, struct why *why)
{
	uint8_t key[SEAL_KEY_LEN];
	int dir = -1, fd;
	enum fz_err err = open_folder(state_dir, &dir, why);

	if (err != FZ_OK)
		return err;
	(void)unlinkat(dir, NEW_FILE, 0);
	fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	random_bytes(key, sizeof(key));
	if (fd < 0 || write(fd, key, sizeof(key)) != (ssize_t)sizeof(key) || fsync(fd) != 0)
		err = why_set(why, FZ_IO, "cannot write %s/%s: %s", state_dir, NEW_FILE,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	OPENSSL_cleanse(key, sizeof(key));
	if (err == FZ_OK)
		err = sync_folder(dir, state_dir, why);
	close(dir);
	return err;
}

/* reseal(context, value): the value under the other key. */
static void
sql_reseal(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct change *c = sqlite3_user_data(ctx);
	const char *context = (const char *)sqlite3_value_text(argv[0]);
	const uint8_t *in = sqlite3_value_blob(argv[1]);
	size_t n = (size_t)sqlite3_value_bytes(argv[1]);
	uint8_t *text, *out;

	(void)argc;
	if (context == NULL || in == NULL || n < SEAL_EXTRA) {
		(void)snprintf(c->bad, sizeof(c->bad), "%s", context == NULL ? "?" : context);
		sqlite3_result_error(ctx, "not sealed", -1);
		return;
	}
	text = xmalloc(n - SEAL_EXTRA + 1);
	out = xmalloc(n);
	if (seal_unlock(c->from, context, in, n, text) == FZ_OK &&
	    seal_lock(c->to, context, text, n - SEAL_EXTRA, out) == FZ_OK) {
		sqlite3_result_blob64(ctx, out, n, SQLITE_TRANSIENT);
		c->n++;
	} else {
		(void)snprintf(c->bad, sizeof(c->bad), "%s", context);
		sqlite3_result_error(ctx, "does not open", -1);
	}
	OPENSSL_cleanse(text, n - SEAL_EXTRA);
	free(text);
	free(out);
}

static enum fz_err
reseal_all(struct writer *w, struct change *c, struct why *why)
{
	sqlite3 *db = sql_handle(writer_reader(w));
	char print[SHA256_HEX];
	enum fz_err err = FZ_OK;

	if (sqlite3_create_function_v2(db, "reseal", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, c,
	    sql_reseal, NULL, NULL, NULL) != SQLITE_OK)
		return FZ_IO;
	for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]) && err == FZ_OK; i++)
		err = sql_run(w, sealed[i], "");
	/* The statements are kept with the connection, the function would outlive c. */
	sql_forget(writer_reader(w));
	(void)sqlite3_create_function_v2(db, "reseal", 2, SQLITE_UTF8, NULL, NULL, NULL,
	    NULL, NULL);
	if (c->bad[0] != '\0')
		return why_set(why, FZ_CORRUPT, "%s does not open with the present key. "
		    "Set it again or remove it first, or bring back the key it was "
		    "sealed with; nothing has changed", c->bad);
	if (err != FZ_OK)
		return err;
	fingerprint(c->to, print);
	return setting_set(w, SETTING, print);
}

/* Seal everything with the key of master.key.new; durable when it returns FZ_OK. */
static enum fz_err
commit_new(struct store *store, const char *state_dir, size_t *n, struct why *why)
{
	struct seal *from = NULL, *to = NULL;
	struct change c = { .n = 0 };
	struct writer *w;
	uint64_t seq = 0;
	enum fz_err err = open_key(state_dir, KEY_FILE, &from, why);

	if (err == FZ_OK)
		err = open_key(state_dir, NEW_FILE, &to, why);
	if (err != FZ_OK)
		goto out;
	c.from = from;
	c.to = to;
	err = writer_begin(store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		goto out;
	err = reseal_all(w, &c, why);
	if (err != FZ_OK)
		writer_abort(w);
	else
		err = writer_commit(w, &seq);
	if (err == FZ_OK) {
		store_durable(store, seq);
		*n = c.n;
	}
out:
	seal_free(from);
	seal_free(to);
	return err;
}

static enum fz_err
check_files(const char *state_dir, struct why *why)
{
	char *key = xasprintf("%s/%s", state_dir, KEY_FILE);
	char *old = xasprintf("%s/%s", state_dir, OLD_FILE);
	enum fz_err err = FZ_OK;

	if (access(key, F_OK) != 0)
		err = why_set(why, FZ_NOT_FOUND, "there is no %s. If a credential of the "
		    "service manager holds the key, copy it there for the rotation and put "
		    "the new one back afterwards", key);
	else if (access(old, F_OK) == 0)
		err = why_set(why, FZ_CONFLICT, "%s is still there, the key before the "
		    "present one. Move it to the backups that need it, or remove it", old);
	free(key);
	free(old);
	return err;
}

enum fz_err
reseal_rotate(struct store *store, const char *state_dir, size_t *n, struct why *why)
{
	enum fz_err err = reseal_settle(store, state_dir, why);

	if (err == FZ_OK)
		err = check_files(state_dir, why);
	if (err == FZ_OK)
		err = write_new(state_dir, why);
	if (err == FZ_OK)
		err = commit_new(store, state_dir, n, why);
	if (err == FZ_OK)
		err = swap(state_dir, why);
	return err;
}
