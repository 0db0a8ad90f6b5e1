/*
 * GitHub's archives hold one folder, named after repository and ref.  What is looked for
 * lies below it.
 */
#include "deploy/install_take.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "deploy/archive.h"
#include "deploy/staging_pick.h"

static enum fz_err
wants_build(struct request *rq, const struct staging *st, const char *base, bool *out)
{
	const struct file *f = staging_pick_find(st,
	    arena_printf(rq->arena, "%s/package.json", base));
	struct reader *rd;
	void *text;
	size_t len;
	enum fz_err err;

	*out = false;
	if (f == NULL || f->size > MIB)
		return FZ_OK;
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = blob_read(rd, f->blob, BLOB_PLAIN, MIB, &text, &len);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	*out = install_wants_build(text, len);
	free(text);
	return FZ_OK;
}

static enum fz_err
choose(struct request *rq, struct response *rs, const struct staging *st,
    const char *base, const char *sub, const char **folder)
{
	size_t n = staging_count(st);
	const char **paths = arena_alloc(rq->arena, (n + 1) * sizeof(*paths));
	bool wants;
	enum fz_err err = wants_build(rq, st, base, &wants);

	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < n; i++)
		paths[i] = staging_pick_at(st, i)->path;
	switch (install_choose(rq->arena, paths, n, base, wants, folder)) {
	case INSTALL_FOUND:
		return FZ_OK;
	case INSTALL_NO_FOLDER:
		return response_invalid(rs, "url", arena_printf(rq->arena,
		    "the repository has no folder %s", sub));
	case INSTALL_BUILD_REQUIRED:
		break;
	}
	return response_why(rs, FZ_BUILD_REQUIRED,
	    "This project must be built: build it and "
	    "deploy the result, or commit it as dist, build or out");
}

enum fz_err
install_take(struct request *rq, struct response *rs, struct staging *st,
    const struct spool *zip, const struct install_source *src)
{
	const char *base, *folder, *first;
	enum fz_err err = archive_read_into(st, rs, zip, 0, spool_size(zip));

	if (err != FZ_OK)
		return err;
	if (staging_count(st) == 0)
		return response_why(rs, FZ_ARCHIVE_INVALID, "The repository is empty");
	first = staging_pick_at(st, 0)->path;
	base = arena_strndup(rq->arena, first, strcspn(first, "/"));
	if (src->sub[0] != '\0')
		base = arena_printf(rq->arena, "%s/%s", base, src->sub);
	err = choose(rq, rs, st, base, src->sub, &folder);
	if (err == FZ_OK)
		staging_pick_below(st, folder);
	return err;
}
