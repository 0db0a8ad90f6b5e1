/*
 * The backup is copied first: opening a store may migrate it, and a backup is never
 * changed.  From the copy the files go the way of every deploy, through a staging, so
 * the node checks them as if they came from outside, and nothing is visible before the
 * last step.
 */
#include "fcgi/restore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "deploy/staging.h"
#include "fcgi/command.h"
#include "fcgi/setup.h"
#include "store/alias.h"
#include "store/backup.h"

struct restore {
	struct arena	*arena;
	struct store	*from;
	struct node	 node;		/* where it goes */
	struct request	 rq;
	struct response	 rs;
	struct staging	*st;
	char		*dir;		/* of the copy; NULL = none yet */
};

static enum fz_err
open_copy(struct restore *r, const char *backup, struct why *why)
{
	struct store_options options = { .readers = 2 };
	enum fz_err err;

	r->dir = arena_printf(r->arena, "%s/restore-XXXXXX", r->node.tmp_dir);
	if (mkdtemp(r->dir) == NULL) {
		r->dir = NULL;
		return why_set(why, FZ_IO, "cannot make a folder in %s: %s", r->node.tmp_dir,
		    strerror(errno));
	}
	err = backup_restore(backup, r->dir, false, why);
	if (err != FZ_OK)
		return err;
	options.path = arena_printf(r->arena, "%s/data.db", r->dir);
	return store_open(&options, &r->from, why);
}

static void
remove_copy(struct restore *r)
{
	static const char *const names[] = { "data.db", "data.db-wal", "data.db-shm" };

	if (r->dir == NULL)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(arena_printf(r->arena, "%s/%s", r->dir, names[i]));
	rmdir(r->dir);
}

static enum fz_err
copy_file(struct restore *r, const struct file *f)
{
	struct body_source *src;
	const void *p;
	bool skip = false;
	size_t n;
	enum fz_err err = staging_file(r->st, &r->rs, f->path, (int64_t)f->size, &skip);

	if (err != FZ_OK || skip)
		return err;
	src = blob_source(r->from, f->blob, BLOB_PLAIN, 0, f->size);
	do {
		err = src->next(src, &p, &n);
		if (err == FZ_OK && n > 0)
			err = staging_bytes(r->st, &r->rs, p, n);
	} while (err == FZ_OK && n > 0);
	src->close(src);
	return err == FZ_OK ? staging_file_end(r->st) : err;
}

/* The live version of the app in the backup, every file of it. */
static enum fz_err
copy_tree(struct restore *r, const char *ref, struct app *app, struct version *v,
    struct why *why)
{
	struct reader *rd;
	struct file *files = NULL;
	size_t n = 0;
	enum fz_err err = reader_open(r->from, &rd);

	if (err != FZ_OK)
		return err;
	err = app_find(rd, r->arena, ref, app);
	if (err == FZ_OK && app->live == 0)
		err = why_set(why, FZ_DEPLOY_NOT_FOUND, "%s has nothing deployed there", ref);
	if (err == FZ_OK)
		err = version_by_id(rd, r->arena, app->live, v);
	if (err == FZ_OK)
		err = file_list(rd, r->arena, app->live, &files, &n);
	reader_close(rd);
	for (size_t i = 0; i < n && err == FZ_OK; i++)
		err = copy_file(r, &files[i]);
	return err;
}

static enum fz_err
check_free(struct restore *r, const char *as, struct why *why)
{
	struct alias alias;
	struct reader *rd;
	enum fz_err err;

	if (!str_alias_ok(as))
		return why_set(why, FZ_VALIDATION_FAILED, "%.80s is no alias", as);
	err = reader_open(r->node.store, &rd);
	if (err != FZ_OK)
		return err;
	err = alias_get(rd, r->arena, as, &alias);
	reader_close(rd);
	if (err == FZ_OK)
		return why_set(why, FZ_CONFLICT, "the alias %s is taken", as);
	return err == FZ_ALIAS_NOT_FOUND ? FZ_OK : err;
}

static enum fz_err
run(struct restore *r, const char *ref, const char *as, struct why *why)
{
	struct deploy_options opt = { .label = as, .source = "import", .by = "command line" };
	struct deploy_result res;
	struct app app;
	struct version v;
	enum fz_err err = check_free(r, as, why);

	if (err == FZ_OK)
		err = staging_new(r->node.store, r->arena, &r->st);
	if (err == FZ_OK)
		err = copy_tree(r, ref, &app, &v, why);
	if (err == FZ_OK) {
		opt.spa = v.spa;
		opt.message = arena_printf(r->arena, "deploy %lld of %s, from a backup",
		    (long long)v.n, app.title);
		err = staging_commit(r->st, &r->rq, &r->rs, &opt, &res);
	}
	if (err != FZ_OK && why->text[0] == '\0' && r->rs.why.text[0] != '\0')
		*why = r->rs.why;
	if (err != FZ_OK)
		return err;
	store_durable(r->node.store, r->rq.seq);
	printf("%s is now app %s, %lld files, at %s\n", app.title, res.app.uid,
	    (long long)res.version.file_count, node_url(&r->node, r->arena, as, "/"));
	return FZ_OK;
}

enum fz_err
restore_app(const char *backup, const char *ref, const char *as, struct why *why)
{
	struct restore r = { .arena = arena_new() };
	struct config config;
	struct store *store = NULL;
	enum fz_err err;

	config_init(&config);
	err = config_load(&config, NULL, command_state(), why);
	if (err == FZ_OK)
		err = command_store(&store, why);
	if (err == FZ_OK)
		err = setup_node(&r.node, r.arena, &config, store, command_state(), why);
	if (err == FZ_OK)
		err = open_copy(&r, backup, why);
	if (err == FZ_OK) {
		r.rq.arena = r.arena;
		r.rq.node = &r.node;
		r.rq.caller.name = "command line";
		r.rq.caller.role = ROLE_OWNER;
		response_init(&r.rs, r.arena);
		err = run(&r, ref, as, why);
		staging_free(r.st);
		response_fini(&r.rs);
	}
	store_close(r.from);
	store_close(store);
	remove_copy(&r);
	config_fini(&config);
	arena_free(r.arena);
	return err;
}
