/*
 * An app's key-values for its owner's tools.  A key is the rest of the path, so it may
 * hold slashes; what a path cannot carry (empty segments, ".", "..") is reached through
 * the list and by scripts only.
 *
 * A page is made of keys first and then their values, until they are a few MiB: a page of
 * large values is a short one, and its cursor goes on behind them.
 */
#include <string.h>

#include "admin/data_at.h"
#include "admin/json_text.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/quota_tell.h"
#include "deploy/reply.h"
#include "store/kv.h"

#define PAGE_BYTES (4 * MIB)
#define TTL_MAX (1000LL * 366 * 24 * 3600 * 1000)	/* a thousand years */

static void
put_kv(struct buf *b, const struct kv *kv, const char *uid)
{
	buf_puts(b, "{\"key\":");
	buf_json(b, kv->key, strlen(kv->key));
	buf_puts(b, ",\"value\":");
	buf_add(b, kv->value, kv->value_len);
	json_text_put_time(b, "expires_at", kv->expires);
	json_text_put(b, "user_id", uid);
	buf_putc(b, '}');
}

/* One row with its value; a key that expired meanwhile is no row. */
static enum fz_err
add_row(struct request *rq, struct reader *rd, const struct data_at *at,
    const struct kv *key, struct data_user *user, struct buf *b, size_t start)
{
	struct space space = { at->app.id, key->user };
	struct kv kv;
	enum fz_err err = kv_get(rd, rq->arena, space, key->key, &kv);

	if (err == FZ_NOT_FOUND)
		return FZ_OK;
	if (err != FZ_OK)
		return err;
	if (b->len > start)
		buf_putc(b, ',');
	put_kv(b, &kv, data_at_uid(rd, rq->arena, user, key->user));
	return FZ_OK;
}

/* The rows of one page into *b, *next for the one after it. */
static enum fz_err
write_page(struct request *rq, struct response *rs, struct reader *rd,
    const struct data_page *page, struct buf *b, const char **next)
{
	const char *prefix = request_arg(rq, "prefix");
	struct kv_filter f = { .prefix = prefix != NULL ? prefix : "", .keys_only = true,
		.limit = page->limit };
	struct data_user user = { 0 };
	struct data_at at;
	size_t n, i, start = b->len;
	struct kv *v;
	enum fz_err err;
	bool more;

	err = data_at_find(rq, rs, rd, &at);
	if (err == FZ_OK)
		err = data_at_after(rq, rs, page, &f.after_user, &f.after);
	f.all_users = at.all_users;
	if (err == FZ_OK)
		err = kv_list(rd, rq->arena, at.space, &f, &v, &n, &more);
	if (err != FZ_OK)
		return err;
	for (i = 0; err == FZ_OK && i < n && b->len < PAGE_BYTES; i++)
		err = add_row(rq, rd, &at, &v[i], &user, b, start);
	if (err == FZ_OK && i > 0 && (more || i < n))
		*next = data_at_cursor(rq->arena, v[i - 1].user, v[i - 1].key);
	return err;
}

static enum fz_err
list_keys(struct request *rq, struct response *rs)
{
	return data_at_list(rq, rs, write_page);
}

static enum fz_err
send_kv(struct request *rq, struct response *rs, const struct kv *kv)
{
	const char *uid = request_arg(rq, "user");
	struct buf b;

	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":");
	put_kv(&b, kv, uid != NULL && uid[0] != '\0' ? uid : NULL);
	buf_putc(&b, '}');
	return json_text_send(rs, 200, &b);
}

static enum fz_err
get_key(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct data_at at;
	struct kv kv;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = data_at_find(rq, rs, rd, &at);
	if (err == FZ_OK)
		err = kv_get(rd, rq->arena, at.space, request_param(rq, "key"), &kv);
	reader_close(rd);
	return err == FZ_OK ? send_kv(rq, rs, &kv) : err;
}

static enum fz_err
want_ttl(struct request *rq, struct response *rs, int64_t *expires)
{
	const char *text = request_arg(rq, "ttl_ms");
	int64_t ttl;

	*expires = 0;
	if (text == NULL)
		return FZ_OK;
	if (!str_i64(text, &ttl) || ttl < 1 || ttl > TTL_MAX)
		return response_invalid(rs, "ttl_ms", "milliseconds, at least 1");
	*expires = clock_wall_ms() + ttl;
	return FZ_OK;
}

static enum fz_err
put_in(struct request *rq, struct response *rs, struct writer *w, const char *value,
    size_t len, int64_t expires)
{
	const char *key = request_param(rq, "key");
	struct data_at at;
	enum fz_err err = data_at_find(rq, rs, writer_reader(w), &at);

	if (err != FZ_OK)
		return err;
	err = kv_set(w, at.space, &at.quota, key, value, len, expires);
	if (err == FZ_VALIDATION_FAILED)
		return response_invalid(rs, strlen(key) > KV_KEY_MAX ? "key" : "value",
		    "a key has up to 512 bytes, a value up to 1 MiB");
	return quota_tell(rs, writer_reader(w), at.app.id, &at.quota, "kv_keys", err);
}

static enum fz_err
put_key(struct request *rq, struct response *rs)
{
	struct kv kv = { .key = request_param(rq, "key") };
	struct writer *w;
	enum fz_err err = data_at_body(rq, rs, &kv.value, &kv.value_len);

	if (err == FZ_OK)
		err = want_ttl(rq, rs, &kv.expires);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = put_in(rq, rs, w, kv.value, kv.value_len, kv.expires);
	err = reply_commit(rq, w, err);
	return err == FZ_OK ? send_kv(rq, rs, &kv) : err;
}

static enum fz_err
delete_key(struct request *rq, struct response *rs)
{
	const char *key = request_param(rq, "key");
	struct data_at at;
	struct writer *w;
	struct kv kv;
	enum fz_err err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = data_at_find(rq, rs, writer_reader(w), &at);
	if (err == FZ_OK)
		err = kv_get(writer_reader(w), rq->arena, at.space, key, &kv);
	if (err == FZ_OK)
		err = kv_delete(w, at.space, key);
	err = reply_commit(rq, w, err);
	return err == FZ_OK ? reply_message(rs, "Key deleted") : err;
}

#define KEYS "/api/apps/{app}/data/kv"

extern const struct route data_kv_routes[];

const struct route data_kv_routes[] = {
	{ METHOD_GET, KEYS, list_keys, WHO_ADMIN, "data.read", ON_ADMIN, 0, 0,
	    "Key-values of an app (?prefix=&user=&limit=&cursor=)", NULL, "[DataKey]" },
	{ METHOD_GET, KEYS "/{key...}", get_key, WHO_ADMIN, "data.read", ON_ADMIN, 0, 0,
	    "One key (?user=)", NULL, "DataKey" },
	{ METHOD_PUT, KEYS "/{key...}", put_key, WHO_ADMIN, "data", ON_ADMIN, 0,
	    DATA_AT_WEIGHT, "Set a key to the JSON value in the body (?user=&ttl_ms=)",
	    "AnyValue", "DataKey" },
	{ METHOD_DELETE, KEYS "/{key...}", delete_key, WHO_ADMIN, "data", ON_ADMIN, 0,
	    DATA_AT_WEIGHT, "Delete a key (?user=)", NULL, "Message" },
	{ 0 }
};
