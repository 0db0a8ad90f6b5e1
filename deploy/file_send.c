/*
 * The name goes out twice (RFC 6266): once cut down to safe ASCII for old readers, once
 * exact as UTF-8 (RFC 8187), where everything but letters, digits and "-._~" is escaped.
 */
#include "deploy/file_send.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "store/blob.h"

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void
attachment(struct response *rs, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	char plain[LIMIT_FILE_PATH + 1], escaped[3 * LIMIT_FILE_PATH + 1];
	const char *slash = strrchr(path, '/'), *p;
	size_t n = 0, m = 0;

	for (p = slash != NULL ? slash + 1 : path; *p != '\0' && n < LIMIT_FILE_PATH;
	     p++) {
		plain[n++] = is_plain(*p) || *p == ' ' ? *p : '_';
		if (is_plain(*p)) {
			escaped[m++] = *p;
			continue;
		}
		escaped[m++] = '%';
		escaped[m++] = hex[(unsigned char)*p >> 4];
		escaped[m++] = hex[(unsigned char)*p & 15];
	}
	plain[n] = escaped[m] = '\0';
	response_headerf(rs, "Content-Disposition",
	    "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, escaped);
}

void
file_send(struct store *store, struct response *rs, const struct file *f)
{
	char tag[33];

	rs->status = 200;
	response_header(rs, "Content-Type", f->mime);
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Content-Security-Policy", "sandbox");
	str_hex(tag, f->sha256, 16);
	response_headerf(rs, "ETag", "\"%s\"", tag);
	attachment(rs, f->path);
	rs->source = blob_source(store, f->blob, BLOB_PLAIN, 0, f->size);
	rs->source_len = (int64_t)f->size;
}
