/*
 * The members of request that read the body; each pushes one value.
 *
 * Thread contract: as runtime/js.h.
 */
#ifndef RUNTIME_JS_BODY_H
#define RUNTIME_JS_BODY_H

#include "base/query.h"
#include "runtime/js.h"

void	js_body_push(duk_context *, struct run *);
void	js_body_push_error(duk_context *, struct run *);
void	js_body_push_files(duk_context *, struct run *);
void	js_body_push_files_all(duk_context *, struct run *);
void	js_body_push_form(duk_context *, struct run *);
void	js_body_push_form_all(duk_context *, struct run *);
void	js_body_push_raw(duk_context *, struct run *);
void	js_body_push_text(duk_context *, struct run *);
/* {name: first value}, {name: [values]}. */
void	js_body_push_pairs(duk_context *, struct run *, const struct pairs *);
void	js_body_push_lists(duk_context *, struct run *, const struct pairs *);
/* [ ... bare ] -> it inherits from Object.prototype. */
void	js_body_as_object(duk_context *);

#endif
