/*
 * What the bindings of blobs share.
 *
 * Thread contract: as runtime/js.h.
 */
#ifndef RUNTIME_JS_BLOB_H
#define RUNTIME_JS_BLOB_H

#include "runtime/js.h"
#include "store/object.h"

/* The blob path at index 0, in scratch; what is none throws TypeError, the message for
 * what is not even a text. */
const char	*js_blob_path(duk_context *, struct run *, const char *what,
		    const char *message);
/* Between js_work and js_done.  FZ_NOT_FOUND; *o in the arena. */
enum fz_err	 js_blob_find(struct run *, struct arena *, struct space, const char *path,
		    struct object *o) MUST_CHECK;
/* Put blob() onto respond. */
void		 js_blob_answer_setup(duk_context *);

#endif
