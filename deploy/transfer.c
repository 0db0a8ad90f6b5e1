/*
 * Writing is libarchive's zip writer, in an order that a reader of a pipe can use:
 * export.json comes first.  Contents that are compressed already are stored as they are.
 * libarchive marks names as UTF-8 only in a UTF-8 locale, so the thread borrows one.
 *
 * Reading goes the way of every upload (deploy/archive.h), so names and sizes are judged
 * there.  Afterwards export.json, files/ and the rest are told apart; names that none of
 * them has are passed over.  The list of files in export.json must fit the files to the
 * byte: an archive that was changed on its way, or cut, is no backup.
 */
#include "deploy/transfer.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/str.h"
#include "deploy/archive.h"
#include "deploy/refuse.h"
#include "deploy/reply.h"
#include "deploy/staging_pick.h"
#include "store/blob.h"

#define DOC_MAX (32 * MIB)
#define FORMAT 1
#define BLOCK 65536

struct out {
	struct request	*rq;
	struct archive	*zip;
	struct spool	*spool;
	enum fz_err	 err;	/* of the spool */
};

static la_ssize_t
write_spool(struct archive *zip, void *arg, const void *p, size_t n)
{
	struct out *o = arg;

	o->err = spool_add(o->spool, p, n);
	if (o->err == FZ_OK)
		return (la_ssize_t)n;
	archive_set_error(zip, ARCHIVE_FATAL, "the spool is full");
	return -1;
}

static enum fz_err
zip_result(const struct out *o, la_ssize_t rc)
{
	if (o->err != FZ_OK)
		return o->err;
	return rc < ARCHIVE_WARN ? FZ_IO : FZ_OK;
}

static enum fz_err
begin_entry(struct out *o, const char *name, uint64_t size, int64_t at, bool deflate)
{
	struct archive_entry *e = archive_entry_new();
	int rc;

	if (e == NULL)
		return FZ_OVERLOADED;
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_mtime(e, at / 1000, 0);
	if (deflate)
		archive_write_zip_set_compression_deflate(o->zip);
	else
		archive_write_zip_set_compression_store(o->zip);
	rc = archive_write_header(o->zip, e);
	archive_entry_free(e);
	return zip_result(o, rc);
}

static enum fz_err
write_doc(struct out *o, const json_t *doc)
{
	struct buf b;
	enum fz_err err;

	buf_init(&b, DOC_MAX);
	err = json_print(&b, doc);
	if (err == FZ_OK)
		err = begin_entry(o, "export.json", b.len, clock_wall_ms(), true);
	if (err == FZ_OK)
		err = zip_result(o, archive_write_data(o->zip, b.data, b.len));
	buf_fini(&b);
	return err;
}

static enum fz_err
write_blob(struct out *o, const char *name, int64_t blob, uint64_t size, int64_t at,
    bool deflate)
{
	struct body_source *source;
	const void *p;
	size_t n = 1;
	enum fz_err err;

	err = begin_entry(o, name, size, at, deflate);
	if (err != FZ_OK || size == 0)
		return err;
	source = blob_source(o->rq->node->store, blob, BLOB_PLAIN, 0, size);
	while (err == FZ_OK && n > 0) {
		err = source->next(source, &p, &n);
		if (err == FZ_OK && n > 0)
			err = zip_result(o, archive_write_data(o->zip, p, n));
	}
	source->close(source);
	return err == FZ_NOT_FOUND ? FZ_SERVICE_UNAVAILABLE : err;
}

static enum fz_err
write_files(struct out *o, const struct transfer *t)
{
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < t->nfiles; i++) {
		const struct file *f = &t->files[i];

		err = write_blob(o, arena_printf(o->rq->arena, "files/%s", f->path),
		    f->blob, f->size, f->since, mime_is_text(f->mime));
	}
	return err;
}

/*
 * Whoever reads an upload refuses what unpacks to LIMIT_RATIO times its size, and data
 * may be that dull.  Such a piece is stored as it is; the fastest level tells well
 * enough.
 */
static bool
packs_well(const struct spool *spool, char *block)
{
	uint64_t size = spool_size(spool), at = 0;
	unsigned char out[4096];
	z_stream z = { 0 };
	ssize_t got = 1;

	if (deflateInit(&z, Z_BEST_SPEED) != Z_OK)
		return false;
	while (at < size && got > 0) {
		got = spool_read(spool, at, block, BLOCK);
		z.next_in = (unsigned char *)block;
		z.avail_in = got > 0 ? (uInt)got : 0;
		do {
			z.next_out = out;
			z.avail_out = sizeof(out);
			(void)deflate(&z, Z_NO_FLUSH);
		} while (z.avail_out == 0);
		at += got > 0 ? (uint64_t)got : 0;
	}
	at = z.total_out;
	deflateEnd(&z);
	return size < LIMIT_RATIO_FROM || size / (LIMIT_RATIO / 4) < at;
}

static enum fz_err
write_piece(struct out *o, const struct datadump_piece *piece)
{
	uint64_t size = spool_size(piece->spool), at = 0;
	char *block = xmalloc(BLOCK);
	ssize_t got;
	enum fz_err err;

	err = begin_entry(o, piece->name, size, clock_wall_ms(),
	    packs_well(piece->spool, block));
	while (err == FZ_OK && at < size) {
		got = spool_read(piece->spool, at, block, BLOCK);
		err = got <= 0 ? FZ_IO :
		    zip_result(o, archive_write_data(o->zip, block, (size_t)got));
		at += got > 0 ? (uint64_t)got : 0;
	}
	free(block);
	return err;
}

static enum fz_err
write_data(struct out *o, const struct datadump *d)
{
	enum fz_err err = FZ_OK;
	char hash[SHA256_HEX];

	for (size_t i = 0; err == FZ_OK && i < d->npieces; i++)
		err = write_piece(o, &d->pieces[i]);
	for (size_t i = 0; err == FZ_OK && i < d->nblobs; i++) {
		const struct datadump_blob *b = &d->blobs[i];

		str_hex(hash, b->sha256, SHA256_LEN);
		err = write_blob(o, arena_printf(o->rq->arena, "blobs/%s", hash), b->blob,
		    b->size, clock_wall_ms(), false);
	}
	return err;
}

static json_t *
deploy_json(const struct version *v)
{
	char digest[SHA256_HEX];

	if (v == NULL)
		return json_null();
	str_hex(digest, v->digest, SHA256_LEN);
	return json_pack("{s:I,s:s,s:s,s:o}", "n", (json_int_t)v->n, "digest", digest,
	    "message", v->message, "created_at", reply_time(v->created));
}

static json_t *
files_json(const struct transfer *t)
{
	json_t *list = json_array();
	char hash[SHA256_HEX];

	for (size_t i = 0; i < t->nfiles; i++) {
		const struct file *f = &t->files[i];

		str_hex(hash, f->sha256, SHA256_LEN);
		json_array_append_new(list, json_pack("{s:s,s:I,s:s,s:s}", "path",
		    f->path, "size", (json_int_t)f->size, "sha256", hash, "mime_type",
		    f->mime));
	}
	return list;
}

static json_t *
env_json(const struct transfer *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nenv; i++)
		json_array_append_new(list, json_string(t->env[i].name));
	return list;
}

static json_t *
data_json(const struct datadump *d)
{
	if (d == NULL)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:b}", "kv", (json_int_t)d->kv, "docs",
	    (json_int_t)d->docs, "blobs", (json_int_t)d->objects, "one_moment",
	    d->one_moment);
}

static json_t *
make_doc(struct request *rq, const struct transfer *t)
{
	return json_pack("{s:i,s:o,s:o,s:O,s:o,s:o,s:o,s:o}", "format", FORMAT,
	    "generator", json_sprintf("fazt-fcgi %s", rq->node->version), "exported_at",
	    reply_time(clock_wall_ms()), "app", t->app, "deploy", deploy_json(t->version),
	    "files", files_json(t), "env", env_json(t), "data", data_json(t->data));
}

static enum fz_err
write_all(struct out *o, const json_t *doc, const struct transfer *t)
{
	enum fz_err err;

	if (archive_write_set_format_zip(o->zip) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(o->zip, BLOCK) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(o->zip, 1) != ARCHIVE_OK ||
	    archive_write_open(o->zip, o, NULL, write_spool, NULL) != ARCHIVE_OK)
		return FZ_IO;
	err = write_doc(o, doc);
	if (err == FZ_OK)
		err = write_files(o, t);
	if (err == FZ_OK && t->data != NULL)
		err = write_data(o, t->data);
	return err == FZ_OK ? zip_result(o, archive_write_close(o->zip)) : err;
}

enum fz_err
transfer_write(struct request *rq, const struct transfer *t, struct spool *out)
{
	struct out o = { .rq = rq, .spool = out };
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), old;
	enum fz_err err = FZ_OVERLOADED;
	json_t *doc;

	if (utf8 == NULL)
		return FZ_IO;
	old = uselocale(utf8);
	doc = make_doc(rq, t);
	o.zip = archive_write_new();
	if (o.zip != NULL)
		err = write_all(&o, doc, t);
	/* Freeing would write what an unfinished archive still holds. */
	if (o.zip != NULL && err != FZ_OK)
		archive_write_fail(o.zip);
	archive_write_free(o.zip);
	json_decref(doc);
	uselocale(old);
	freelocale(utf8);
	return err;
}

static void
drop_json(void *v)
{
	json_decref(v);
}

static enum fz_err
parse_doc(
    struct request *rq, struct response *rs, const char *text, size_t len, json_t **out)
{
	struct why why = { 0 };
	json_t *doc = NULL;

	if (json_parse(text, len, &doc, &why) != FZ_OK)
		return refuse_archive(rs, "export.json", "it is not valid JSON");
	arena_defer(rq->arena, drop_json, doc);
	if (!json_is_object(doc) || !json_is_object(json_object_get(doc, "app")))
		return refuse_archive(rs, "export.json", "it describes no app");
	if (json_integer_value(json_object_get(doc, "format")) != FORMAT)
		return refuse_archive(rs, "export.json", "its format is not 1");
	*out = doc;
	return FZ_OK;
}

static enum fz_err
read_doc(struct request *rq, struct response *rs, struct staging *st, json_t **out)
{
	const struct file *f = staging_pick_find(st, "export.json");
	struct reader *rd;
	void *text;
	size_t len;
	enum fz_err err;

	if (f == NULL)
		return refuse_archive(rs, NULL, "it holds no export.json");
	if (f->size > DOC_MAX)
		return refuse_archive(rs, "export.json", "it is too large");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = blob_read(rd, f->blob, BLOB_PLAIN, DOC_MAX, &text, &len);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	err = parse_doc(rq, rs, text, len, out);
	free(text);
	return err;
}

static enum fz_err
mismatch(struct response *rs, const char *path, const char *reason)
{
	response_detail(rs, "path", json_string(path));
	return response_why(rs, FZ_HASH_MISMATCH, "%s %s", path, reason);
}

static enum fz_err
check_file(struct response *rs, const json_t *told, const struct file *f)
{
	const char *hash = json_string_value(json_object_get(told, "sha256"));
	uint8_t want[SHA256_LEN];

	if (hash == NULL)
		return mismatch(rs, f->path, "is not listed in export.json");
	if (!str_unhex(want, sizeof(want), hash, strlen(hash)) ||
	    memcmp(want, f->sha256, sizeof(want)) != 0)
		return mismatch(rs, f->path, "has other content than export.json says");
	return FZ_OK;
}

static enum fz_err
check_files(struct response *rs, const struct staging *st, const json_t *list)
{
	json_t *by_path = json_object(), *v;
	enum fz_err err = FZ_OK;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *path = json_string_value(json_object_get(v, "path"));

		if (path == NULL || json_object_set(by_path, path, v) != 0)
			err = refuse_archive(
			    rs, "export.json", "its list of files is malformed");
	}
	for (i = 0; err == FZ_OK && i < staging_count(st); i++) {
		const struct file *f = staging_pick_at(st, i);

		err = check_file(rs, json_object_get(by_path, f->path), f);
		json_object_del(by_path, f->path);
	}
	if (err == FZ_OK && json_object_size(by_path) > 0)
		err = mismatch(rs, json_object_iter_key(json_object_iter(by_path)),
		    "is missing");
	json_decref(by_path);
	return err;
}

/* What is neither export.json nor a file of the app, before it is dropped from st. */
static void
take_rest(struct request *rq, const struct staging *st, struct transfer_rest *rest)
{
	rest->v = arena_alloc(rq->arena, (staging_count(st) + 1) * sizeof(rest->v[0]));
	rest->n = 0;
	for (size_t i = 0; i < staging_count(st); i++) {
		const struct file *f = staging_pick_at(st, i);

		if (str_starts(f->path, "data/") || str_starts(f->path, "blobs/"))
			rest->v[rest->n++] = *f;
	}
}

enum fz_err
transfer_read(struct request *rq, struct response *rs, struct staging *st,
    const struct spool *spool, uint64_t off, uint64_t len, json_t **doc,
    struct transfer_rest *rest)
{
	const json_t *list;
	json_t *got;
	enum fz_err err = archive_read_into(st, rs, spool, off, len);

	if (err == FZ_OK)
		err = read_doc(rq, rs, st, &got);
	if (err != FZ_OK)
		return err;
	take_rest(rq, st, rest);
	staging_pick_below(st, "files");
	list = json_object_get(got, "files");
	if (list != NULL && !json_is_array(list))
		return refuse_archive(
		    rs, "export.json", "its list of files is malformed");
	err = list != NULL ? check_files(rs, st, list) : FZ_OK;
	if (err == FZ_OK)
		*doc = got;
	return err;
}
