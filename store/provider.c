/*
 * What a node knows of those who vouch for people.  Two secrets lie here and neither in
 * clear: the client secret of a provider and the PKCE verifier of a sign-in on its way.  Each
 * is sealed for its row, so that neither a copied file nor a moved row gives it away; the
 * client secret is opened by name where a token is asked for, lists never read it.
 *
 * An identity belongs to the issuer that said it, not to the name an owner gave the
 * provider: a provider pointed at another issuer brings no one's account with it.
 */
#include "store/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"

#define CONTEXT_MAX 128
#define COLS                                                \
	"name,display_name,client_id,client_secret IS NOT " \
	"NULL,issuer,scopes,enabled,updated"
#define ID_COLS "provider,issuer,subject,email,user,created,last_login"

static void
provider_fill(struct sql *s, struct arena *a, struct provider *p)
{
	int c = 0;

	p->name = sql_dup(s, c++, a);
	p->display_name = sql_dup(s, c++, a);
	p->client_id = sql_dup(s, c++, a);
	p->client_secret = NULL;
	p->has_secret = sql_int(s, c++) != 0;
	p->issuer = sql_dup(s, c++, a);
	p->scopes = sql_dup(s, c++, a);
	p->enabled = sql_int(s, c++) != 0;
	p->updated = sql_int(s, c++);
}

static const char *
secret_context(struct arena *a, const char *name)
{
	return arena_printf(a, "provider|%s", name);
}

static enum fz_err
open_text(struct arena *a, const struct seal *seal, const char *context,
    const void *sealed, size_t n, const char **out)
{
	enum fz_err err;
	char *text;

	if (seal == NULL || n < SEAL_EXTRA)
		return FZ_CORRUPT;
	text = arena_alloc(a, n - SEAL_EXTRA + 1);
	err = seal_unlock(seal, context, sealed, n, (uint8_t *)text);
	if (err == FZ_OK)
		*out = text;
	return err;
}

static enum fz_err
read_secret(
    struct reader *rd, struct arena *a, const struct seal *seal, struct provider *p)
{
	struct sql *s = sql_open(
	    rd, "SELECT client_secret FROM provider WHERE name=?1", "t", p->name);
	enum fz_err err = sql_row(s), end;
	const void *sealed;
	size_t n;

	if (err == FZ_OK) {
		sealed = sql_blob(s, 0, &n);
		err = open_text(a, seal, secret_context(a, p->name), sealed, n,
		    &p->client_secret);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

enum fz_err
provider_get(struct reader *rd, struct arena *a, const struct seal *seal,
    const char *name, struct provider *p)
{
	struct sql *s = sql_open(rd, "SELECT " COLS " FROM provider WHERE name=?1", "t",
	    name);
	enum fz_err err = sql_row(s), end;
	struct provider got = { 0 };

	if (err == FZ_OK)
		provider_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK && got.has_secret && seal != NULL)
		err = read_secret(rd, a, seal, &got);
	if (err == FZ_OK)
		*p = got;
	return rows_missing(err, FZ_PROVIDER_NOT_FOUND);
}

enum fz_err
provider_list(struct reader *rd, struct arena *a, struct provider **v, size_t *n)
{
	struct sql *s = sql_open(rd, "SELECT " COLS " FROM provider ORDER BY name", "");
	struct provider *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		provider_fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

static enum fz_err
check_room(struct writer *w, const char *name)
{
	int64_t others;
	enum fz_err err = sql_get_int(writer_reader(w), &others,
	    "SELECT count(*) FROM provider WHERE name<>?1", "t", name);

	if (err != FZ_OK)
		return err;
	return others < PROVIDERS_MAX ? FZ_OK : FZ_LIMIT_EXCEEDED;
}

static enum fz_err
set_secret(struct writer *w, const struct seal *seal, const char *name, const char *text)
{
	size_t len = strlen(text);
	char context[CONTEXT_MAX];
	uint8_t *sealed;
	enum fz_err err;

	if (len == 0)
		return sql_run(w, "UPDATE provider SET client_secret=NULL WHERE name=?1",
		    "t", name);
	if (seal == NULL)
		return FZ_SERVICE_UNAVAILABLE;
	(void)snprintf(context, sizeof(context), "provider|%s", name);
	sealed = xmalloc(len + SEAL_EXTRA);
	err = seal_lock(seal, context, text, len, sealed);
	if (err == FZ_OK)
		err = sql_run(w, "UPDATE provider SET client_secret=?2 WHERE name=?1",
		    "tb", name, sealed, len + SEAL_EXTRA);
	free(sealed);
	return err;
}

enum fz_err
provider_put(struct writer *w, const struct seal *seal, const struct provider *p,
    int64_t now)
{
	enum fz_err err = check_room(w, p->name);

	if (err == FZ_OK)
		err = sql_run(w,
		    "INSERT INTO "
		    "provider(name,display_name,client_id,issuer,scopes,enabled,"
		    "updated) VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT(name) DO UPDATE "
		    "SET"
		    " display_name=excluded.display_name,client_id=excluded.client_id,"
		    "issuer=excluded.issuer,scopes=excluded.scopes,"
		    "enabled=excluded.enabled,updated=excluded.updated",
		    "tttttii", p->name, rows_or(p->display_name, ""),
		    rows_or(p->client_id, ""), rows_or(p->issuer, ""),
		    rows_or(p->scopes, ""), (int64_t)p->enabled, now);
	if (err == FZ_OK && p->client_secret != NULL)
		err = set_secret(w, seal, p->name, p->client_secret);
	return err;
}

static void
identity_fill(struct sql *s, struct arena *a, struct identity *id)
{
	int c = 0;

	id->provider = sql_dup(s, c++, a);
	id->issuer = sql_dup(s, c++, a);
	id->subject = sql_dup(s, c++, a);
	id->email = sql_dup(s, c++, a);
	id->user = sql_int(s, c++);
	id->created = sql_int(s, c++);
	id->last_login = sql_int(s, c++);
}

enum fz_err
provider_identity(struct reader *rd, struct arena *a, const char *provider,
    const char *issuer, const char *subject, struct identity *id)
{
	struct sql *s = sql_open(rd,
	    "SELECT " ID_COLS
	    " FROM identity WHERE provider=?1 AND issuer=?2 AND subject=?3",
	    "ttt", provider, issuer, subject);
	enum fz_err err = sql_row(s), end;
	struct identity got;

	if (err == FZ_OK)
		identity_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*id = got;
	return rows_missing(err, FZ_USER_NOT_FOUND);
}

enum fz_err
provider_link(struct writer *w, const struct identity *id, int64_t now)
{
	enum fz_err err = sql_run(w,
	    "INSERT INTO identity(provider,issuer,subject,user,email,created,last_login)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?6) ON CONFLICT(provider,issuer,subject) DO UPDATE"
	    " SET email=excluded.email,last_login=excluded.last_login"
	    " WHERE user=excluded.user",
	    "tttiti", id->provider, id->issuer, id->subject, id->user,
	    rows_or(id->email, ""), now);

	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_CONFLICT;
	return err;
}

enum fz_err
provider_identities(struct reader *rd, struct arena *a, int64_t user, struct identity **v,
    size_t *n)
{
	struct sql *s = sql_open(rd,
	    "SELECT " ID_COLS
	    " FROM identity WHERE user=?1 ORDER BY provider,issuer,subject",
	    "i", user);
	struct identity *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		identity_fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
provider_vouch(struct writer *w, int64_t user, bool verified)
{
	return sql_run(w, "UPDATE user SET email_verified=?2 WHERE id=?1", "ii", user,
	    (int64_t)verified);
}

static void
state_context(char out[CONTEXT_MAX], const uint8_t hash[SHA256_LEN])
{
	char hex[SHA256_HEX];

	str_hex(hex, hash, SHA256_LEN);
	(void)snprintf(out, CONTEXT_MAX, "oauth|%s", hex);
}

enum fz_err
provider_state_add(struct writer *w, const struct seal *seal,
    const uint8_t hash[SHA256_LEN], const struct oauth_state *st)
{
	size_t len = strlen(st->verifier);
	char context[CONTEXT_MAX];
	uint8_t *sealed;
	enum fz_err err;

	if (seal == NULL)
		return FZ_SERVICE_UNAVAILABLE;
	state_context(context, hash);
	sealed = xmalloc(len + SEAL_EXTRA);
	err = seal_lock(seal, context, st->verifier, len, sealed);
	if (err == FZ_OK)
		err = sql_run(w,
		    "INSERT INTO oauth_state(hash,provider,pre,nonce,verifier,target,"
		    "link_user,expires) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
		    "btttbtIi", hash, (size_t)SHA256_LEN, st->provider, st->pre,
		    rows_or(st->nonce, ""), sealed, len + SEAL_EXTRA, st->target,
		    st->link_user > 0 ? st->link_user : (int64_t)-1, st->expires);
	free(sealed);
	return err;
}

static enum fz_err
state_read(struct writer *w, struct arena *a, const struct seal *seal,
    const uint8_t hash[SHA256_LEN], struct oauth_state *st)
{
	struct sql *s = sql_open(writer_reader(w),
	    "SELECT provider,pre,nonce,target,coalesce(link_user,0),expires,verifier"
	    " FROM oauth_state WHERE hash=?1",
	    "b", hash, (size_t)SHA256_LEN);
	enum fz_err err = sql_row(s), end;
	char context[CONTEXT_MAX];
	const void *sealed;
	size_t n;
	int c = 0;

	if (err == FZ_OK) {
		st->provider = sql_dup(s, c++, a);
		st->pre = sql_dup(s, c++, a);
		st->nonce = sql_dup(s, c++, a);
		st->target = sql_dup(s, c++, a);
		st->link_user = sql_int(s, c++);
		st->expires = sql_int(s, c++);
		sealed = sql_blob(s, c++, &n);
		state_context(context, hash);
		err = open_text(a, seal, context, sealed, n, &st->verifier);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

enum fz_err
provider_state_take(struct writer *w, struct arena *a, const struct seal *seal,
    const uint8_t hash[SHA256_LEN], int64_t now, struct oauth_state *st)
{
	struct oauth_state got = { 0 };
	enum fz_err err = state_read(w, a, seal, hash, &got), gone;

	if (err == FZ_NOT_FOUND)
		return err;
	gone = sql_run(w, "DELETE FROM oauth_state WHERE hash=?1", "b", hash,
	    (size_t)SHA256_LEN);
	if (err == FZ_OK)
		err = gone;
	if (err == FZ_OK && got.expires <= now)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK)
		*st = got;
	return err;
}
