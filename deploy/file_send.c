/*
 * On the admin host an app's bytes are a download in a sandbox, whatever they claim to be:
 * nothing there may run them.
 */
#include "deploy/file_send.h"

#include <string.h>

#include "base/http_cond.h"
#include "store/blob.h"

void
file_send(struct store *store, struct response *rs, const struct file *f)
{
	const char *slash = strrchr(f->path, '/');
	char tag[HTTP_COND_TAG];

	rs->status = 200;
	response_header(rs, "Content-Type", f->mime);
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Content-Security-Policy", "sandbox");
	http_cond_tag(tag, f->sha256, "");
	response_header(rs, "ETag", tag);
	response_header(rs, "Content-Disposition",
	    response_attachment(rs->arena, slash != NULL ? slash + 1 : f->path));
	rs->source = blob_source(store, f->blob, BLOB_PLAIN, 0, f->size);
	rs->source_len = (int64_t)f->size;
}
