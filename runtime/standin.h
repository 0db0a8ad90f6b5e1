/*
 * Stands in for the translator while it is not in the tree: plain ES5 is wrapped.
 */
#ifndef RUNTIME_STANDIN_H
#define RUNTIME_STANDIN_H
#if !__has_include("runtime/transpile.c")
#define transpile_kind_of standin_kind
#define transpile standin_transpile
#define transpile_tool standin_tool
#define transpile_place(map, n, line, out, column) ((void)(line), (void)(out), (void)(column), false)
static const char standin_tool[] __attribute__((unused)) = "standin";
static inline int
standin_kind(const char *path)
{
	if (!str_starts(path, "api/") || !str_ends(path, ".js"))
		return -1;
	return strcmp(path, "api/main.js") == 0 ? TRANSPILE_MAIN : 0;
}
static inline enum fz_err
standin_transpile(struct arena *a, int kind, const char *path, const char *src, size_t len,
    struct code *out)
{
	static const char head[] = "(function (exports, require, module, __host) {";
	static const char tail[] = "\nif (typeof handler === 'function') "
	    "__host.handler = handler;\n})";
	static const char end[] = "\n})";
	const char *last = kind & TRANSPILE_MAIN ? tail : end;
	size_t n = strlen(head) + len + strlen(last), at = 0;
	char *p = arena_alloc(a, n + 1);

	(void)path;
	memcpy(p, head, strlen(head));
	at = strlen(head);
	memcpy(p + at, src, len);
	at += len;
	memcpy(p + at, last, strlen(last));
	*out = (struct code){ .js = p, .js_len = n, .uses = "[]" };
	return FZ_OK;
}
#endif
#if !__has_include("store/code.c")
#define code_get standin_get
#define code_put standin_put
static inline enum fz_err
standin_get(struct reader *rd, struct arena *a, int64_t blob, int kind, const char *tool,
    struct code *code)
{
	(void)rd, (void)a, (void)blob, (void)kind, (void)tool, (void)code;
	return FZ_NOT_FOUND;
}
static inline enum fz_err
standin_put(struct writer *w, int64_t blob, int kind, const char *tool,
    const struct code *code)
{
	(void)w, (void)blob, (void)kind, (void)tool, (void)code;
	return FZ_OK;
}
#endif
#endif
