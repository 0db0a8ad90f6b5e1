/*
 * A document's id is stored as a canonical body, like every string in its text: it is
 * spliced into answers and compared with queries as it stands.
 */
#include "store/doc_make.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "store/doc_rows.h"

int64_t
doc_make_now(const struct doc_write *c)
{
	return c->at->now != 0 ? c->at->now : clock_wall_ms();
}

/* --- ids --- */

const char *
doc_make_uuid(struct arena *a)
{
	uint8_t b[16];
	char hex[33];

	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	str_hex(hex, b, sizeof(b));
	return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	    hex + 16, hex + 20);
}

enum fz_err
doc_make_id(struct arena *a, const char *body, size_t len, const char **out,
    struct why *why)
{
	char *plain = arena_alloc(a, len + 4);
	size_t n = doc_json_plain(plain, body, len);

	if (n < 1 || n > DOC_ID_MAX)
		return why_set(why, FZ_VALIDATION_FAILED, "an id has 1 to %d bytes",
		    DOC_ID_MAX);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)plain[i] < 0x20 || plain[i] == 0x7f)
			return why_set(why, FZ_VALIDATION_FAILED,
			    "an id has no control characters");
	*out = arena_strndup(a, body, len);
	return FZ_OK;
}

enum fz_err
doc_make_body(struct arena *a, const char *id, const char **out, struct why *why)
{
	const char *body;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	(void)doc_json_body(&b, id, strlen(id));
	body = arena_strndup(a, b.data != NULL ? b.data : "", b.len);
	buf_fini(&b);
	return doc_make_id(a, body, strlen(body), out, why);
}

const char *
doc_make_plain(struct arena *a, const char *body)
{
	size_t len = strlen(body);
	char *out = arena_alloc(a, len + 4);

	out[doc_json_plain(out, body, len)] = '\0';
	return out;
}

/* --- documents --- */

enum fz_err
doc_make_text(struct arena *a, const struct doc_node *n, struct doc_view *v,
    struct why *why)
{
	struct buf b;
	enum fz_err err;

	buf_init(&b, 2 * DOC_BYTES_MAX);
	err = doc_json_print(&b, n);
	if (err == FZ_OK) {
		v->json = arena_strndup(a, b.data, b.len);
		v->len = b.len;
	} else if (err == FZ_VALIDATION_FAILED) {
		(void)why_set(why, err, "a document is nested too deeply");
	} else {
		err = why_set(why, FZ_LIMIT_EXCEEDED,
		    "a document has at most %lu bytes", DOC_BYTES_MAX);
	}
	buf_fini(&b);
	return err;
}

static void
drop_member(struct doc_node *n, const char *name)
{
	struct doc_node *m = doc_json_get(n, name, strlen(name));

	if (m != NULL)
		doc_json_remove(n, m);
}

/* The session of a call is a field like others, but not the script's to choose. */
static void
set_session(struct doc_write *c, struct doc_node *n)
{
	struct buf b;

	if (c->at->session == NULL)
		return;
	buf_init(&b, DOC_BYTES_MAX);
	(void)doc_json_body(&b, c->at->session, strlen(c->at->session));
	doc_json_set(c->scratch, n, "session", 7, doc_json_text(c->scratch, DOC_STRING,
	    arena_strndup(c->scratch, b.data, b.len), b.len));
	buf_fini(&b);
}

/* What a row keeps elsewhere or a call decides is not the text's to say. */
void
doc_make_own(struct doc_write *c, struct doc_node *n)
{
	drop_member(n, "id");
	drop_member(n, "_createdAt");
	drop_member(n, "_updatedAt");
	set_session(c, n);
}

enum fz_err
doc_make_add(struct doc_write *c, struct doc_node *n, const char *id, int64_t created,
    int64_t updated)
{
	struct doc_view v = { .id = id, .id_len = strlen(id), .created = created,
		.updated = updated };
	enum fz_err err;

	doc_make_own(c, n);
	err = doc_make_text(c->scratch, n, &v, c->why);
	return err == FZ_OK ? doc_rows_add(c, &v) : err;
}

enum fz_err
doc_make_rid(struct doc_write *c, const char *body, int64_t *rid)
{
	if (!c->there)
		return FZ_NOT_FOUND;
	return sql_get_int(c->rd, rid, "SELECT rid FROM doc WHERE collection=?1"
	    " AND id=?2", "it", c->coll.id, body);
}

enum fz_err
doc_make_copy(struct doc_write *c, int64_t rid, struct doc_view *v)
{
	struct sql *s;
	enum fz_err err = doc_view_read(c->rd, rid, &s, v), end;

	if (err == FZ_OK) {
		v->id = arena_strndup(c->scratch, v->id, v->id_len);
		v->json = arena_strndup(c->scratch, v->json, v->len);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}
