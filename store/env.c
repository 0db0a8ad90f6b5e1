/*
 * A value is opened where it is used and nowhere else: lists give names, the sealed text
 * is read for one name at a time, and its context names app and variable, so that neither
 * a copied file nor an UPDATE that moves a row gives a value to somebody else.
 *
 * Names that mean something to a process are refused although these variables never reach
 * one: an app that comes from, or goes to, a place where they do must not change there
 * which program runs or whom it talks to.
 */
#include "store/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"

#define NAME_MAX_LEN 128
#define CONTEXT_MAX (NAME_MAX_LEN + 32)

static const char *const reserved[] = { "ALL_PROXY", "BASH_ENV", "CDPATH", "FTP_PROXY",
	"GCONV_PATH", "GLIBC_TUNABLES", "HOME", "HOSTALIASES", "HTTPS_PROXY",
	"HTTP_PROXY", "IFS", "LOCALDOMAIN", "LOCPATH", "LOGNAME", "NLSPATH",
	"NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_PATH",
	"NODE_TLS_REJECT_UNAUTHORIZED", "NO_PROXY", "OLDPWD", "OPENSSL_CONF",
	"OPENSSL_MODULES", "PATH", "PERL5LIB", "PERL5OPT", "PS4", "PWD", "PYTHONHOME",
	"PYTHONPATH", "PYTHONSTARTUP", "RES_OPTIONS", "RUBYLIB", "RUBYOPT", "SHELL",
	"SHELLOPTS", "SHLVL", "SSLKEYLOGFILE", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM",
	"TMPDIR", "USER", NULL };
static const char *const reserved_prefixes[] = { "BASH_FUNC_", "DYLD_", "LD_", NULL };

static bool
name_reserved(const char *name)
{
	for (size_t i = 0; reserved[i] != NULL; i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	for (size_t i = 0; reserved_prefixes[i] != NULL; i++)
		if (str_starts(name, reserved_prefixes[i]))
			return true;
	return false;
}

bool
env_name_ok(const char *name)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || name[0] < 'A' || name[0] > 'Z')
		return false;
	return strspn(name, set) == len && !name_reserved(name);
}

static void
context(char out[CONTEXT_MAX], int64_t app, const char *name)
{
	(void)snprintf(out, CONTEXT_MAX, "env|%lld|%s", (long long)app, name);
}

static enum fz_err
open_value(struct arena *a, const struct seal *seal, int64_t app, const char *name,
    const void *sealed, size_t n, const char **value, size_t *len)
{
	char where[CONTEXT_MAX];
	char *text;
	enum fz_err err;

	if (n < SEAL_EXTRA || seal == NULL)
		return FZ_CORRUPT;
	context(where, app, name);
	text = arena_alloc(a, n - SEAL_EXTRA + 1);
	err = seal_unlock(seal, where, sealed, n, (uint8_t *)text);
	if (err != FZ_OK)
		return err;
	*value = text;
	*len = n - SEAL_EXTRA;
	return FZ_OK;
}

enum fz_err
env_get(struct reader *rd, struct arena *a, const struct seal *seal, int64_t app,
    const char *name, const char **value, size_t *len)
{
	const char *text = NULL;
	const void *sealed;
	size_t n = 0, text_len = 0;
	struct sql *s;
	enum fz_err err, end;

	if (!env_name_ok(name))
		return FZ_NOT_FOUND;
	s = sql_open(
	    rd, "SELECT value FROM env WHERE app=?1 AND name=?2", "it", app, name);
	err = sql_row(s);
	if (err == FZ_OK) {
		sealed = sql_blob(s, 0, &n);
		err = open_value(a, seal, app, name, sealed, n, &text, &text_len);
	}
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err != FZ_OK)
		return err;
	*value = text;
	*len = text_len;
	return FZ_OK;
}

static enum fz_err
check_room(struct writer *w, int64_t app, const char *name)
{
	int64_t others;
	enum fz_err err = sql_get_int(writer_reader(w), &others,
	    "SELECT count(*) FROM env WHERE app=?1 AND name<>?2", "it", app, name);

	if (err != FZ_OK)
		return err;
	return others < ENV_PER_APP ? FZ_OK : FZ_LIMIT_EXCEEDED;
}

enum fz_err
env_set(struct writer *w, const struct seal *seal, int64_t app, const char *name,
    const char *value, size_t len, int64_t now)
{
	char where[CONTEXT_MAX];
	uint8_t *sealed;
	enum fz_err err;

	if (!env_name_ok(name) || len > ENV_VALUE_MAX ||
	    memchr(value, '\0', len) != NULL || !str_utf8_ok(value, len))
		return FZ_VALIDATION_FAILED;
	err = check_room(w, app, name);
	if (err != FZ_OK)
		return err;
	context(where, app, name);
	sealed = xmalloc(len + SEAL_EXTRA);
	err = seal_lock(seal, where, value, len, sealed);
	if (err == FZ_OK)
		err = sql_run(w,
		    "INSERT INTO env(app,name,value,updated)"
		    " VALUES(?1,?2,?3,?4) ON CONFLICT(app,name) DO UPDATE"
		    " SET value=excluded.value,updated=excluded.updated",
		    "itbi", app, name, sealed, len + SEAL_EXTRA, now);
	free(sealed);
	return err;
}

enum fz_err
env_delete(struct writer *w, int64_t app, int64_t id, const char *name)
{
	enum fz_err err;

	if (id != 0)
		err = sql_run(w, "DELETE FROM env WHERE id=?1 AND app=?2", "ii", id, app);
	else
		err = sql_run(w, "DELETE FROM env WHERE app=?1 AND name=?2", "it", app,
		    name);
	if (err != FZ_OK)
		return err;
	return sql_changes(w) > 0 ? FZ_OK : FZ_NOT_FOUND;
}

enum fz_err
env_list(struct reader *rd, struct arena *a, int64_t app, struct env **v, size_t *n)
{
	struct sql *s = sql_open(rd,
	    "SELECT id,name,updated FROM env WHERE app=?1 ORDER BY name", "i", app);
	size_t count = 0, cap = 0;
	struct env *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		list[count++] = (struct env){ .id = sql_int(s, 0),
			.name = sql_dup(s, 1, a), .updated = sql_int(s, 2) };
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
env_app(struct reader *rd, int64_t id, int64_t *app)
{
	return sql_get_int(rd, app, "SELECT app FROM env WHERE id=?1", "i", id);
}
