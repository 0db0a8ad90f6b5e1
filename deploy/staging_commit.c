/*
 * From a staging to a version: one transaction that finds or makes the app, checks what
 * the caller asked to be true, writes the version and moves the pointer.  Everything slow
 * (sorting, reading manifest.json and the rule files, translating scripts, the digest)
 * happens before it, so other writers wait for rows and never for parsing.
 *
 * The target is looked up again inside the transaction: between the upload and here an
 * alias may have moved to another app, one that this key may not touch.  A tree equal to
 * the live one ends without a new version, so a deploy from a cron job costs nothing.
 *
 * The manifest is stored as a compact JSON object, whatever stood in the file: readers of
 * a version need not parse again to know that it can be parsed.
 */
#include "deploy/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "deploy/deploy_target.h"
#include "deploy/manifest.h"
#include "deploy/quota_edit.h"
#include "deploy/rules.h"
#include "deploy/staging_impl.h"
#include "deploy/translate.h"
#include "store/alias.h"

struct commit {
	struct staging			*st;
	struct request			*rq;
	struct response			*rs;
	const struct deploy_options	*opt;
	bool				 spa;
	const char			*manifest;
	uint8_t				 digest[SHA256_LEN];
	struct reader			*rd;	/* of the transaction */
	struct deploy_target		 to;
	struct deploy_result		 res;
};

static const struct file *
find_file(const struct staging *st, const char *path)
{
	size_t i;

	for (i = 0; i < st->n; i++)
		if (strcmp(st->v[i].path, path) == 0)
			return &st->v[i];
	return NULL;
}

/* Content of a small text file; *text stays NULL when there is none or it is too large. */
static enum fz_err
read_text(
    struct staging *st, struct reader *rd, const char *path, void **text, size_t *len)
{
	const struct file *f = find_file(st, path);

	*text = NULL;
	*len = 0;
	if (f == NULL)
		return FZ_OK;
	if (f->size > LIMIT_MANIFEST) {
		staging_warn(
		    st, path, 0, 0, "ignored: larger than %lu bytes", LIMIT_MANIFEST);
		return FZ_OK;
	}
	return blob_read(rd, f->blob, BLOB_PLAIN, LIMIT_MANIFEST, text, len);
}

static void
warn(void *arg, const char *file, int line, int column, const char *message)
{
	staging_warn(arg, file, line, column, "%s", message);
}

/* The object as compact text in the arena, "{}" for what is none. */
static const char *
manifest_text(struct arena *a, const char *text, size_t len)
{
	const char *out = "{}";
	json_t *j = NULL;
	struct buf b;

	if (text == NULL || json_parse(text, len, &j, NULL) != FZ_OK)
		return out;
	buf_init(&b, LIMIT_MANIFEST);
	if (json_is_object(j) && json_print(&b, j) == FZ_OK)
		out = arena_strndup(a, b.data, b.len);
	buf_fini(&b);
	json_decref(j);
	return out;
}

static enum fz_err
read_manifest(struct commit *c, struct reader *rd)
{
	struct manifest *m;
	enum fz_err err;
	void *text;
	size_t len;

	c->manifest = "{}";
	err = read_text(c->st, rd, "manifest.json", &text, &len);
	if (err != FZ_OK || text == NULL)
		return err;
	m = manifest_parse(text, len, warn, c->st);
	c->spa = c->spa || m->spa;
	c->manifest = manifest_text(c->rq->arena, text, len);
	manifest_free(m);
	free(text);
	return FZ_OK;
}

static enum fz_err
read_rules(struct commit *c, struct reader *rd)
{
	void *headers = NULL, *redirects = NULL;
	size_t headers_len, redirects_len = 0;
	enum fz_err err;

	err = read_text(c->st, rd, "_headers", &headers, &headers_len);
	if (err == FZ_OK)
		err = read_text(c->st, rd, "_redirects", &redirects, &redirects_len);
	if (err == FZ_OK && (headers != NULL || redirects != NULL))
		rules_free(rules_parse(
		    headers, headers_len, redirects, redirects_len, warn, c->st));
	free(headers);
	free(redirects);
	return err;
}

/* What the files themselves say. */
static enum fz_err
read_tree(struct commit *c)
{
	struct reader *rd;
	enum fz_err err;

	err = staging_seal(c->st, c->rs);
	if (err != FZ_OK)
		return err;
	err = reader_open(c->st->store, &rd);
	if (err != FZ_OK)
		return err;
	err = read_manifest(c, rd);
	if (err == FZ_OK)
		err = read_rules(c, rd);
	reader_close(rd);
	if (err == FZ_OK)
		translate_staged(c->st);
	version_digest(c->st->v, c->st->n, c->spa, c->digest);
	return err;
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static enum fz_err
create_app(struct commit *c, struct writer *w)
{
	const struct deploy_options *opt = c->opt;
	struct app a;
	enum fz_err err;

	memset(&a, 0, sizeof(a));
	a.title = c->to.label;
	a.description = "";
	a.tags = "[]";
	a.visibility = "unlisted";
	a.system = strcmp(a.title, "root") == 0 || strcmp(a.title, "404") == 0;
	a.source = a.system ? "system" : opt->source != NULL ? opt->source : "deploy";
	a.source_url = or_empty(opt->source_url);
	a.source_ref = or_empty(opt->source_ref);
	a.source_commit = or_empty(opt->source_commit);
	a.original_id = a.forked_from_id = "";
	err = app_create(w, c->rq->arena, &a);
	return err == FZ_OK ? app_by_id(c->rd, c->rq->arena, a.id, &c->to.app) : err;
}

static enum fz_err
add_alias(struct commit *c, struct writer *w)
{
	struct alias al;

	memset(&al, 0, sizeof(al));
	al.name = c->to.label;
	al.type = ALIAS_PROXY;
	al.app = c->to.app.id;
	al.app_uid = c->to.app.uid;
	al.url = "";
	al.status = 301;
	return alias_put(w, &al);
}

static enum fz_err
check_asked(struct commit *c)
{
	const struct deploy_options *opt = c->opt;
	int64_t live = c->to.exists ? c->to.app.live : 0;
	int64_t live_n = c->to.exists ? c->to.app.live_n : 0;

	if (opt->base_version == STAGING_BASE_NONE && live != 0)
		return FZ_AGAIN;
	if (opt->base_version > 0 && opt->base_version != live) {
		/* The caller's own condition is judged before it may try again. */
		enum fz_err err = deploy_target_if_match(c->rs, opt->if_match, live_n);

		return err != FZ_OK ? err : FZ_AGAIN;
	}
	return deploy_target_if_match(c->rs, opt->if_match, live_n);
}

/* Is the live version this very tree?  Then it becomes the result. */
static enum fz_err
check_unchanged(struct commit *c)
{
	struct version live;
	enum fz_err err;

	if (c->to.app.live == 0)
		return FZ_OK;
	err = version_by_id(c->rd, c->rq->arena, c->to.app.live, &live);
	if (err != FZ_OK)
		return err;
	if (memcmp(live.digest, c->digest, sizeof(live.digest)) == 0) {
		c->res.unchanged = true;
		c->res.version = live;
	}
	return FZ_OK;
}

/* The app says where its live version came from; system apps stay what they are. */
static enum fz_err
record_source(struct commit *c, struct writer *w)
{
	const struct deploy_options *opt = c->opt;
	struct app a = c->to.app;

	if (opt->source == NULL || opt->draft || a.system)
		return FZ_OK;
	a.source = opt->source;
	a.source_url = or_empty(opt->source_url);
	a.source_ref = or_empty(opt->source_ref);
	a.source_commit = or_empty(opt->source_commit);
	if (strcmp(a.source, c->to.app.source) == 0 &&
	    strcmp(a.source_url, c->to.app.source_url) == 0 &&
	    strcmp(a.source_ref, c->to.app.source_ref) == 0 &&
	    strcmp(a.source_commit, c->to.app.source_commit) == 0)
		return FZ_OK;
	return app_update(w, &a);
}

static enum fz_err
write_version(struct commit *c, struct writer *w)
{
	const struct deploy_options *opt = c->opt;
	struct version v;
	enum fz_err err;

	memset(&v, 0, sizeof(v));
	v.app = c->to.app.id;
	v.draft = opt->draft;
	v.spa = c->spa;
	v.manifest = c->manifest;
	v.message = or_empty(opt->message);
	v.source = opt->source != NULL ? opt->source : "deploy";
	v.source_url = or_empty(opt->source_url);
	v.source_ref = or_empty(opt->source_ref);
	v.source_commit = or_empty(opt->source_commit);
	v.deployed_by = or_empty(opt->by);
	err = version_create(w, &v, c->st->v, c->st->n);
	if (err == FZ_OK)
		err = quota_edit_check_tree(c->rd, c->rs, &c->to.app, (int64_t)c->st->n);
	if (err == FZ_OK)
		err = record_source(c, w);
	if (err == FZ_OK && !opt->draft)
		err = version_go_live(w, v.app, v.id);
	if (err == FZ_OK)
		err = version_prune(w, v.app);
	if (err == FZ_OK)
		err = version_by_id(c->rd, c->rq->arena, v.id, &c->res.version);
	return err;
}

static enum fz_err
fill_result(struct commit *c)
{
	const char **names;
	enum fz_err err;
	size_t n;

	c->res.previous_n = c->to.app.live_n;
	err = app_by_id(c->rd, c->rq->arena, c->to.app.id, &c->res.app);
	if (err != FZ_OK)
		return err;
	c->res.site = c->to.label;
	if (c->res.site != NULL)
		return FZ_OK;
	err = alias_of_app(c->rd, c->rq->arena, c->to.app.id, &names, &n);
	if (err == FZ_OK && n > 0)
		c->res.site = names[0];
	return err;
}

static enum fz_err
write_all(struct commit *c, struct writer *w)
{
	enum fz_err err;

	err = deploy_target_find(
	    c->rq, c->rs, c->rd, c->opt->label, c->opt->app_uid, &c->to);
	if (err == FZ_OK)
		err = check_asked(c);
	if (err == FZ_OK && !c->to.exists)
		err = create_app(c, w);
	if (err == FZ_OK && c->to.add_alias)
		err = add_alias(c, w);
	if (err == FZ_OK)
		err = check_unchanged(c);
	if (err == FZ_OK && !c->res.unchanged)
		err = write_version(c, w);
	if (err == FZ_OK)
		err = fill_result(c);
	if (err == FZ_OK)
		err = upload_close(w, c->st->upload);
	return err;
}

enum fz_err
staging_commit(struct staging *st, struct request *rq, struct response *rs,
    const struct deploy_options *opt, struct deploy_result *out)
{
	struct commit c = { .st = st, .rq = rq, .rs = rs, .opt = opt, .spa = opt->spa };
	struct writer *w;
	enum fz_err err;

	err = read_tree(&c);
	if (err != FZ_OK)
		return err;
	err = writer_begin(st->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	c.rd = writer_reader(w);
	err = write_all(&c, w);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err != FZ_OK)
		return err;
	st->keep = true;
	*out = c.res;
	return FZ_OK;
}

static json_t *
all_warnings(const struct staging *st)
{
	json_t *v = json_deep_copy(st->warnings);

	if (st->unsaid > 0) {
		char text[64];

		snprintf(text, sizeof(text), "%zu more warnings", st->unsaid);
		json_array_append_new(
		    v, json_pack("{s:s,s:s}", "file", "", "message", text));
	}
	return v;
}

static json_t *
host_of(struct request *rq, const char *label)
{
	if (label == NULL)
		return json_string("");
	return json_string(node_url(rq->node, rq->arena,
	    strcmp(label, "root") == 0 ? "" : label, ""));
}

json_t *
deploy_view(struct request *rq, const struct staging *st, const struct deploy_result *r)
{
	const struct version *v = &r->version;
	const char *message = r->unchanged ? "Unchanged"
	    : v->draft ? "Saved as a draft" : "Deployed";
	const char *preview = NULL;

	if (r->site != NULL)
		preview = arena_printf(rq->arena, "d%lld--%s", (long long)v->n, r->site);
	return json_pack("{s:s,s:I,s:I,s:s,s:s,s:I,s:b,s:b,s:o,s:o,s:o}",
	    "site", r->site != NULL ? r->site : r->app.title,
	    "file_count", (json_int_t)v->file_count,
	    "size_bytes", (json_int_t)v->size,
	    "message", message,
	    "app_id", r->app.uid,
	    "deploy", (json_int_t)v->n,
	    "live", (int)v->live,
	    "unchanged", (int)r->unchanged,
	    "url", host_of(rq, r->site),
	    "preview_url", host_of(rq, preview),
	    "warnings", all_warnings(st));
}
