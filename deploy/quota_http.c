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

static void
put_use(json_t *o, const char *name, int64_t used, int64_t limit)
{
	json_object_set_new(o, name,
	    json_pack("{s:I,s:I}", "used", (json_int_t)used, "limit", (json_int_t)limit));
}

static enum fz_err
usage_answer(struct response *rs, struct reader *rd, const struct app *a)
{
	struct usage_data data;
	struct quota quota;
	int64_t lines = 0;
	struct usage u;
	enum fz_err err;
	json_t *o;

	quota_read(a->quotas, &quota);
	err = usage_of_app(rd, a->id, &u);
	if (err == FZ_OK)
		err = usage_of_data(rd, a->id, &data);
	if (err == FZ_OK)
		err = usage_of_log(rd, a->id, &lines);
	if (err != FZ_OK)
		return err;
	o = json_object();
	put_use(o, "disk", u.disk + data.kv_bytes + data.doc_bytes + data.object_bytes,
	    quota.disk_bytes);
	put_use(o, "files", u.files, quota.files);
	put_use(o, "docs", data.docs, quota.docs);
	put_use(o, "kv", data.kv_keys, quota.kv_keys);
	put_use(o, "blobs", data.object_bytes, quota.blob_bytes);
	put_use(o, "logs", lines, quota.log_rows);
	return response_data(rs, 200, o);
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
