/*
 * What is left out stays in the upload until it is closed and is garbage then, like all
 * that no version names.  Names were checked whole; the rest of a checked name is one
 * that passes the same check.
 */
#include "deploy/staging_pick.h"

#include <string.h>

#include "base/mime.h"
#include "deploy/staging_impl.h"

const struct file *
staging_pick_at(const struct staging *st, size_t i)
{
	return &st->v[i];
}

const struct file *
staging_pick_find(const struct staging *st, const char *path)
{
	for (size_t i = 0; i < st->n; i++)
		if (strcmp(st->v[i].path, path) == 0)
			return &st->v[i];
	return NULL;
}

void
staging_pick_below(struct staging *st, const char *folder)
{
	size_t len = strlen(folder), kept = 0;

	st->total = 0;
	for (size_t i = 0; i < st->n; i++) {
		struct file f = st->v[i];

		if (strncmp(f.path, folder, len) != 0 || f.path[len] != '/')
			continue;
		f.path += len + 1;
		f.mime = mime_of(f.path);
		st->total += f.size;
		st->v[kept++] = f;
	}
	st->n = kept;
}
