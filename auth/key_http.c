/*
 * API keys over HTTP.  The token is in the answer to POST and nowhere else: the file
 * holds its hash, lists show what it starts with.
 *
 * Nobody hands out more than they have.  For a key that means its scopes and its life: a
 * key that ends on Friday cannot leave one behind that does not.  For the session of an
 * admin it means no scope that opens what only an owner may do.  Scope admin is handed
 * out by an owner who has just proved the password (or on the host, by create-key), never
 * by another key, so that one leaked key is not there for ever.
 */
#include <string.h>

#include "auth/fields.h"
#include "auth/scope.h"
#include "auth/token.h"
#include "auth/user_view.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"
#include "store/apikey.h"

#define NAME_MAX_LEN 100
#define KEYS_MAX 1000		/* the list is not paged */
#define LIFE_MAX_MS (3650LL * 86400 * 1000)
#define WEIGHT_SECURITY 9

struct wish {
	const char	*name;
	const char	*scopes;	/* canonical */
	int64_t		 expires;	/* 0 = never */
};

static json_t *
time_json(int64_t ms)
{
	char text[CLOCK_RFC3339_LEN];

	if (ms == 0)
		return json_null();
	clock_rfc3339(text, ms);
	return json_string(text);
}

static json_t *
key_json(struct arena *a, const struct apikey *k)
{
	bool used = k->last_used != 0;
	json_t *o = json_pack("{s:I,s:s,s:s,s:o,s:s,s:s,s:o,s:s,s:o}",
	    "id", (json_int_t)k->id, "name", k->name, "scopes", k->scopes,
	    "created_at", time_json(k->created), "key_id", k->key_id,
	    "prefix", arena_printf(a, "%s_", k->key_id),
	    "expires_at", time_json(k->expires), "created_by", k->created_by,
	    "last_used_ip", used ? json_string(k->last_ip) : json_null());

	if (used)
		json_object_set_new(o, "last_used_at", time_json(k->last_used));
	return o;
}

static enum fz_err
list_keys(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct apikey *v;
	json_t *keys;
	enum fz_err err;
	size_t n;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = apikey_list(rd, rq->arena, &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	keys = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(keys, key_json(rq->arena, &v[i]));
	return response_data(rs, 200, json_pack("{s:o}", "keys", keys));
}

/* An array of scopes becomes the list it stands for. */
static enum fz_err
join_scopes(struct request *rq, struct response *rs, const json_t *array,
    const char **out)
{
	const char *bad = NULL;
	const json_t *v;
	struct buf b;
	size_t i;

	if (json_array_size(array) == 0)
		return response_invalid(rs, "scopes", "not empty");
	buf_init(&b, SCOPE_LIST_MAX);
	json_array_foreach(array, i, v) {
		const char *s = json_string_value(v);

		if (s == NULL || strlen(s) != json_string_length(v) || strchr(s, ','))
			bad = "text or array of names";
		else
			buf_printf(&b, "%s%s", i > 0 ? "," : "", s);
	}
	if (!buf_ok(&b))
		bad = "too long";
	if (bad == NULL)
		*out = arena_strdup(rq->arena, b.data);
	buf_fini(&b);
	return bad == NULL ? FZ_OK : response_invalid(rs, "scopes", bad);
}

static enum fz_err
want_scopes(struct request *rq, struct response *rs, const json_t *body, const char **out)
{
	const json_t *v = json_object_get(body, "scopes");
	const char *text = scope_default;
	struct why why = { 0 };
	enum fz_err err = json_is_array(v) ? join_scopes(rq, rs, v, &text) :
	    fields_str(rs, body, "scopes", false, SCOPE_LIST_MAX, &text);

	if (err != FZ_OK)
		return err;
	err = scope_canonical(rq->arena, text, out, &why);
	return err == FZ_OK ? err : response_invalid(rs, "scopes", why.text);
}

/* "90d" or seconds; *ms stays when absent. */
static enum fz_err
want_life(struct response *rs, const json_t *body, int64_t *ms)
{
	const json_t *v = json_object_get(body, "expires_in");
	int64_t life, s;

	if (v == NULL || json_is_null(v))
		return FZ_OK;
	if (json_is_integer(v)) {
		s = json_integer_value(v);
		life = s < 0 || s > LIFE_MAX_MS / 1000 ? 0 : s * 1000;
	} else if (!json_is_string(v) || !str_duration(json_string_value(v), &life)) {
		return response_invalid(rs, "expires_in",
		    "seconds or a duration such as 90d");
	}
	if (life < 1000 || life > LIFE_MAX_MS)
		return response_invalid(rs, "expires_in", "1 second to 3650 days");
	*ms = life;
	return FZ_OK;
}

static bool
names_admin(const char *scopes)
{
	return scope_fits(scopes, "admin") == SCOPE_YES;
}

/* Scopes of rows that ask for an owner (docs/contract.md 3). */
static const char *const of_owners[] = { "auth", "backup", "sql", "sql.read", "system",
	"users", NULL };

static enum fz_err
check_session(struct request *rq, struct response *rs, const struct wish *w)
{
	if (rq->caller.role < ROLE_OWNER) {
		for (size_t i = 0; of_owners[i] != NULL; i++)
			if (names_admin(w->scopes) ||
			    scope_fits(w->scopes, of_owners[i]) != SCOPE_NO)
				return response_why(rs, FZ_FORBIDDEN,
				    "Only an owner gives the scopes admin, auth, backup, "
				    "sql, system and users");
		return FZ_OK;
	}
	if (names_admin(w->scopes) && rq->caller.fresh <= clock_wall_ms())
		return response_why(rs, FZ_REAUTH_REQUIRED,
		    "Prove your password first: scope admin may do everything");
	return FZ_OK;
}

/* What the caller may not give away. */
static enum fz_err
check_giver(struct request *rq, struct response *rs, struct reader *rd, struct wish *w)
{
	const char *lacks = NULL;
	struct apikey giver;
	enum fz_err err;

	if (rq->caller.key_id == NULL)
		return check_session(rq, rs, w);
	if (names_admin(w->scopes))
		return response_why(rs, FZ_REAUTH_REQUIRED,
		    "Scope admin is given by an owner who has just proved the password, "
		    "not by a key");
	if (!scope_covers(rq->caller.key_scopes, w->scopes, rq->arena, &lacks)) {
		response_detail(rs, "scope", json_string(lacks));
		return response_why(rs, FZ_SCOPE_REQUIRED,
		    "The API key lacks the scope %s and cannot give it", lacks);
	}
	err = apikey_get(rd, rq->arena, rq->caller.key_id, &giver);
	if (err != FZ_OK)
		return err == FZ_KEY_NOT_FOUND ? FZ_INVALID_API_KEY : err;
	if (giver.expires == 0)
		return FZ_OK;
	if (w->expires > giver.expires)
		return response_invalid(rs, "expires_in",
		    "not beyond the expiry of the key that creates it");
	if (w->expires == 0)
		w->expires = giver.expires;
	return FZ_OK;
}

static enum fz_err
check_count(struct request *rq, struct response *rs, struct reader *rd)
{
	struct apikey *v;
	enum fz_err err;
	size_t n;

	err = apikey_list(rd, rq->arena, &v, &n);
	if (err != FZ_OK || n < KEYS_MAX)
		return err;
	response_detail(rs, "quota", json_string("keys"));
	response_detail(rs, "limit", json_integer(KEYS_MAX));
	response_detail(rs, "used", json_integer((json_int_t)n));
	return response_why(rs, FZ_QUOTA_EXCEEDED, "There are %d keys already", KEYS_MAX);
}

/* The checks and the row in one transaction: a giver revoked meanwhile gives nothing. */
static enum fz_err
add_key(struct request *rq, struct response *rs, struct wish *wish, struct apikey *k)
{
	struct writer *w;
	enum fz_err err;

	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = check_giver(rq, rs, writer_reader(w), wish);
	if (err == FZ_OK)
		err = check_count(rq, rs, writer_reader(w));
	if (err == FZ_OK) {
		k->expires = wish->expires;
		err = apikey_add(w, k);
	}
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
read_wish(struct request *rq, struct response *rs, struct wish *w)
{
	int64_t life = 0;
	json_t *body;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = fields_line(rs, body, "name", true, NAME_MAX_LEN, &w->name);
	if (err == FZ_OK)
		err = want_scopes(rq, rs, body, &w->scopes);
	if (err == FZ_OK)
		err = want_life(rs, body, &life);
	if (err == FZ_OK)
		w->expires = life > 0 ? clock_wall_ms() + life : 0;
	return err;
}

static enum fz_err
create_key(struct request *rq, struct response *rs)
{
	char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
	struct wish wish = { 0 };
	struct apikey k = { .key_id = id };
	enum fz_err err;

	err = read_wish(rq, rs, &wish);
	if (err != FZ_OK)
		return err;
	token_make(text, id, k.hash);
	k.name = wish.name;
	k.scopes = wish.scopes;
	k.created_by = rq->caller.key_id != NULL ? rq->caller.key_id :
	    rq->caller.user_uid;
	err = add_key(rq, rs, &wish, &k);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s,s:I,s:s,s:s,s:o}",
	    "token", text, "message", "Keep this token: it is shown only once",
	    "id", (json_int_t)k.id, "key_id", id, "scopes", wish.scopes,
	    "expires_at", time_json(k.expires)));
}

static enum fz_err
delete_key(struct request *rq, struct response *rs)
{
	const char *text = request_arg(rq, "id");
	struct writer *w;
	enum fz_err err;
	int64_t id;

	if (text == NULL)
		return response_missing(rs, "id");
	if (!str_i64(text, &id))
		return response_invalid(rs, "id", "the number of a key");
	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = apikey_delete(w, id);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s}", "message", "Key revoked"));
}

static enum fz_err
show_user(struct request *rq, struct response *rs)
{
	struct user u;
	enum fz_err err = user_view_caller(rq, &u);

	if (err != FZ_OK)
		return err == FZ_USER_NOT_FOUND ? FZ_UNAUTHORIZED : err;
	return response_data(rs, 200, user_view(&u));
}

static enum fz_err
show_self(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct apikey k;
	enum fz_err err;

	if (rq->caller.key_id == NULL)
		return show_user(rq, rs);
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = apikey_get(rd, rq->arena, rq->caller.key_id, &k);
	reader_close(rd);
	if (err != FZ_OK)
		return err == FZ_KEY_NOT_FOUND ? FZ_INVALID_API_KEY : err;
	return response_data(rs, 200, json_pack("{s:{s:I,s:s,s:s,s:s,s:o}}", "key",
	    "id", (json_int_t)k.id, "key_id", k.key_id, "name", k.name,
	    "scopes", k.scopes, "expires_at", time_json(k.expires)));
}

const struct route key_routes[] = {
	{ METHOD_GET, "/api/me", show_self, WHO_USER, SCOPE_ANY, ON_ADMIN, 0, 0,
	    "Who am I: the user of this session, or the API key", NULL, "Me" },
	{ METHOD_GET, "/api/keys", list_keys, WHO_ADMIN, "keys", ON_ADMIN, 0, 0,
	    "List API keys", NULL, "KeyList" },
	{ METHOD_POST, "/api/keys", create_key, WHO_ADMIN, "keys", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Create an API key; its token is shown once", "KeyCreate",
	    "KeyToken" },
	{ METHOD_DELETE, "/api/keys", delete_key, WHO_ADMIN, "keys", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Revoke an API key (?id=)", NULL, "Message" },
	{ 0 }
};
