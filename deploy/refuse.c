/*
 * Names come from the archive, so they may be anything: they are made printable before
 * they stand in an answer, by the same function that makes them safe in a log.
 */
#include "deploy/refuse.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

#define SHOWN 256	/* bytes of a name that help to find it */

static json_t *
printable(const char *name)
{
	struct buf b;
	json_t *text = NULL;

	buf_init(&b, 8 * SHOWN);
	if (buf_json(&b, name, strnlen(name, SHOWN)) == FZ_OK)
		text = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
	buf_fini(&b);
	return text != NULL ? text : json_string("?");
}

static enum fz_err
refuse(struct response *rs, enum fz_err err, const char *entry, const char *reason)
{
	if (entry != NULL)
		response_detail(rs, "entry", printable(entry));
	response_detail(rs, "reason", json_string(reason));
	if (err == FZ_ARCHIVE_INVALID)
		return response_why(rs, err, "%s: %s", err_text(err), reason);
	return response_why(rs, err, "%s is refused: %s",
	    entry != NULL ? "An entry" : "The archive", reason);
}

enum fz_err
refuse_entry(struct response *rs, const char *entry, const char *reason)
{
	return refuse(rs, FZ_ARCHIVE_UNSAFE, entry, reason);
}

enum fz_err
refuse_archive(struct response *rs, const char *entry, const char *reason)
{
	return refuse(rs, FZ_ARCHIVE_INVALID, entry, reason);
}
