/*
 * A hit costs no SQL, no malloc and no formatting but the tag: everything else about a
 * file was worked out when its version was read.
 *
 * Order matters.  First what the site may change (type, caching, policy), then its own
 * _headers, then what describes the bytes that are sent (tag, encoding, range), which a
 * rule must not falsify; "nosniff" is always last, as no rule may take it away.
 *
 * Every variant has a tag of its own, and a 304 repeats the tag the client named, so
 * that caches refresh the entry they hold.  Ranges are of the plain bytes only: a range
 * of a compressed file means nothing to a client that resumes.
 */
#include "fcgi/static_send.h"

#include <string.h>

#include "base/clock.h"
#include "base/http_cond.h"
#include "fcgi/content.h"
#include "fcgi/pages.h"
#include "store/blob.h"

/* What will be sent. */
struct sending {
	struct request	*rq;
	struct response	*rs;
	const struct site *site;
	const struct edition_file *file;
	enum static_send how;
	int		 status;
	enum blob_enc	 enc;
	char		*tag;		/* HTTP_COND_TAG bytes in the arena */
};

/*
 * A constant name and a text that lives as long as the site.  Without rules nobody has
 * set these before, and then there is nothing to compare, check or copy.
 */
static void
put(struct sending *s, const char *name, const char *value)
{
	struct response *rs = s->rs;

	if (s->site->edition->rules != NULL || rs->nheaders == RESPONSE_HEADERS)
		response_header(rs, name, value);
	else
		rs->headers[rs->nheaders++] = (struct pair){ name, value };
}

static void
tag_make(char *tag, const struct edition_file *f, enum blob_enc enc)
{
	static const char *const ends[] = { "", "-gz", "-br" };

	http_cond_tag(tag, f->sha256, ends[enc]);
}

static const char *
age_text(const struct sending *s)
{
	if (s->how == STATIC_SEND_PRIVATE)
		return "private, no-cache";
	if (s->status >= 400)
		return "no-cache";
	switch (s->file->age) {
	case EDITION_CHECK:
		break;
	case EDITION_SHORT:
		return "public, max-age=300";
	case EDITION_FOREVER:
		return "public, max-age=31536000, immutable";
	}
	return "no-cache";
}

/* What a rule may override. */
static void
policy_headers(struct sending *s)
{
	put(s, "Content-Type", s->file->mime);
	put(s, "Cache-Control", age_text(s));
	put(s, "Referrer-Policy", "strict-origin-when-cross-origin");
	if (s->how == STATIC_SEND_PUBLIC)
		rules_headers(s->site->edition->rules, s->rq->path, s->rs);
}

static bool
has_variants(const struct edition_file *f)
{
	return f->gz > 0 || f->br > 0;
}

static void
vary(struct sending *s)
{
	const char *old = response_get(s->rs, "Vary");

	put(s, "Vary", old == NULL ? "Accept-Encoding" :
	    arena_printf(s->rs->arena, "%s, Accept-Encoding", old));
}

/* What describes the bytes, after the rules. */
static void
entity_headers(struct sending *s)
{
	if (s->site->edition->rules != NULL) {
		response_unset(s->rs, "Content-Encoding");
		response_unset(s->rs, "Content-Range");
	}
	put(s, "Allow", "GET, HEAD, OPTIONS");
	if (has_variants(s->file))
		vary(s);
	if (s->status < 400) {
		put(s, "ETag", s->tag);
		put(s, "Last-Modified", s->file->modified);
		put(s, "Accept-Ranges", "bytes");
	}
	put(s, "X-Content-Type-Options", "nosniff");
}

static uint64_t
variant_size(const struct edition_file *f, enum blob_enc enc)
{
	return enc == BLOB_GZIP ? f->gz : enc == BLOB_BROTLI ? f->br : f->size;
}

/* Headers that speak of a body which is not sent. */
static void
forget_body(struct response *rs)
{
	static const char *const names[] = { "Content-Type", "Content-Encoding",
		"Accept-Ranges", "Last-Modified", "ETag", "Allow", "Vary" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		response_unset(rs, names[i]);
}

static void
send_failed(struct sending *s, enum fz_err err)
{
	forget_body(s->rs);
	if (err == FZ_NOT_FOUND) {
		pages_error(s->rq, s->rs, FZ_NOT_FOUND, NULL);
		return;
	}
	pages_error(s->rq, s->rs, FZ_SERVICE_UNAVAILABLE, NULL);
	response_header(s->rs, "Retry-After", "1");
}

/* Bytes [from, from+len) of the variant chosen. */
static void
send_bytes(struct sending *s, uint64_t from, uint64_t len)
{
	struct response *rs = s->rs;
	struct content *c;
	enum fz_err err;

	if (variant_size(s->file, s->enc) > CONTENT_MAX) {
		response_bytes(rs, s->status, NULL, "", 0);
		rs->source = blob_source(s->rq->node->store, s->file->blob, s->enc, from,
		    len);
		rs->source_len = (int64_t)len;
		return;
	}
	err = content_get(s->rq->node, s->file, s->enc, &c);
	if (err == FZ_OK && from + len > c->len) {
		content_unref(c);
		err = FZ_CORRUPT;
	}
	if (err != FZ_OK) {
		send_failed(s, err);
		return;
	}
	response_bytes(rs, s->status, NULL, (const char *)c->bytes + from, (size_t)len);
	rs->release = content_unref;
	rs->release_arg = c;
}

/* RFC 9110 13.2.2: does the client have it already?  Then s->tag is what it has. */
static bool
unchanged(struct sending *s)
{
	static const enum blob_enc all[] = { BLOB_PLAIN, BLOB_GZIP, BLOB_BROTLI };
	const char *list = request_header(s->rq, "if-none-match");
	const char *since = request_header(s->rq, "if-modified-since");
	char tag[HTTP_COND_TAG];
	int64_t ms;

	if (list == NULL)
		return since != NULL && clock_parse_http(since, &ms) &&
		       s->file->since / 1000 <= ms / 1000;
	if (http_cond_etag(list, s->tag))
		return true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		tag_make(tag, s->file, all[i]);
		if (variant_size(s->file, all[i]) == 0 || !http_cond_etag(list, tag))
			continue;
		memcpy(s->tag, tag, HTTP_COND_TAG);
		return true;
	}
	return false;
}

/* Was part of the file asked for, and may it be sent? */
static enum http_cond_range
wanted_range(struct sending *s, uint64_t *from, uint64_t *len)
{
	const char *range = request_header(s->rq, "range");
	char plain[HTTP_COND_TAG];

	if (range == NULL || s->rq->method != METHOD_GET)
		return HTTP_COND_WHOLE;
	tag_make(plain, s->file, BLOB_PLAIN);
	if (!http_cond_if_range(request_header(s->rq, "if-range"), plain, s->file->since))
		return HTTP_COND_WHOLE;
	return http_cond_range(range, s->file->size, from, len);
}

static void
send_nothing(struct sending *s, int status)
{
	s->status = status;
	response_bytes(s->rs, status, NULL, "", 0);
	response_unset(s->rs, "Content-Type");
}

static void
send_part(struct sending *s, uint64_t from, uint64_t len)
{
	s->status = 206;
	s->enc = BLOB_PLAIN;
	tag_make(s->tag, s->file, BLOB_PLAIN);
	entity_headers(s);
	response_headerf(s->rs, "Content-Range", "bytes %llu-%llu/%llu",
	    (unsigned long long)from, (unsigned long long)(from + len - 1),
	    (unsigned long long)s->file->size);
	send_bytes(s, from, len);
}

static void
send_unsatisfiable(struct sending *s)
{
	tag_make(s->tag, s->file, BLOB_PLAIN);
	entity_headers(s);
	send_nothing(s, 416);
	response_header(s->rs, "Cache-Control", "no-store");
	response_headerf(s->rs, "Content-Range", "bytes */%llu",
	    (unsigned long long)s->file->size);
}

static void
send_whole(struct sending *s)
{
	static const char *const names[] = { NULL, "gzip", "br" };

	entity_headers(s);
	if (s->enc != BLOB_PLAIN)
		put(s, "Content-Encoding", names[s->enc]);
	send_bytes(s, 0, variant_size(s->file, s->enc));
}

static enum blob_enc
choose(const struct request *rq, const struct edition_file *f)
{
	if (!has_variants(f))
		return BLOB_PLAIN;
	switch (http_cond_encoding(request_header(rq, "accept-encoding"), f->gz > 0,
	    f->br > 0)) {
	case HTTP_COND_GZIP:
		return BLOB_GZIP;
	case HTTP_COND_BROTLI:
		return BLOB_BROTLI;
	case HTTP_COND_PLAIN:
		break;
	}
	return BLOB_PLAIN;
}

void
static_send(struct request *rq, struct response *rs, const struct site *site,
    const struct edition_file *file, int status, enum static_send how)
{
	struct sending s = { .rq = rq, .rs = rs, .site = site, .file = file, .how = how,
		.status = status };
	uint64_t from = 0, len = 0;

	s.enc = choose(rq, file);
	s.tag = arena_alloc(rq->arena, HTTP_COND_TAG);
	tag_make(s.tag, file, s.enc);
	policy_headers(&s);
	if (status == 200 && unchanged(&s)) {
		entity_headers(&s);
		send_nothing(&s, 304);
		return;
	}
	switch (status == 200 ? wanted_range(&s, &from, &len) : HTTP_COND_WHOLE) {
	case HTTP_COND_PART:
		send_part(&s, from, len);
		break;
	case HTTP_COND_UNSATISFIABLE:
		send_unsatisfiable(&s);
		break;
	case HTTP_COND_WHOLE:
		send_whole(&s);
		break;
	}
}
