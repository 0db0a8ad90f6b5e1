/*
 * POST /api/apps/install: a repository on GitHub becomes an app.
 *
 * Nothing is built here: a build runs other people's code with the node's rights.  A
 * project that needs one is taken as far as its authors have built it themselves, in a
 * folder or in one of the usual branches; else the answer says so.
 *
 * One deadline stands over all downloads, and every archive is fetched into a spool, so a
 * slow or huge repository costs a worker for that time and disk, and no memory.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "deploy/app_make.h"
#include "deploy/github.h"
#include "deploy/install.h"
#include "deploy/install_take.h"
#include "deploy/reply.h"
#include "store/alias.h"

#define DEADLINE_MS 30000
#define URL_MAX 2048
#define COMMIT_SHOWN 7

struct install {
	struct install_source	 src;
	const char		*name;
	int64_t			 deadline;
	struct staging		*st;
	const char *ref; /* what was fetched, "" = default branch */
	const char		*commit;
};

static enum fz_err
read_wish(struct request *rq, struct response *rs, struct install *in)
{
	struct field_error e = { 0 };
	const char *url = NULL;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err != FZ_OK)
		return err;
	err = json_want_str(body, "url", true, URL_MAX, &url, &e);
	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (!install_parse(rq->arena, url, &in->src))
		return response_invalid(rs, "url",
		    "github.com/owner/repo[/folder][@ref] or a tree URL of GitHub");
	err = app_make_wish(rq, rs, body, "name", false, &in->name);
	if (err != FZ_OK || in->name != NULL)
		return err;
	in->name = install_name(rq->arena, &in->src);
	if (in->name == NULL)
		return response_missing(rs, "name");
	return reply_alias_name(rq, rs, "name", in->name);
}

static enum fz_err
check_free(struct request *rq, struct response *rs, const char *name)
{
	struct reader *rd;
	struct alias al;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = alias_get(rd, rq->arena, name, &al);
	reader_close(rd);
	if (err == FZ_OK)
		return response_why(rs, FZ_CONFLICT, "The alias %s is taken", name);
	return err == FZ_ALIAS_NOT_FOUND ? FZ_OK : err;
}

/* Fetch one ref and fill a fresh staging with its site. */
static enum fz_err
try_ref(struct request *rq, struct response *rs, struct install *in, const char *ref)
{
	struct spool *zip = spool_new(rq->node->tmp_dir, rq->node->max_archive);
	struct why why = { 0 };
	enum fz_err err;

	err = github_get(install_archive_url(rq->arena, &in->src, ref), rq->node->ca_file,
	    zip, in->deadline, &why);
	if (err != FZ_OK) {
		response_why(rs, err, "%s", why.text);
		goto out;
	}
	staging_free(in->st);
	in->st = NULL;
	err = staging_new(rq->node->store, rq->arena, &in->st);
	if (err == FZ_OK)
		err = install_take(rq, rs, in->st, zip, &in->src);
	in->ref = ref;
	in->commit = install_commit(rq->arena, zip);
out:
	spool_free(zip);
	return err;
}

/* The ref that was asked for; without one also the branches that hold built sites. */
static enum fz_err
find_site(struct request *rq, struct response *rs, struct install *in)
{
	enum fz_err err = try_ref(rq, rs, in, in->src.ref), next;
	struct response unused;

	if (err != FZ_BUILD_REQUIRED || in->src.ref[0] != '\0')
		return err;
	response_init(&unused, rq->arena);
	for (const char *const *b = install_branches; *b != NULL; b++) {
		next = try_ref(rq, &unused, in,
		    arena_printf(rq->arena, "refs/heads/%s", *b));
		if (next == FZ_OK) {
			in->ref = *b;
			return FZ_OK;
		}
		if (next == FZ_NOT_FOUND || next == FZ_BUILD_REQUIRED ||
		    next == FZ_VALIDATION_FAILED)
			continue;
		rs->why = unused.why;
		return next;
	}
	return err;
}

static enum fz_err
put_live(struct request *rq, struct response *rs, struct install *in)
{
	struct app a = { .title = in->name, .description = "", .source = "git" };
	struct deploy_options opt = { .source = "git",
		.source_ref = in->ref,
		.source_url = install_page_url(rq->arena, &in->src),
		.source_commit = in->commit,
		.message = "Installed",
		.by = rq->caller.name };
	struct deploy_result done;
	enum fz_err err = app_make(rq, rs, &a, in->name);

	if (err != FZ_OK)
		return err;
	opt.app_uid = a.uid;
	err = staging_commit(in->st, rq, rs, &opt, &done);
	if (err != FZ_OK) {
		app_make_undo(rq, a.id);
		return err;
	}
	return response_data(rs, 201, json_pack("{s:s,s:s,s:s,s:o,s:s}", "name", in->name,
	    "url", node_url(rq->node, rq->arena, in->name, ""), "source", opt.source_url,
	    "commit", json_sprintf("%.*s", COMMIT_SHOWN, in->commit), "id", a.uid));
}

static enum fz_err
install_app(struct request *rq, struct response *rs)
{
	struct install in = { .deadline = clock_mono_ms() + DEADLINE_MS };
	enum fz_err err = reply_unlimited(rq, rs);

	if (err == FZ_OK)
		err = read_wish(rq, rs, &in);
	if (err == FZ_OK)
		err = check_free(rq, rs, in.name);
	if (err == FZ_OK)
		err = find_site(rq, rs, &in);
	if (err == FZ_OK)
		err = put_live(rq, rs, &in);
	staging_free(in.st);
	return err;
}

extern const struct route install_routes[];

const struct route install_routes[] = {
	{ METHOD_POST, "/api/apps/install", install_app, WHO_ADMIN, "apps", ON_ADMIN, 0,
	    WEIGHT_DEPLOY, "Make an app from a repository on GitHub", "AppInstall",
	    "AppInstalled" },
	{ 0 }
};
