/*
 * Plain, gzip and brotli bytes are entries of their own, read when somebody first wants
 * them: most visitors take one variant and the others would only use up the room.
 */
#include "fcgi/content.h"

#include <stdlib.h>
#include <string.h>

#include "admin/metrics.h"
#include "base/mem.h"

struct wanted {
	const struct node		*node;
	const struct edition_file	*file;
	enum blob_enc			 enc;
	bool				 missed;
};

static void
content_destroy(struct cache_object *o)
{
	struct content *c = (struct content *)o;

	free(c->bytes);
	free(c);
}

static enum fz_err
load(void *arg, struct cache_object **out)
{
	struct wanted *w = arg;
	struct content *c;
	struct reader *rd;
	void *bytes = NULL;
	size_t len = 0;
	enum fz_err err = reader_open(w->node->store, &rd);

	w->missed = true;
	if (err != FZ_OK)
		return err;
	err = blob_read(rd, w->file->blob, w->enc, CONTENT_MAX, &bytes, &len);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	c = xcalloc(1, sizeof(*c));
	cache_object_init(&c->object, sizeof(*c) + len, content_destroy);
	c->bytes = bytes;
	c->len = len;
	*out = &c->object;
	return FZ_OK;
}

enum fz_err
content_get(const struct node *node, const struct edition_file *file, enum blob_enc enc,
    struct content **out)
{
	struct wanted w = { node, file, enc, false };
	unsigned char key[SHA256_LEN + 1];
	struct cache_object *o = NULL;
	enum fz_err err;

	memcpy(key, file->sha256, SHA256_LEN);
	key[SHA256_LEN] = (unsigned char)enc;
	err = cache_get(node->cache, key, sizeof(key), 0, load, &w, &o);
	if (node->metrics != NULL)
		metrics_add(node->metrics, w.missed ? METRIC_CACHE_MISSES :
		    METRIC_CACHE_HITS, 1);
	if (err == FZ_OK)
		*out = (struct content *)o;
	return err;
}

void
content_unref(void *content)
{
	if (content != NULL)
		cache_unref(&((struct content *)content)->object);
}
