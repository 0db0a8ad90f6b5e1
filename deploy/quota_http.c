/*
 * What an app uses and may use.  Only what is counted is shown: a zero that nobody counts
 * would be read as a fact.
 */
#include "base/limits.h"
#include "base/route.h"
#include "deploy/app_view.h"
#include "deploy/quota_edit.h"
#include "deploy/reply.h"
#include "store/usage.h"

static enum fz_err
usage_answer(struct response *rs, struct reader *rd, const struct app *a)
{
	struct quota quota;
	struct usage u;
	enum fz_err err = usage_of_app(rd, a->id, &u);

	quota_read(a->quotas, &quota);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:{s:I,s:I},s:{s:I,s:I}}",
	    "disk", "used", (json_int_t)u.disk,
	    "limit", (json_int_t)quota.disk_bytes,
	    "files", "used", (json_int_t)u.files,
	    "limit", (json_int_t)quota.files));
}

static enum fz_err
get_usage(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct app a;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = app_param(rq, rs, rd, &a);
	if (err == FZ_OK)
		err = usage_answer(rs, rd, &a);
	reader_close(rd);
	return err;
}

static enum fz_err
put_quotas(struct request *rq, struct response *rs)
{
	struct writer *w;
	struct app a;
	json_t *body;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = app_param(rq, rs, writer_reader(w), &a);
	if (err == FZ_OK)
		err = quota_edit_merge(rq->arena, rs, a.quotas, body, &a.quotas);
	if (err == FZ_OK)
		err = app_update(w, &a);
	if (err == FZ_OK)
		err = usage_answer(rs, writer_reader(w), &a);
	return reply_commit(rq, w, err);
}

extern const struct route quota_routes[];

const struct route quota_routes[] = {
	{ METHOD_GET, "/api/apps/{app}/usage", get_usage, WHO_ADMIN, "stats.read",
	    ON_ADMIN, 0, 0, "What an app uses of its quotas", NULL, "AppUsage" },
	{ METHOD_PUT, "/api/apps/{app}/quotas", put_quotas, WHO_ADMIN, "apps", ON_ADMIN,
	    0, WEIGHT_CONFIG, "Set quotas of an app; null is the default", "AppQuotas",
	    "AppUsage" },
	{ 0 }
};
