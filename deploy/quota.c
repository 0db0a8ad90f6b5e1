/*
 * One table says which quotas exist, what they may be and what holds when nobody has
 * said anything.  An unknown name is refused, not ignored as elsewhere: a limit that was
 * misspelt is no limit, and its owner would find out too late.
 */
#include "deploy/quota.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "store/usage.h"

#define GIB (1024 * (int64_t)MIB)
#define TEXT_MAX 4096

struct quota {
	const char	*name;
	int64_t		 min;
	int64_t		 max;
	int64_t		 standard;
};

static const struct quota quotas[] = {
	{ "disk_bytes", 0, 1024 * GIB, 5 * GIB },
	{ "files", 1, LIMIT_ENTRIES, LIMIT_ENTRIES },
	{ "docs", 0, 100000000, 1000000 },
	{ "kv_keys", 0, 10000000, 100000 },
	{ "blob_bytes", 0, 1024 * GIB, 2 * GIB },
	{ "cpu_ms_per_min", 1, 60000 * 64, 60000 },
	{ "requests_per_s", 1, 100000, 500 },
	{ "concurrency", 1, 1024, 32 },
	{ "egress_per_min", 0, 100000, 60 },
	{ "log_rows", 0, 1000000, 50000 },
};

static const struct quota *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++)
		if (strcmp(quotas[i].name, name) == 0)
			return &quotas[i];
	return NULL;
}

static json_t *
stored_object(const char *text)
{
	json_t *o = NULL;

	if (json_parse(text, strlen(text), &o, NULL) == FZ_OK && json_is_object(o))
		return o;
	json_decref(o);
	return json_object();
}

static enum fz_err
set_one(struct arena *a, struct response *rs, json_t *into, const char *name,
    const json_t *v)
{
	const struct quota *q = find(name);

	if (q == NULL)
		return response_invalid(rs, name, "there is no such quota");
	if (json_is_null(v)) {
		json_object_del(into, name);
		return FZ_OK;
	}
	if (!json_is_integer(v) || json_integer_value(v) < q->min ||
	    json_integer_value(v) > q->max)
		return response_invalid(rs, name, arena_printf(a,
		    "null or an integer of %lld to %lld", (long long)q->min,
		    (long long)q->max));
	json_object_set_new(into, name, json_integer(json_integer_value(v)));
	return FZ_OK;
}

enum fz_err
quota_merge(struct arena *a, struct response *rs, const char *stored,
    const json_t *wanted, const char **out)
{
	enum fz_err err = FZ_OK;
	const char *name;
	json_t *into, *v;
	struct buf b;

	if (!json_is_object(wanted))
		return response_invalid(rs, "quotas", "object");
	into = stored_object(stored);
	buf_init(&b, TEXT_MAX);
	json_object_foreach((json_t *)wanted, name, v) {
		err = set_one(a, rs, into, name, v);
		if (err != FZ_OK)
			break;
	}
	if (err == FZ_OK)
		err = json_print(&b, into);
	if (err == FZ_OK)
		*out = arena_strdup(a, b.data);
	buf_fini(&b);
	json_decref(into);
	return err;
}

int64_t
quota_limit(const char *stored, const char *name)
{
	const struct quota *q = find(name);
	int64_t limit = q != NULL ? q->standard : 0;
	json_t *o = stored_object(stored);
	const json_t *v = json_object_get(o, name);

	if (json_is_integer(v))
		limit = json_integer_value(v);
	json_decref(o);
	return limit;
}

static enum fz_err
exceeded(struct response *rs, const char *quota, int64_t limit, int64_t used)
{
	response_detail(rs, "quota", json_string(quota));
	response_detail(rs, "limit", json_integer(limit));
	response_detail(rs, "used", json_integer(used));
	return response_why(rs, FZ_QUOTA_EXCEEDED, "The app may have %lld as %s; this is %lld",
	    (long long)limit, quota, (long long)used);
}

/*
 * Counting every content of every version exactly can take long and happens inside the
 * write transaction, so a cheap bound answers first; only an app that may be near its
 * limit is counted.
 */
enum fz_err
quota_check_tree(struct reader *rd, struct response *rs, const struct app *a, int64_t files)
{
	int64_t limit = quota_limit(a->quotas, "files"), bytes = 0;
	struct usage used = { 0 };
	enum fz_err err;

	if (files > limit)
		return exceeded(rs, "files", limit, files);
	limit = quota_limit(a->quotas, "disk_bytes");
	err = usage_bound(rd, a->id, &bytes);
	if (err != FZ_OK || bytes <= limit)
		return err;
	err = usage_of_app(rd, a->id, &used);
	if (err == FZ_OK && used.disk > limit)
		return exceeded(rs, "disk_bytes", limit, used.disk);
	return err;
}
