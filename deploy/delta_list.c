/*
 * In the kept form the entry of one hash is found by searching the text for
 * ["<sha256>", : inside a string its quotes would be escaped, so it cannot stand
 * anywhere else.  Ten thousand uploads of single contents then do not parse a megabyte
 * of JSON each.
 */
#include "deploy/delta_list.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "deploy/refuse.h"
#include "deploy/reply.h"

/* {path, sha256, size} -> ["<sha256>", size, "path"]. */
static enum fz_err
read_file(struct request *rq, struct response *rs, const json_t *f, json_t *out,
    int64_t *total)
{
	struct field_error bad = { 0 };
	const char *path, *sha, *reason;
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX];
	int64_t size;
	enum fz_err err;

	if (!json_is_object(f))
		return response_invalid(rs, "files", "a list of {path, sha256, size}");
	err = json_want_str(f, "path", true, 4 * LIMIT_FILE_PATH, &path, &bad);
	if (err == FZ_OK)
		err = json_want_str(f, "sha256", true, 64, &sha, &bad);
	if (err == FZ_OK)
		err = json_want_int(f, "size", true, 0, LIMIT_FILE, &size, &bad);
	if (err != FZ_OK)
		return reply_field(rs, err, &bad);
	if (!str_unhex(hash, sizeof(hash), sha, strlen(sha)))
		return response_invalid(rs, "sha256", "64 hexadecimal digits");
	if (path_file(rq->arena, path, &reason) == NULL)
		return refuse_entry(rs, path, reason);
	*total += size;
	if (*total > (int64_t)LIMIT_TREE)
		return refuse_entry(rs, path, "all files together are too large");
	str_hex(hex, hash, sizeof(hash));
	json_array_append_new(out, json_pack("[s,I,s]", hex, (json_int_t)size, path));
	return FZ_OK;
}

enum fz_err
delta_list_read(struct request *rq, struct response *rs, const json_t *in, json_t *out)
{
	const json_t *files = json_object_get(in, "files"), *f;
	enum fz_err err = FZ_OK;
	int64_t total = 0;
	size_t i;

	if (files == NULL)
		return response_missing(rs, "files");
	if (!json_is_array(files) || json_array_size(files) == 0)
		return response_invalid(rs, "files", "a list of at least one file");
	if (json_array_size(files) > LIMIT_ENTRIES)
		return refuse_entry(rs, NULL, "it holds too many entries");
	json_array_foreach(files, i, f) {
		err = read_file(rq, rs, f, out, &total);
		if (err != FZ_OK)
			break;
	}
	return err;
}

enum fz_err
delta_list_options(struct response *rs, const json_t *in, struct deploy_options *o)
{
	const struct {
		const char	*name;
		bool		 need;
		size_t		 max;
		const char	**out;
	} texts[] = {
		{ "site_name", true, 300, &o->label },
		{ "message", false, 1024, &o->message },
		{ "source_type", false, 16, &o->source },
		{ "source_url", false, 2048, &o->source_url },
		{ "source_ref", false, 256, &o->source_ref },
		{ "source_commit", false, 64, &o->source_commit },
	};
	struct field_error bad = { 0 };
	enum fz_err err = FZ_OK;

	o->source = "deploy";
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && err == FZ_OK; i++)
		err = json_want_str(in, texts[i].name, texts[i].need, texts[i].max,
		    texts[i].out, &bad);
	if (err == FZ_OK)
		err = json_want_bool(in, "spa", false, &o->spa, &bad);
	if (err == FZ_OK)
		err = json_want_bool(in, "draft", false, &o->draft, &bad);
	if (err != FZ_OK)
		return reply_field(rs, err, &bad);
	if (strcmp(o->source, "deploy") != 0 && strcmp(o->source, "git") != 0 &&
	    strcmp(o->source, "template") != 0)
		return response_invalid(rs, "source_type", "deploy, git or template");
	return FZ_OK;
}

json_t *
delta_list_spec(const json_t *in, json_t *files)
{
	static const char *const kept[] = { "site_name", "message", "source_type",
		"source_url", "source_ref", "source_commit", "spa", "draft" };
	json_t *spec = json_object();

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *v = json_object_get(in, kept[i]);

		if (v != NULL)
			json_object_set(spec, kept[i], v);
	}
	json_object_set(spec, "files", files);
	return spec;
}

enum fz_err
delta_list_find(struct arena *a, const char *spec, const char hex[SHA256_HEX],
    uint64_t *size, const char **path)
{
	const char *at = strstr(spec, arena_printf(a, "[\"%s\",", hex));
	enum fz_err err = FZ_OK;
	json_t *f;

	if (at == NULL)
		return FZ_NOT_FOUND;
	f = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
	if (!json_is_string(json_array_get(f, 2)) ||
	    !json_is_integer(json_array_get(f, 1))) {
		err = FZ_CORRUPT;
	} else {
		*size = (uint64_t)json_integer_value(json_array_get(f, 1));
		*path = arena_strdup(a, json_string_value(json_array_get(f, 2)));
	}
	json_decref(f);
	return err;
}
