/*
 * A list without ?user= goes through all spaces of the app, by user and then by name, so
 * its cursor holds both; the name is in hex because keys may be anything.
 */
#include "admin/data_at.h"

#include <string.h>

#include "admin/json_text.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "store/user.h"

#define LIMIT_STANDARD 20
#define LIMIT_MOST 100
#define NAME_BYTES 4096

enum fz_err
data_at_find(
    struct request *rq, struct response *rs, struct reader *rd, struct data_at *at)
{
	const char *uid = request_arg(rq, "user");
	struct user u;
	enum fz_err err;

	memset(at, 0, sizeof(*at));
	err = app_param(rq, rs, rd, &at->app);
	if (err != FZ_OK)
		return err;
	quota_read(at->app.quotas, &at->quota);
	at->space.app = at->app.id;
	at->all_users = uid == NULL;
	if (uid == NULL || uid[0] == '\0')
		return FZ_OK;
	err = user_by_uid(rd, rq->arena, uid, &u);
	if (err == FZ_OK)
		at->space.user = u.id;
	return err;
}

enum fz_err
data_at_page(struct request *rq, struct response *rs, struct data_page *page)
{
	const char *cursor = request_arg(rq, "cursor"), *field;
	struct page p;

	if (request_page(rq, LIMIT_STANDARD, LIMIT_MOST, &p, &field) != FZ_OK)
		return response_invalid(rs, field, "out of range");
	page->limit = p.limit;
	page->cursor = cursor != NULL && cursor[0] != '\0' ? cursor : NULL;
	return FZ_OK;
}

enum fz_err
data_at_list(struct request *rq, struct response *rs, data_rows_fn *rows)
{
	const char *next = NULL;
	struct data_page page;
	struct reader *rd;
	struct buf b;
	enum fz_err err = data_at_page(rq, rs, &page);

	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":[");
	err = rows(rq, rs, rd, &page, &b, &next);
	reader_close(rd);
	if (err != FZ_OK) {
		buf_fini(&b);
		return err;
	}
	buf_putc(&b, ']');
	return json_text_list(rs, &b, page.limit, next);
}

const char *
data_at_cursor(struct arena *a, int64_t user, const char *name)
{
	size_t n = strlen(name);
	char *hex = arena_alloc(a, 2 * n + 1);

	str_hex(hex, name, n);
	return arena_printf(a, "%lld.%s", (long long)user, hex);
}

enum fz_err
data_at_after(struct request *rq, struct response *rs, const struct data_page *page,
    int64_t *user, const char **name)
{
	const char *dot, *hex;
	char *text;
	size_t n;

	*name = NULL;
	*user = 0;
	if (page->cursor == NULL)
		return FZ_OK;
	dot = strchr(page->cursor, '.');
	hex = dot != NULL ? dot + 1 : "";
	n = strlen(hex);
	if (n == 0 || n % 2 != 0 || n > 2 * (size_t)NAME_BYTES ||
	    !str_i64(arena_strndup(rq->arena, page->cursor, (size_t)(dot - page->cursor)),
	    user))
		return response_invalid(rs, "cursor", "as an answer gave it");
	text = arena_alloc(rq->arena, n / 2 + 1);
	if (!str_unhex(text, n / 2, hex, n) || strlen(text) != n / 2 ||
	    !str_utf8_ok(text, n / 2))
		return response_invalid(rs, "cursor", "as an answer gave it");
	*name = text;
	return FZ_OK;
}

const char *
data_at_uid(struct reader *rd, struct arena *a, struct data_user *last, int64_t id)
{
	struct user u;

	if (id == 0 || last->id == id)
		return id == 0 ? NULL : last->uid;
	last->id = id;
	last->uid = user_by_id(rd, a, id, &u) == FZ_OK ? u.uid : NULL;
	return last->uid;
}

/* Valid JSON without the blanks between its parts. */
static char *
squeeze(struct arena *a, const char *s, size_t len, size_t *outlen)
{
	char *out = arena_alloc(a, len + 1);
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!quoted && strchr(" \t\r\n", s[i]) != NULL)
			continue;
		out[n++] = s[i];
		if (quoted && s[i] == '\\')
			out[n++] = s[++i];
		else if (s[i] == '"')
			quoted = !quoted;
	}
	*outlen = n;
	return out;
}

enum fz_err
data_at_body(struct request *rq, struct response *rs, const char **text, size_t *len)
{
	json_t *value = NULL;
	const char *raw;
	enum fz_err err;
	size_t n;

	if (rq->body == NULL || spool_size(rq->body) == 0)
		return response_why(rs, FZ_INVALID_JSON, "the body must be a JSON value");
	if (!mime_is(rq->content_type, "application/json"))
		return FZ_UNSUPPORTED_MEDIA_TYPE;
	err = request_text(rq, rq->node->max_json, &raw, &n);
	if (err == FZ_OK)
		err = json_parse(raw, n, &value, &rs->why);
	if (err != FZ_OK)
		return err;
	json_decref(value);
	*text = squeeze(rq->arena, raw, n, len);
	return FZ_OK;
}
