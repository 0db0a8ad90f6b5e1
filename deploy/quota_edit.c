/*
 * The table of quotas is store/quota.h.  An unknown name is refused, not ignored as
 * elsewhere: a limit that was misspelt is no limit, and its owner would find out too late.
 */
#include "deploy/quota_edit.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "store/usage.h"

#define TEXT_MAX 4096

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
	const struct quota_row *q = quota_find(name);

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
quota_edit_merge(struct arena *a, struct response *rs, const char *stored,
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

enum fz_err
quota_edit_exceeded(struct response *rs, const char *quota, int64_t limit, int64_t used)
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
quota_edit_check_tree(struct reader *rd, struct response *rs, const struct app *a, int64_t files)
{
	struct usage used = { 0 };
	struct quota quota;
	int64_t bytes = 0;
	enum fz_err err;

	quota_read(a->quotas, &quota);
	if (files > quota.files)
		return quota_edit_exceeded(rs, "files", quota.files, files);
	err = usage_bound(rd, a->id, &bytes);
	if (err != FZ_OK || bytes <= quota.disk_bytes)
		return err;
	err = usage_of_app(rd, a->id, &used);
	if (err == FZ_OK && used.disk > quota.disk_bytes)
		return quota_edit_exceeded(rs, "disk_bytes", quota.disk_bytes, used.disk);
	return err;
}
