/*
 * VACUUM INTO on a connection of its own: one read snapshot, so writers go on
 * (the step API starts over at every foreign commit and never ends under load), a
 * compact copy, and an ordinary file without WAL as the result.
 *
 * A backup appears under its name only when it is whole: it is written under a
 * temporary name, synced, hashed and renamed, its FILE.json before it.  A temporary file
 * of a killed backup is removed by a later one.
 */
#include "store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/dbconn.h"
#include "store/disk.h"
#include "store/parts.h"
#include "store/sql.h"

#define TEMPORARY ".unfinished-"
#define JSON_MAX (64 * KIB)
#define LABEL_MAX 64

static enum fz_err
vacuum_into(struct reader *c, const char *path, struct why *why)
{
	enum fz_err err;
	struct sql *s;
	int fd;

	/* SQLite would create it readable by all; an empty one it takes. */
	err = disk_create(path, &fd, why);
	if (err != FZ_OK)
		return err;
	close(fd);
	s = sql_open(c, "VACUUM INTO ?1", "t", path);
	while (sql_row(s) == FZ_OK)
		continue;
	err = sql_close(s);
	if (err != FZ_OK)
		return why_set(
		    why, err, "cannot copy to %s: %s", path, sqlite3_errmsg(c->db));
	return disk_sync(path, 0, why);
}

/* VACUUM leaves the free pages out, but nobody knows how many it saves. */
static enum fz_err
check_room(struct reader *c, const char *dir, struct why *why)
{
	int64_t pages = 0, size = 0;
	enum fz_err err;

	err = sql_get_int(c, &pages, "PRAGMA page_count", "");
	if (err == FZ_OK)
		err = sql_get_int(c, &size, "PRAGMA page_size", "");
	return err == FZ_OK ? disk_room(dir, (uint64_t)pages * (uint64_t)size, why) : err;
}

static void
remove_unfinished(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;

	if (d == NULL)
		return;
	for (e = readdir(d); e != NULL; e = readdir(d)) {
		/* A backup of another process that runs now touches its file. */
		if (str_starts(e->d_name, TEMPORARY) &&
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    time(NULL) - st.st_mtime > 3600)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}

static bool
name_taken(struct arena *arena, const char *dir, const char *name)
{
	return access(arena_printf(arena, "%s/%s.db", dir, name), F_OK) == 0;
}

/* Letters, digits, '.', '_' and '-' of the label, for the file's name. */
static char *
name_of(struct arena *arena, const char *dir, const char *label, int64_t now)
{
	char clean[LABEL_MAX + 1], stamp[32], *name;
	time_t t = now / 1000;
	struct tm tm;
	size_t n = 0;

	for (const char *s = label; *s != '\0' && n < LABEL_MAX; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || strchr("._-", *s) != NULL;

		clean[n++] = plain ? *s : '_';
	}
	clean[n] = '\0';
	(void)gmtime_r(&t, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	name = arena_printf(arena, "%s%s%s", stamp, n > 0 ? "-" : "", clean);
	for (int i = 2; name_taken(arena, dir, name); i++)
		name = arena_printf(
		    arena, "%s%s%s.%d", stamp, n > 0 ? "-" : "", clean, i);
	return name;
}

static enum fz_err
write_json(const char *path, const char *text, size_t len, struct why *why)
{
	enum fz_err err;
	int fd;

	err = disk_create(path, &fd, why);
	if (err != FZ_OK)
		return err;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) != 0)
		err = disk_failed(why, "write", path);
	close(fd);
	return err;
}

static enum fz_err
describe(const struct backup *b, int64_t schema, struct why *why)
{
	char *path = xasprintf("%s.json", b->path);
	char when[CLOCK_RFC3339_LEN];
	enum fz_err err;
	struct buf buf;

	clock_rfc3339(when, b->created);
	buf_init(&buf, JSON_MAX);
	(void)buf_printf(&buf, "{\"name\":");
	(void)buf_json(&buf, b->name, strlen(b->name));
	(void)buf_printf(&buf, ",\"label\":");
	(void)buf_json(&buf, b->label, strlen(b->label));
	(void)buf_printf(&buf, ",\"created_at\":\"%s\",\"size_bytes\":%llu,"
	    "\"sha256\":\"%s\",\"schema\":%lld}\n", when, (unsigned long long)b->size,
	    b->sha256, (long long)schema);
	err = buf_ok(&buf) ? write_json(path, buf.data, buf.len, why)
			   : FZ_PAYLOAD_TOO_LARGE;
	buf_fini(&buf);
	free(path);
	return err;
}

/* From the temporary file to the named one. */
static enum fz_err
publish(const char *temporary, const char *dir, struct backup *b, int64_t schema,
    struct why *why)
{
	uint8_t sha[SHA256_LEN];
	enum fz_err err;

	err = disk_read(temporary, -1, &b->size, sha, why);
	if (err != FZ_OK)
		return err;
	str_hex(b->sha256, sha, sizeof(sha));
	err = describe(b, schema, why);
	if (err == FZ_OK && rename(temporary, b->path) != 0)
		err = disk_failed(why, "rename", temporary);
	if (err == FZ_OK)
		err = disk_sync(dir, O_DIRECTORY, why);
	return err;
}

enum fz_err
backup_create(struct store *store, struct arena *arena, const char *dir,
    const char *label, struct backup *out, struct why *why)
{
	struct backup b = { .label = arena_strdup(arena, label != NULL ? label : "") };
	struct reader *c = NULL;
	char *temporary;
	int64_t schema = 0;
	enum fz_err err;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return disk_failed(why, "create", dir);
	remove_unfinished(dir);
	b.created = clock_wall_ms();
	b.name = name_of(arena, dir, b.label, b.created);
	b.path = arena_printf(arena, "%s/%s.db", dir, b.name);
	temporary = arena_printf(
	    arena, "%s/" TEMPORARY "%s.%d", dir, b.name, (int)getpid());
	err = dbconn_open(store->path, DBCONN_SNAPSHOT | DBCONN_KEEP_WAL, &c, why);
	if (err != FZ_OK)
		return err;
	err = check_room(c, dir, why);
	if (err == FZ_OK)
		err = sql_get_int(c, &schema, "PRAGMA user_version", "");
	if (err == FZ_OK)
		err = vacuum_into(c, temporary, why);
	dbconn_close(c);
	if (err == FZ_OK)
		err = publish(temporary, dir, &b, schema, why);
	if (err == FZ_OK)
		*out = b;
	else
		(void)unlink(temporary);
	return err;
}

/*
 * One name for each schema, replaced: a migration that fails at every restart must
 * not fill the disk with copies.
 */
enum fz_err
backup_before_migration(const char *db_path, int from, struct why *why)
{
	char *path = xasprintf("%s.before-schema-%d", db_path, from + 1);
	char *temporary = xasprintf("%s.unfinished", path);
	char *dir = xstrdup(db_path), *slash = strrchr(dir, '/');
	struct reader *c = NULL;
	enum fz_err err;

	if (slash != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	err = dbconn_open(db_path, DBCONN_SNAPSHOT | DBCONN_KEEP_WAL, &c, why);
	if (err == FZ_OK)
		err = check_room(c, slash != NULL ? dir : ".", why);
	if (err == FZ_OK)
		err = vacuum_into(c, temporary, why);
	dbconn_close(c);
	if (err == FZ_OK && rename(temporary, path) != 0)
		err = disk_failed(why, "rename", temporary);
	if (err == FZ_OK)
		err = disk_sync(slash != NULL ? dir : ".", O_DIRECTORY, why);
	if (err != FZ_OK)
		(void)unlink(temporary);
	free(dir);
	free(temporary);
	free(path);
	return err;
}

/* What FILE.json says; *known false when there is none. */
static enum fz_err
read_description(const char *path, bool *known, uint64_t *size, char sha[SHA256_HEX],
    struct why *why)
{
	char *name = xasprintf("%s.json", path), text[4096];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	enum fz_err err = FZ_OK;
	const char *hash;
	json_t *json;
	ssize_t n;

	free(name);
	*known = fd >= 0;
	if (fd < 0)
		return FZ_OK;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0 || json_parse(text, (size_t)n, &json, NULL) != FZ_OK)
		return why_set(why, FZ_CORRUPT, "%s.json cannot be read", path);
	hash = json_string_value(json_object_get(json, "sha256"));
	*size = (uint64_t)json_integer_value(json_object_get(json, "size_bytes"));
	if (hash == NULL || strlen(hash) != SHA256_HEX - 1)
		err = why_set(why, FZ_CORRUPT, "%s.json names no sha256", path);
	else
		memcpy(sha, hash, SHA256_HEX);
	json_decref(json);
	return err;
}

static enum fz_err
verify_hash(const char *path, struct why *why)
{
	char want[SHA256_HEX] = "", got[SHA256_HEX];
	uint64_t size = 0, is = 0;
	uint8_t sha[SHA256_LEN];
	enum fz_err err;
	bool known;

	err = read_description(path, &known, &size, want, why);
	if (err != FZ_OK || !known)
		return err;
	err = disk_read(path, -1, &is, sha, why);
	if (err != FZ_OK)
		return err;
	str_hex(got, sha, sizeof(sha));
	if (is != size || strcmp(got, want) != 0)
		return why_set(why, FZ_CORRUPT,
		    "%s is not what was backed up: its SHA-256 is %s, not %s",
		    path, got, want);
	return FZ_OK;
}

enum fz_err
backup_verify(const char *path, struct why *why)
{
	struct reader *c = NULL;
	enum fz_err err;
	struct sql *s;
	int64_t id = 0;

	if (access(path, R_OK) != 0)
		return why_set(why, FZ_NOT_FOUND, "cannot read %s: %s", path,
		    strerrordesc_np(errno));
	err = verify_hash(path, why);
	if (err == FZ_OK)
		err = dbconn_open(path, DBCONN_KEEP_WAL, &c, why);
	if (err != FZ_OK)
		return err;
	s = sql_open(c, "PRAGMA integrity_check(1)", "");
	err = sql_row(s);
	if (err == FZ_OK && strcmp(sql_text(s, 0), "ok") != 0)
		err = why_set(why, FZ_CORRUPT, "%s is damaged: %s", path, sql_text(s, 0));
	else if (err != FZ_OK)
		(void)why_set(why, err, "%s: %s", path, sqlite3_errmsg(c->db));
	(void)sql_close(s);
	if (err == FZ_OK)
		err = sql_get_int(c, &id, "PRAGMA application_id", "");
	if (err == FZ_OK && id != DBCONN_APPLICATION_ID)
		err = why_set(why, FZ_CORRUPT, "%s was not made by fazt-fcgi", path);
	dbconn_close(c);
	return err;
}
