/*
 * One sorted table instead of the system's mime.types: the same file must get the
 * same type on every machine, and a deploy must not change it because a package did.
 * A browser told "nosniff" runs a script or a style sheet only under its own type, so
 * the web's types must be right and everything else may be octets.
 *
 * Types under text/ say charset=utf-8, as browsers guess otherwise; JSON and XML have
 * their own rules and say nothing.  ".ts" is TypeScript here, not a video stream: it
 * is sent as plain text, since no browser runs it.
 *
 * mime_is_active guards uploads by strangers, so it reads a type as a lenient browser
 * would: what is no clean "type/subtype" counts as active.
 */
#include "base/mime.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT(type) type "; charset=utf-8"
#define OCTETS "application/octet-stream"
#define EXTENSION_MAX 12

struct row {
	const char *extension;
	const char *type;
};

/* Sorted by extension, lower-case. */
static const struct row rows[] = {
	{ "7z", "application/x-7z-compressed" },
	{ "aac", "audio/aac" },
	{ "apng", "image/apng" },
	{ "atom", "application/atom+xml" },
	{ "avif", "image/avif" },
	{ "bin", OCTETS },
	{ "bmp", "image/bmp" },
	{ "br", "application/x-brotli" },
	{ "bz2", "application/x-bzip2" },
	{ "cjs", TEXT("text/javascript") },
	{ "crt", "application/x-pem-file" },
	{ "css", TEXT("text/css") },
	{ "csv", TEXT("text/csv") },
	{ "cur", "image/x-icon" },
	{ "docx",
	    "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "eot", "application/vnd.ms-fontobject" },
	{ "epub", "application/epub+zip" },
	{ "exr", OCTETS },
	{ "flac", "audio/flac" },
	{ "frag", TEXT("text/plain") },
	{ "geojson", "application/geo+json" },
	{ "gif", "image/gif" },
	{ "glb", "model/gltf-binary" },
	{ "glsl", TEXT("text/plain") },
	{ "gltf", "model/gltf+json" },
	{ "gpx", "application/gpx+xml" },
	{ "graphql", "application/graphql" },
	{ "gz", "application/gzip" },
	{ "hdr", OCTETS },
	{ "heic", "image/heic" },
	{ "htm", TEXT("text/html") },
	{ "html", TEXT("text/html") },
	{ "ico", "image/x-icon" },
	{ "ics", TEXT("text/calendar") },
	{ "ini", TEXT("text/plain") },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", TEXT("text/javascript") },
	{ "json", "application/json" },
	{ "jsonl", "application/x-ndjson" },
	{ "jsonld", "application/ld+json" },
	{ "jsx", TEXT("text/plain") },
	{ "jxl", "image/jxl" },
	{ "kml", "application/vnd.google-earth.kml+xml" },
	{ "ktx2", OCTETS },
	{ "log", TEXT("text/plain") },
	{ "m3u8", "application/vnd.apple.mpegurl" },
	{ "m4a", "audio/mp4" },
	{ "m4v", "video/mp4" },
	{ "map", "application/json" },
	{ "markdown", TEXT("text/markdown") },
	{ "md", TEXT("text/markdown") },
	{ "mjs", TEXT("text/javascript") },
	{ "mov", "video/quicktime" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "mtl", "model/mtl" },
	{ "ndjson", "application/x-ndjson" },
	{ "obj", "model/obj" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "oga", "audio/ogg" },
	{ "ogg", "audio/ogg" },
	{ "onnx", OCTETS },
	{ "opus", "audio/ogg" },
	{ "otf", "font/otf" },
	{ "pdf", "application/pdf" },
	{ "pem", "application/x-pem-file" },
	{ "ply", OCTETS },
	{ "png", "image/png" },
	{ "pptx",
	    "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
	{ "rar", "application/vnd.rar" },
	{ "rss", "application/rss+xml" },
	{ "scss", TEXT("text/plain") },
	{ "sh", TEXT("text/plain") },
	{ "sql", "application/sql" },
	{ "sqlite", OCTETS },
	{ "stl", "model/stl" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "tgz", "application/gzip" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "toml", TEXT("text/plain") },
	{ "topojson", "application/json" },
	{ "ts", TEXT("text/plain") },
	{ "tsv", TEXT("text/tab-separated-values") },
	{ "tsx", TEXT("text/plain") },
	{ "ttc", "font/collection" },
	{ "ttf", "font/ttf" },
	{ "txt", TEXT("text/plain") },
	{ "usdz", "model/vnd.usdz+zip" },
	{ "vcf", TEXT("text/vcard") },
	{ "vert", TEXT("text/plain") },
	{ "vtt", TEXT("text/vtt") },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "weba", "audio/webm" },
	{ "webm", "video/webm" },
	{ "webmanifest", "application/manifest+json" },
	{ "webp", "image/webp" },
	{ "wgsl", TEXT("text/plain") },
	{ "woff", "font/woff" },
	{ "woff2", "font/woff2" },
	{ "xhtml", "application/xhtml+xml" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "xml", "application/xml" },
	{ "xsl", "application/xslt+xml" },
	{ "xslt", "application/xslt+xml" },
	{ "xz", "application/x-xz" },
	{ "yaml", "application/yaml" },
	{ "yml", "application/yaml" },
	{ "zip", "application/zip" },
	{ "zst", "application/zstd" },
};

static int
compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct row *)row)->extension);
}

const char *
mime_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	char extension[EXTENSION_MAX + 1];
	const struct row *row;
	size_t i, n;

	/* ".js" is a hidden file of that name, not a script. */
	if (dot == NULL || dot == base)
		return OCTETS;
	n = strlen(dot + 1);
	if (n > EXTENSION_MAX)
		return OCTETS;
	for (i = 0; i <= n; i++) {
		char c = dot[1 + i];

		extension[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	row = bsearch(
	    extension, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), compare);
	return row != NULL ? row->type : OCTETS;
}

bool
mime_token(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char c = s[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9'))
			continue;
		if (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)
			return false;
	}
	return n > 0;
}

/* The bytes of "type/subtype" without blanks around them. */
static const char *
essence(const char *type, size_t *n)
{
	type += strspn(type, " \t");
	*n = strcspn(type, ";");
	while (*n > 0 && (type[*n - 1] == ' ' || type[*n - 1] == '\t'))
		(*n)--;
	return type;
}

static bool
is_essence(const char *s, size_t n, const char *type)
{
	return n == strlen(type) && strncasecmp(s, type, n) == 0;
}

static bool
has_suffix(const char *s, size_t n, const char *suffix)
{
	size_t len = strlen(suffix);

	return n > len && strncasecmp(s + n - len, suffix, len) == 0;
}

static bool
is_one_of(const char *s, size_t n, const char *const *list)
{
	for (; *list != NULL; list++)
		if (is_essence(s, n, *list))
			return true;
	return false;
}

bool
mime_is(const char *content_type, const char *type)
{
	size_t n;
	const char *s = essence(content_type, &n);

	return is_essence(s, n, type);
}

bool
mime_is_text(const char *type)
{
	static const char *const list[] = { "application/json", "application/x-ndjson",
		"application/javascript", "application/xml", "application/yaml",
		"application/sql", "application/graphql", "application/wasm",
		"application/vnd.apple.mpegurl", "application/vnd.ms-fontobject",
		"application/x-pem-file", "font/ttf", "font/otf", "font/collection",
		"image/x-icon", "image/bmp", "model/gltf-binary", "model/obj",
		"model/mtl", "model/stl", NULL };
	size_t n;
	const char *s = essence(type, &n);

	return strncasecmp(s, "text/", 5) == 0 || has_suffix(s, n, "+json") ||
	       has_suffix(s, n, "+xml") || is_one_of(s, n, list);
}

bool
mime_is_active(const char *type)
{
	/* multipart/x-mixed-replace wraps documents in some browsers. */
	static const char *const list[] = { "text/html", "text/xml", "text/xsl",
		"application/xml", "multipart/x-mixed-replace", NULL };
	size_t n, main_len;
	const char *s = essence(type, &n), *slash = memchr(s, '/', n);

	if (slash == NULL || strchr(type, ',') != NULL)
		return true;
	main_len = (size_t)(slash - s);
	if (!mime_token(s, main_len) || !mime_token(slash + 1, n - main_len - 1))
		return true;
	return has_suffix(s, n, "+xml") || is_one_of(s, n, list);
}
