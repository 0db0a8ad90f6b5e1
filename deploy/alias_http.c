/*
 * Aliases over HTTP: the names under the domain and what they lead to.
 *
 * root, 404 and admin are not to be moved from here: the first two are where visitors end
 * up who typed nothing or something wrong, the last one is this API.
 *
 * A key for single apps may lead a free name to its app and move the names of its app; a
 * name that belongs to another app, or to none, it may not touch.
 */
#include <string.h>

#include "auth/access.h"
#include "base/limits.h"
#include "base/route.h"
#include "deploy/alias_view.h"
#include "deploy/app_view.h"
#include "deploy/reply.h"
#include "deploy/weburl.h"
#include "store/alias.h"

#define REF_MAX 200

static enum fz_err
list_aliases(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct alias *v;
	struct page page;
	const char *field;
	int64_t total;
	json_t *list;
	enum fz_err err;
	size_t n;

	err = reply_unlimited(rq, rs);
	if (err != FZ_OK)
		return err;
	if (request_page(rq, 20, 100, &page, &field) != FZ_OK)
		return response_invalid(rs, field, "out of range");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = alias_list(rd, rq->arena, page.offset, page.limit, &v, &n, &total);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, alias_view(&v[i]));
	return response_page(rs, list, page.offset, page.limit, total);
}

static enum fz_err
app_id_allowed(struct request *rq, struct response *rs, struct reader *rd, int64_t id)
{
	struct app a;
	enum fz_err err = app_by_id(rd, rq->arena, id, &a);

	return err == FZ_OK ? app_allowed(rq, rs, rd, &a) : err;
}

/* May this caller act on the alias as it is? */
static enum fz_err
alias_allowed(struct request *rq, struct response *rs, struct reader *rd,
    const struct alias *al)
{
	enum fz_err err = FZ_OK;

	if (!access_limited(rq))
		return FZ_OK;
	if (al->type == ALIAS_PROXY)
		return app_id_allowed(rq, rs, rd, al->app);
	if (al->type != ALIAS_SPLIT)
		return reply_unlimited(rq, rs);
	for (size_t i = 0; err == FZ_OK && i < al->ntargets; i++)
		err = app_id_allowed(rq, rs, rd, al->targets[i].app);
	return err;
}

static enum fz_err
find_alias(struct request *rq, struct response *rs, struct reader *rd, const char *name,
    struct alias *al)
{
	enum fz_err err = alias_get(rd, rq->arena, name, al);

	return err == FZ_OK ? alias_allowed(rq, rs, rd, al) : err;
}

static enum fz_err
get_alias(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct alias al;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = find_alias(rq, rs, rd, request_param(rq, "sub"), &al);
	reader_close(rd);
	return err == FZ_OK ? response_data(rs, 200, alias_view(&al)) : err;
}

/* Any form of {app} in a member of the body; the caller may act on it. */
static enum fz_err
want_app(struct request *rq, struct response *rs, struct reader *rd, const json_t *body,
    bool need, int64_t *out)
{
	struct field_error e = { 0 };
	const char *ref = NULL;
	struct app a;
	enum fz_err err = json_want_str(body, "app_id", need, REF_MAX, &ref, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (ref == NULL)
		return FZ_OK;
	err = app_named(rq, rs, rd, ref, &a);
	if (err == FZ_OK)
		*out = a.id;
	return err;
}

static enum fz_err
want_redirect(struct response *rs, const json_t *body, bool need, struct alias *al)
{
	struct field_error e = { 0 };
	int64_t status = al->status != 0 ? al->status : 301;
	enum fz_err err = json_want_str(body, "url", need, WEBURL_MAX, &al->url, &e);

	if (err == FZ_OK)
		err = json_want_int(body, "status", false, 301, 308, &status, &e);
	if (err == FZ_OK)
		err = json_want_bool(body, "keep_path", false, &al->keep_path, &e);
	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (!weburl_ok(al->url))
		return response_invalid(rs, "url", "absolute http or https URL");
	if (status != 301 && status != 302 && status != 307 && status != 308)
		return response_invalid(rs, "status", "301, 302, 307 or 308");
	al->status = (int)status;
	return FZ_OK;
}

/* The type asked for, else what the alias is. */
static enum fz_err
want_type(struct response *rs, const json_t *body, enum alias_type *type)
{
	struct field_error e = { 0 };
	const char *text = NULL;
	enum alias_type got = *type;
	enum fz_err err = json_want_str(body, "type", false, 16, &text, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (text != NULL && (!alias_type_parse(text, &got) || got == ALIAS_SPLIT))
		return response_invalid(rs, "type", "proxy, redirect or reserved");
	*type = got;
	return FZ_OK;
}

/* Lay the body over *al: what it was (PUT), or an empty proxy (POST). */
static enum fz_err
read_alias(struct request *rq, struct response *rs, struct reader *rd, const json_t *body,
    struct alias *al)
{
	enum alias_type before = al->type;
	enum fz_err err = want_type(rs, body, &al->type);

	if (err != FZ_OK)
		return err;
	switch (al->type) {
	case ALIAS_PROXY:
		return want_app(rq, rs, rd, body, before != ALIAS_PROXY || al->app == 0,
		    &al->app);
	case ALIAS_REDIRECT:
		return want_redirect(
		    rs, body, before != ALIAS_REDIRECT || al->url == NULL, al);
	case ALIAS_RESERVED:
		return reply_unlimited(rq, rs);
	case ALIAS_SPLIT:
		break;
	}
	return response_invalid(rs, "type", "named, when the alias is a split");
}

static enum fz_err
put(struct request *rq, struct response *rs, struct writer *w, struct alias *al)
{
	enum fz_err err = FZ_OK;

	if (al->type == ALIAS_REDIRECT)
		err = reply_unlimited(rq, rs);
	if (err == FZ_OK)
		err = alias_put(w, al);
	return err == FZ_OK ? alias_get(writer_reader(w), rq->arena, al->name, al) : err;
}

/* An alias of that name may be there already, and is replaced if the caller may. */
static enum fz_err
may_replace(struct request *rq, struct response *rs, struct reader *rd, const char *name)
{
	struct alias old;
	enum fz_err err = find_alias(rq, rs, rd, name, &old);

	return err == FZ_ALIAS_NOT_FOUND ? FZ_OK : err;
}

static enum fz_err
answer_written(struct response *rs, int status, const struct alias *al, const char *text)
{
	json_t *o = alias_view(al);

	json_object_set_new(o, "message", json_string(text));
	return response_data(rs, status, o);
}

static enum fz_err
create_in(struct request *rq, struct response *rs, struct writer *w, const json_t *body,
    struct alias *al)
{
	enum fz_err err = may_replace(rq, rs, writer_reader(w), al->name);

	if (err == FZ_OK)
		err = read_alias(rq, rs, writer_reader(w), body, al);
	return err == FZ_OK ? put(rq, rs, w, al) : err;
}

static enum fz_err
create_alias(struct request *rq, struct response *rs)
{
	struct alias al = { .type = ALIAS_PROXY };
	struct field_error e = { 0 };
	struct writer *w;
	json_t *body;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err != FZ_OK)
		return err;
	err = json_want_str(body, "subdomain", true, REF_MAX, &al.name, &e);
	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	err = reply_alias_name(rq, rs, "subdomain", al.name);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, create_in(rq, rs, w, body, &al));
	return err == FZ_OK ? answer_written(rs, 201, &al, "Alias saved") : err;
}

static enum fz_err
update_in(struct request *rq, struct response *rs, struct writer *w, const json_t *body,
    struct alias *al)
{
	enum fz_err err = find_alias(rq, rs, writer_reader(w), al->name, al);

	if (err == FZ_OK)
		err = read_alias(rq, rs, writer_reader(w), body, al);
	return err == FZ_OK ? put(rq, rs, w, al) : err;
}

/* {sub} as a name that may be changed, and a transaction. */
static enum fz_err
begin(struct request *rq, struct response *rs, const char **name, struct writer **w)
{
	enum fz_err err;

	*name = request_param(rq, "sub");
	err = reply_alias_name(rq, rs, "subdomain", *name);
	return err == FZ_OK ? writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, w) : err;
}

static enum fz_err
update_alias(struct request *rq, struct response *rs)
{
	struct alias al = { 0 };
	struct writer *w;
	json_t *body;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = begin(rq, rs, &al.name, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, update_in(rq, rs, w, body, &al));
	return err == FZ_OK ? answer_written(rs, 200, &al, "Alias saved") : err;
}

static enum fz_err
delete_alias(struct request *rq, struct response *rs)
{
	const char *name;
	struct writer *w;
	struct alias al;
	enum fz_err err = begin(rq, rs, &name, &w);

	if (err != FZ_OK)
		return err;
	err = find_alias(rq, rs, writer_reader(w), name, &al);
	if (err == FZ_OK)
		err = alias_delete(w, name);
	err = reply_commit(rq, w, err);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s}", "subdomain", name, "message",
	    "Alias deleted"));
}

static enum fz_err
reserve_alias(struct request *rq, struct response *rs)
{
	struct alias al = { .type = ALIAS_RESERVED };
	struct writer *w;
	enum fz_err err = reply_unlimited(rq, rs);

	if (err == FZ_OK)
		err = begin(rq, rs, &al.name, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, put(rq, rs, w, &al));
	return err == FZ_OK ? answer_written(rs, 201, &al, "Alias reserved") : err;
}

static enum fz_err
read_target(struct request *rq, struct response *rs, struct reader *rd, const json_t *v,
    struct alias *al)
{
	struct alias_target *t = &al->targets[al->ntargets];
	struct field_error e = { 0 };
	int64_t weight;
	enum fz_err err;

	if (!json_is_object(v))
		return response_invalid(rs, "targets", "objects with app_id and weight");
	err = json_want_int(v, "weight", true, 1, 100, &weight, &e);
	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	t->weight = (int)weight;
	err = want_app(rq, rs, rd, v, true, &t->app);
	for (size_t i = 0; err == FZ_OK && i < al->ntargets; i++)
		if (al->targets[i].app == t->app)
			return response_invalid(rs, "targets", "every app once");
	al->ntargets++;
	return err;
}

static enum fz_err
read_targets(struct request *rq, struct response *rs, struct reader *rd,
    const json_t *body, struct alias *al)
{
	const json_t *targets = json_object_get(body, "targets"), *v;
	enum fz_err err;
	int sum = 0;
	size_t i;

	if (targets == NULL)
		return response_missing(rs, "targets");
	if (!json_is_array(targets) || json_array_size(targets) < 2 ||
	    json_array_size(targets) > ALIAS_TARGETS)
		return response_invalid(rs, "targets", "array of 2 to 10");
	json_array_foreach(targets, i, v) {
		err = read_target(rq, rs, rd, v, al);
		if (err != FZ_OK)
			return err;
		sum += al->targets[i].weight;
	}
	if (sum != 100)
		return response_invalid(rs, "targets", "weights that sum to 100");
	return FZ_OK;
}

static enum fz_err
split_in(struct request *rq, struct response *rs, struct writer *w, const json_t *body,
    struct alias *al)
{
	enum fz_err err = may_replace(rq, rs, writer_reader(w), al->name);

	if (err == FZ_OK)
		err = read_targets(rq, rs, writer_reader(w), body, al);
	return err == FZ_OK ? put(rq, rs, w, al) : err;
}

static enum fz_err
split_alias(struct request *rq, struct response *rs)
{
	struct alias al = { .type = ALIAS_SPLIT };
	struct writer *w;
	json_t *body;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = begin(rq, rs, &al.name, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, split_in(rq, rs, w, body, &al));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 201, json_pack("{s:s,s:s,s:o,s:s}", "subdomain", al.name,
	    "type", alias_type_text(al.type), "targets", alias_view_targets(&al), "message",
	    "Traffic is split"));
}

static enum fz_err
want_name(struct request *rq, struct response *rs, const json_t *body, const char *member,
    const char **out)
{
	struct field_error e = { 0 };
	enum fz_err err = json_want_str(body, member, true, REF_MAX, out, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	return reply_alias_name(rq, rs, member, *out);
}

static enum fz_err
swap_in(struct request *rq, struct response *rs, struct writer *w, const char *one,
    const char *two)
{
	struct alias al;
	enum fz_err err = find_alias(rq, rs, writer_reader(w), one, &al);

	if (err == FZ_OK)
		err = find_alias(rq, rs, writer_reader(w), two, &al);
	if (err == FZ_OK)
		err = alias_swap(w, one, two);
	if (err == FZ_CONFLICT)
		response_why(rs, err, "Both aliases must lead to an app");
	return err;
}

static enum fz_err
swap_aliases(struct request *rq, struct response *rs)
{
	const char *one = NULL, *two = NULL;
	struct writer *w;
	json_t *body;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = want_name(rq, rs, body, "alias1", &one);
	if (err == FZ_OK)
		err = want_name(rq, rs, body, "alias2", &two);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, swap_in(rq, rs, w, one, two));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s,s:s}", "alias1", one,
	    "alias2", two, "message", "Aliases swapped"));
}

extern const struct route alias_routes[];

const struct route alias_routes[] = {
	{ METHOD_GET, "/api/aliases", list_aliases, WHO_ADMIN, "aliases.read", ON_ADMIN,
	    0, 0, "List aliases", NULL, "[Alias]" },
	{ METHOD_POST, "/api/aliases", create_alias, WHO_ADMIN, "aliases", ON_ADMIN, 0,
	    WEIGHT_CONFIG, "Make or replace an alias", "AliasCreate", "AliasWritten" },
	{ METHOD_POST, "/api/aliases/swap", swap_aliases, WHO_ADMIN, "aliases", ON_ADMIN,
	    0, WEIGHT_CONFIG, "Swap two aliases atomically", "AliasSwap",
	    "AliasSwapped" },
	{ METHOD_GET, "/api/aliases/{sub}", get_alias, WHO_ADMIN, "aliases.read",
	    ON_ADMIN, 0, 0, "Show an alias", NULL, "Alias" },
	{ METHOD_PUT, "/api/aliases/{sub}", update_alias, WHO_ADMIN, "aliases", ON_ADMIN,
	    0, WEIGHT_CONFIG, "Change an alias", "AliasUpdate", "AliasWritten" },
	{ METHOD_DELETE, "/api/aliases/{sub}", delete_alias, WHO_ADMIN, "aliases",
	    ON_ADMIN, 0, WEIGHT_CONFIG, "Delete an alias", NULL, "AliasDeleted" },
	{ METHOD_POST, "/api/aliases/{sub}/reserve", reserve_alias, WHO_ADMIN, "aliases",
	    ON_ADMIN, 0, WEIGHT_CONFIG, "Keep a name from being used", NULL,
	    "AliasWritten" },
	{ METHOD_POST, "/api/aliases/{sub}/split", split_alias, WHO_ADMIN, "aliases",
	    ON_ADMIN, 0, WEIGHT_CONFIG, "Split an alias between apps", "AliasSplit",
	    "AliasSplitDone" },
	{ 0 }
};
