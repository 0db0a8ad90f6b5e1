/*
 * A version's code is small and never changes, so it is read once: the list of files
 * below api/, then from api/main along the literals of require and import, which the
 * translator has noted.  What is reached that way will be compiled into every world of
 * the version before its snapshot; the rest is left in the store for a require whose name
 * is only known at run time.
 *
 * Names resolve like Node's, inside api/ and nowhere else: against the requiring file,
 * then against api/ itself.  A climb above api/ is no error of its own, it just finds
 * nothing: no other file is in the list.
 *
 * Deploys translate, so that a request finds everything done.  After an upgrade of the
 * translator the stored results are another tool's, and the first request of each version
 * does the work again; the time that may take is bounded for files nobody reaches.
 */
#include "runtime/program.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "runtime/script.h"
#include "runtime/transpile.h"
#include "store/blob.h"
#include "store/version.h"

#define UNREACHED_MS 2000

static int
by_path(const void *key, const void *file)
{
	const struct program_file *a = key, *b = file;

	return strcmp(a->path, b->path);
}

struct program_file *
program_find(const struct program *p, const char *path, size_t len)
{
	char text[PROGRAM_PATH_MAX];
	struct program_file key = { .path = text };

	if (len >= sizeof(text))
		return NULL;
	memcpy(text, path, len);
	text[len] = '\0';
	return bsearch(&key, p->files, p->nfiles, sizeof(*p->files), by_path);
}

/* --- names --- */

const struct embed *
program_builtin(const char *name)
{
	for (const struct embed *e = embed_modules; e->path != NULL; e++) {
		const char *slash = strrchr(e->path, '/');
		const char *file = slash == NULL ? e->path : slash + 1;
		size_t n = strlen(name);

		/* The compiler lies among them and is nobody's module. */
		if (strncmp(file, name, n) == 0 && strcmp(file + n, ".js") == 0 &&
		    strcmp(name, "transpiler") != 0)
			return e;
	}
	return NULL;
}

/* dir/name without "." and ".." and empty segments; false above the root or too long. */
static bool
join(char out[PROGRAM_PATH_MAX], const char *dir, size_t dir_len, const char *name)
{
	size_t n = dir_len, len;

	if (dir_len >= PROGRAM_PATH_MAX)
		return false;
	memcpy(out, dir, dir_len);
	for (; *name != '\0'; name += len + (name[len] == '/')) {
		len = strcspn(name, "/");
		if (len == 0 || (len == 1 && name[0] == '.'))
			continue;
		if (len == 2 && name[0] == '.' && name[1] == '.') {
			if (n == 0)
				return false;
			while (n > 0 && out[--n] != '/')
				continue;
			continue;
		}
		if (n + 1 + len >= PROGRAM_PATH_MAX)
			return false;
		if (n > 0)
			out[n++] = '/';
		memcpy(out + n, name, len);
		n += len;
	}
	out[n] = '\0';
	return true;
}

/* path + suffix; with cut, path loses that many bytes before. */
static struct program_file *
find_with(const struct program *p, const char *path, size_t cut, const char *suffix)
{
	char text[PROGRAM_PATH_MAX + 16];
	size_t n = strlen(path) - cut, m = strlen(suffix);

	memcpy(text, path, n);
	memcpy(text + n, suffix, m);
	return program_find(p, text, n + m);
}

static struct program_file *
find_near(const struct program *p, const char *path)
{
	static const char *const suffixes[] = { "", ".js", ".json", ".ts", ".tsx", ".jsx",
		".mjs", ".cjs", ".mts", ".cts", "/index.js", "/index.ts" };
	struct program_file *f = NULL;
	size_t i;

	for (i = 0; f == NULL && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		f = find_with(p, path, 0, suffixes[i]);
	/* TypeScript imports its own files by the name they have once compiled. */
	if (f == NULL && str_ends(path, ".js"))
		f = find_with(p, path, 3, ".ts");
	if (f == NULL && str_ends(path, ".mjs"))
		f = find_with(p, path, 4, ".mts");
	return f;
}

static struct program_file *
find_from(const struct program *p, const char *dir, size_t dir_len, const char *name)
{
	char path[PROGRAM_PATH_MAX];

	if (!join(path, dir, dir_len, name))
		return NULL;
	return find_near(p, path);
}

bool
program_resolve(const struct program *p, const char *from, const char *name,
    const struct embed **builtin, struct program_file **file)
{
	const char *slash = strrchr(from, '/');
	bool relative = str_starts(name, "./") || str_starts(name, "../") ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0;

	*builtin = NULL;
	*file = NULL;
	if (name[0] == '\0' || name[0] == '/')
		return false;
	if (relative)
		*file = find_from(p, from, slash == NULL ? 0 : (size_t)(slash - from), name);
	else
		*builtin = program_builtin(name);
	if (*file == NULL && *builtin == NULL)
		*file = find_from(p, "api", 3, name);
	return *file != NULL || *builtin != NULL;
}

/* --- loading --- */

struct loading {
	struct store	*store;
	struct program	*program;
	struct arena	*scratch;	/* for one file */
};

static enum fz_err
list_files(struct loading *l)
{
	struct program *p = l->program;
	struct reader *rd;
	struct file *v;
	size_t n;
	enum fz_err err = reader_open(l->store, &rd);

	if (err != FZ_OK)
		return err;
	err = file_list(rd, l->scratch, p->version, &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	p->files = arena_alloc(p->arena, (n + 1) * sizeof(*p->files));
	for (size_t i = 0; i < n; i++) {
		struct program_file *f = &p->files[p->nfiles];
		int kind = transpile_kind_of(v[i].path);

		if (!str_starts(v[i].path, "api/") ||
		    (kind < 0 && !str_ends(v[i].path, ".json")) ||
		    strlen(v[i].path) >= PROGRAM_PATH_MAX)
			continue;
		f->path = arena_strdup(p->arena, v[i].path);
		f->blob = v[i].blob;
		f->size = v[i].size;
		f->kind = kind;
		p->nfiles++;
	}
	return FZ_OK;
}

static void
find_main(struct program *p)
{
	const char *path = script_main(0);

	for (int i = 1; p->main == NULL && path != NULL; i++) {
		p->main = program_find(p, path, strlen(path));
		path = script_main(i);
	}
}

static enum fz_err
read_source(struct store *store, const struct program_file *f, void **src, size_t *len)
{
	struct reader *rd;
	enum fz_err err = reader_open(store, &rd);

	if (err != FZ_OK)
		return err;
	err = blob_read(rd, f->blob, BLOB_PLAIN, TRANSPILE_MAX, src, len);
	reader_close(rd);
	return err;
}

static enum fz_err
get_code(struct loading *l, struct arena *a, struct program_file *f, struct code *code)
{
	enum fz_err err = transpile_stored(l->store, a, f->blob, f->kind, f->path, code);

	if (err != FZ_PAYLOAD_TOO_LARGE)
		return err;
	*code = (struct code){ .error = "the file is too large", .uses = "[]" };
	return FZ_OK;
}

static const char *
copy_text(struct arena *a, const void *p, size_t n)
{
	char *out = arena_alloc(a, n + 1);

	memcpy(out, p, n);
	return out;
}

static enum fz_err
get_json(struct loading *l, struct program_file *f)
{
	void *text = NULL;
	size_t len = 0;
	enum fz_err err = read_source(l->store, f, &text, &len);

	if (err == FZ_OK)
		f->text = copy_text(l->program->arena, text, len);
	if (err == FZ_PAYLOAD_TOO_LARGE) {
		f->text = "";
		err = FZ_OK;
	}
	f->text_len = len;
	free(text);
	return err;
}

static void
add_builtin(struct program *p, const struct embed *e)
{
	for (size_t i = 0; i < p->nbuiltins; i++)
		if (p->builtins[i] == e)
			return;
	p->builtins[p->nbuiltins++] = e;
}

static enum fz_err reach(struct loading *, struct program_file *, struct program_file **,
    size_t *);

/* Follow the literals of one file; what is new goes onto the list. */
static enum fz_err
follow(struct loading *l, struct program_file *f, struct program_file **todo, size_t *n)
{
	const char *uses = f->code.uses == NULL ? "[]" : f->code.uses;
	json_t *list = json_loads(uses, 0, NULL), *v;
	enum fz_err err = FZ_OK;
	size_t i;

	json_array_foreach(list, i, v) {
		const struct embed *builtin;
		struct program_file *file;

		if (err != FZ_OK || !json_is_string(v))
			continue;
		program_resolve(l->program, f->path, json_string_value(v), &builtin, &file);
		if (builtin != NULL)
			add_builtin(l->program, builtin);
		else if (file != NULL && !file->reached)
			err = reach(l, file, todo, n);
	}
	json_decref(list);
	return err;
}

static enum fz_err
reach(struct loading *l, struct program_file *f, struct program_file **todo, size_t *n)
{
	enum fz_err err;

	f->reached = true;
	if (f->kind < 0)
		return get_json(l, f);
	err = get_code(l, l->program->arena, f, &f->code);
	if (err == FZ_OK)
		todo[(*n)++] = f;
	return err;
}

static enum fz_err
reach_all(struct loading *l)
{
	struct program *p = l->program;
	struct program_file **todo;
	size_t n = 0, i, modules = 0;
	enum fz_err err;

	while (embed_modules[modules].path != NULL)
		modules++;
	p->builtins = arena_alloc(p->arena, (modules + 1) * sizeof(struct embed *));
	todo = arena_alloc(l->scratch, p->nfiles * sizeof(struct program_file *));
	err = reach(l, p->main, todo, &n);
	for (i = 0; err == FZ_OK && i < n; i++)
		err = follow(l, todo[i], todo, &n);
	return err;
}

/* What a computed name may ask for later must have been translated by then. */
static void
translate_rest(struct loading *l)
{
	int64_t end = clock_mono_ms() + UNREACHED_MS;

	for (size_t i = 0; i < l->program->nfiles && clock_mono_ms() < end; i++) {
		struct program_file *f = &l->program->files[i];
		struct code code;

		if (f->reached || f->kind < 0)
			continue;
		if (get_code(l, l->scratch, f, &code) != FZ_OK)
			break;
		arena_reset(l->scratch);
	}
}

enum fz_err
program_load(struct store *store, int64_t version, struct program **out)
{
	struct program *p = xcalloc(1, sizeof(*p));
	struct loading l = { store, p, arena_new() };
	enum fz_err err;

	p->version = version;
	p->arena = arena_new();
	pthread_mutex_init(&p->lock, NULL);
	err = list_files(&l);
	if (err == FZ_OK)
		find_main(p);
	if (err == FZ_OK && p->main == NULL)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK)
		err = reach_all(&l);
	if (err == FZ_OK) {
		arena_reset(l.scratch);
		translate_rest(&l);
		*out = p;
	} else
		program_free(p);
	arena_free(l.scratch);
	return err;
}

void
program_free(struct program *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->nfiles; i++)
		free(p->files[i].bytecode);
	pthread_mutex_destroy(&p->lock);
	arena_free(p->arena);
	free(p);
}

size_t
program_bytes(struct program *p)
{
	size_t bytes = sizeof(*p) + arena_used(p->arena);

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->nfiles; i++)
		bytes += p->files[i].bytecode_len;
	pthread_mutex_unlock(&p->lock);
	return bytes;
}

bool
program_place(const struct program *p, const char *path, int *line, int *column)
{
	const struct program_file *f = program_find(p, path, strlen(path));

	*column = 0;
	return f != NULL && f->code.map != NULL &&
	    transpile_place(f->code.map, f->code.map_len, *line, line, column);
}

enum fz_err
program_read(struct reader *rd, struct arena *a, const struct program_file *f,
    struct code *code, const char **text, size_t *text_len)
{
	void *bytes = NULL;
	enum fz_err err;

	if (f->kind >= 0)
		return code_get(rd, a, f->blob, f->kind, transpile_tool, code);
	err = blob_read(rd, f->blob, BLOB_PLAIN, TRANSPILE_MAX, &bytes, text_len);
	if (err == FZ_OK)
		*text = copy_text(a, bytes, *text_len);
	free(bytes);
	return err;
}
