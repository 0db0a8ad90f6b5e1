/*
 * POST /api/deploy: one archive, as a part of a form or as the whole body.
 *
 * An upload is judged before it is unpacked: whose app it is, whether this caller may,
 * and how often it did.  The commit judges the first two again (deploy/staging.h), so the
 * early look only saves work, it decides nothing.
 */
#include <string.h>

#include "base/route.h"
#include "deploy/archive.h"
#include "deploy/deploy_rate.h"
#include "deploy/deploy_target.h"
#include "deploy/staging.h"

#define URL_MAX		2048
#define TEXT_MAX	1024

struct upload {
	struct request		*rq;
	struct response		*rs;
	struct parts		 parts;		/* of a multipart body */
	uint64_t		 off;		/* the archive in the body */
	uint64_t		 len;
	bool			 strip;
	struct deploy_options	 opt;
};

static bool
type_is(const char *type, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(type, name, n) == 0 && strchr("; \t", type[n]) != NULL;
}

static bool
is_archive_type(const char *type)
{
	static const char *const types[] = { "application/zip", "application/gzip",
		"application/x-gzip", "application/x-tar", "application/zstd",
		"application/octet-stream" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type_is(type, types[i]))
			return true;
	return false;
}

/* A field of the form, else of the query; NULL when absent or empty. */
static enum fz_err
field(struct upload *u, const char *name, size_t max, const char **out)
{
	const struct part *p = parts_find(&u->parts, name);
	const char *text;
	enum fz_err err;

	if (p != NULL) {
		err = part_text(u->rq->arena, u->rq->body, p, max, &text);
		if (err == FZ_IO)
			return err;
		if (err != FZ_OK)
			return response_invalid(u->rs, name, "a short UTF-8 text");
	} else {
		text = request_arg(u->rq, name);
	}
	if (text != NULL && strlen(text) > max)
		return response_invalid(u->rs, name, "too long");
	*out = text != NULL && text[0] != '\0' ? text : NULL;
	return FZ_OK;
}

static enum fz_err
flag(struct upload *u, const char *name, bool *out)
{
	const char *text;
	enum fz_err err;

	err = field(u, name, 8, &text);
	if (err != FZ_OK || text == NULL)
		return err;
	if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
		*out = true;
	else if (strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return response_invalid(u->rs, name, "true or false");
	return FZ_OK;
}

static enum fz_err
read_fields(struct upload *u)
{
	struct deploy_options *o = &u->opt;
	const struct {
		const char	*name;
		size_t		 max;
		const char	**out;
	} texts[] = {
		{ "site_name", 300, &o->label },
		{ "message", TEXT_MAX, &o->message },
		{ "source_type", 16, &o->source },
		{ "source_url", URL_MAX, &o->source_url },
		{ "source_ref", 256, &o->source_ref },
		{ "source_commit", 64, &o->source_commit },
	};
	enum fz_err err = FZ_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && err == FZ_OK; i++)
		err = field(u, texts[i].name, texts[i].max, texts[i].out);
	if (err == FZ_OK)
		err = flag(u, "spa", &o->spa);
	if (err == FZ_OK)
		err = flag(u, "draft", &o->draft);
	if (err == FZ_OK)
		err = flag(u, "strip", &u->strip);
	if (err != FZ_OK)
		return err;
	if (o->label == NULL)
		return response_missing(u->rs, "site_name");
	if (o->source == NULL)
		o->source = "deploy";
	if (strcmp(o->source, "deploy") != 0 && strcmp(o->source, "git") != 0 &&
	    strcmp(o->source, "template") != 0)
		return response_invalid(u->rs, "source_type", "deploy, git or template");
	o->by = u->rq->caller.name;
	o->if_match = request_header(u->rq, "if-match");
	return FZ_OK;
}

/* Where the archive lies in the body. */
static enum fz_err
find_archive(struct upload *u)
{
	struct request *rq = u->rq;
	const struct part *file;
	struct why why = { 0 };
	enum fz_err err;

	u->len = rq->body != NULL ? spool_size(rq->body) : 0;
	if (!type_is(rq->content_type, "multipart/form-data")) {
		if (u->len > 0 && !is_archive_type(rq->content_type))
			return response_why(u->rs, FZ_UNSUPPORTED_MEDIA_TYPE,
			    "Send multipart/form-data, or the archive as application/"
			    "zip, application/gzip or application/x-tar");
		return u->len > 0 ? FZ_OK : response_missing(u->rs, "file");
	}
	if (u->len == 0)
		return response_missing(u->rs, "file");
	err = multipart_parse(rq->arena, rq->body, rq->content_type, &u->parts, &why);
	if (err != FZ_OK)
		return response_why(u->rs, err, "%s", why.text);
	file = parts_find(&u->parts, "file");
	if (file == NULL || file->len == 0)
		return response_missing(u->rs, "file");
	u->off = file->off;
	u->len = file->len;
	return FZ_OK;
}

static enum fz_err
may_deploy(struct upload *u)
{
	struct deploy_target to;
	struct reader *rd;
	enum fz_err err;

	err = reader_open(u->rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = deploy_target_find(u->rq, u->rs, rd, u->opt.label, NULL, &to);
	reader_close(rd);
	if (err == FZ_OK)
		err = deploy_target_if_match(u->rs, u->opt.if_match,
		    to.exists ? to.app.live_n : 0);
	return err == FZ_OK ? deploy_rate_take(u->rq, u->rs) : err;
}

static enum fz_err
upload(struct request *rq, struct response *rs)
{
	struct upload u = { .rq = rq, .rs = rs };
	struct staging *st = NULL;
	struct deploy_result res;
	enum fz_err err;

	err = find_archive(&u);
	if (err == FZ_OK)
		err = read_fields(&u);
	if (err == FZ_OK)
		err = may_deploy(&u);
	if (err == FZ_OK)
		err = staging_new(rq->node->store, rq->arena, &st);
	if (err == FZ_OK)
		err = archive_read_into(st, rs, rq->body, u.off, u.len);
	if (err == FZ_OK && u.strip)
		err = staging_strip(st, rs);
	if (err == FZ_OK)
		err = staging_commit(st, rq, rs, &u.opt, &res);
	if (err == FZ_OK)
		err = response_data(rs, 200, deploy_view(rq, st, &res));
	staging_free(st);
	return err;
}

extern const struct route deploy_routes[];

const struct route deploy_routes[] = {
	{ METHOD_POST, "/api/deploy", upload, WHO_ADMIN, "deploy", ON_ADMIN,
	    ROUTE_BODY_RAW | ROUTE_IDEMPOTENT, 6,
	    "Deploy an archive; app and alias are created if missing", "DeployUpload",
	    "DeployResult" },
	{ 0 }
};
