/*
 * Whether an alias is free is looked up inside the transaction that takes it.
 *
 * A new app with a template is three steps: its files go into the store, then the app is
 * made, then the version goes live.  The order keeps the failure that is likely (a full
 * disk) where nothing has been made yet; should the last step fail, the app is removed.
 */
#include "deploy/app_make.h"

#include "base/limits.h"
#include "deploy/reply.h"
#include "deploy/staging.h"
#include "store/alias.h"

enum fz_err
app_make_wish(struct request *rq, struct response *rs, const json_t *body,
    const char *member, bool need, const char **out)
{
	struct field_error e = { 0 };
	const char *text = NULL;
	enum fz_err err = json_want_str(body, member, need, 63, &text, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (text == NULL || (text[0] == '\0' && !need))
		return FZ_OK;
	*out = text;
	return reply_alias_name(rq, rs, member, text);
}

enum fz_err
app_make_in(struct request *rq, struct response *rs, struct writer *w, struct app *a,
    const char *alias)
{
	struct alias al = { .name = alias, .type = ALIAS_PROXY }, old;
	enum fz_err err = FZ_ALIAS_NOT_FOUND;

	if (alias != NULL)
		err = alias_get(writer_reader(w), rq->arena, alias, &old);
	if (err == FZ_OK)
		return response_why(rs, FZ_CONFLICT, "The alias %s is taken", alias);
	if (err == FZ_ALIAS_NOT_FOUND)
		err = app_create(w, rq->arena, a);
	if (err != FZ_OK || alias == NULL)
		return err;
	al.app = a->id;
	return alias_put(w, &al);
}

enum fz_err
app_make(struct request *rq, struct response *rs, struct app *a, const char *alias)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	return err == FZ_OK ? reply_commit(rq, w, app_make_in(rq, rs, w, a, alias)) : err;
}

void
app_make_undo(struct request *rq, int64_t id)
{
	struct writer *w;

	if (writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w) == FZ_OK)
		(void)!reply_commit(rq, w, app_purge(w, id));
}

enum fz_err
app_make_from(struct request *rq, struct response *rs, const struct template *t,
    struct app *a, const char *alias)
{
	struct deploy_options opt = { .source = "template", .source_ref = t->id,
		.message = "From a template", .by = rq->caller.name };
	struct deploy_result done;
	struct staging *st;
	enum fz_err err = staging_new(rq->node->store, rq->arena, &st);

	if (err != FZ_OK)
		return err;
	a->source = opt.source;
	a->source_ref = t->id;
	err = templates_stage(t, st, rs);
	if (err == FZ_OK)
		err = app_make(rq, rs, a, alias);
	if (err == FZ_OK) {
		opt.app_uid = a->uid;
		err = staging_commit(st, rq, rs, &opt, &done);
		if (err != FZ_OK)
			app_make_undo(rq, a->id);
	}
	staging_free(st);
	return err;
}
