/*
 * What stored documents are made of: ids, texts, the row of an id.  Private to store/.
 *
 * Thread contract: as the call given; results in the arena given, else in its scratch.
 */
#ifndef STORE_DOC_MAKE_H
#define STORE_DOC_MAKE_H

#include "store/doc_coll.h"
#include "store/doc_json.h"

int64_t		 doc_make_now(const struct doc_write *);
/* RFC 9562 5.4. */
const char	*doc_make_uuid(struct arena *);
/* Check an id given as canonical body, or as plain text. */
enum fz_err	 doc_make_id(struct arena *, const char *body, size_t, const char **out,
		    struct why *) MUST_CHECK;
enum fz_err	 doc_make_body(struct arena *, const char *plain, const char **out,
		    struct why *) MUST_CHECK;
const char	*doc_make_plain(struct arena *, const char *body);
/* The row with this id (body); FZ_NOT_FOUND. */
enum fz_err	 doc_make_rid(struct doc_write *, const char *body, int64_t *rid)
		    MUST_CHECK;
/* That row, copied into scratch. */
enum fz_err	 doc_make_copy(struct doc_write *, int64_t rid, struct doc_view *)
		    MUST_CHECK;

/* Take out what is not the text's to say, and put in the session of the call. */
void		 doc_make_own(struct doc_write *, struct doc_node *);
/* The tree as the text of a view. */
enum fz_err	 doc_make_text(struct arena *, const struct doc_node *, struct doc_view *,
		    struct why *) MUST_CHECK;
/* Store the tree as a new document of this id (body). */
enum fz_err	 doc_make_add(struct doc_write *, struct doc_node *, const char *id,
		    int64_t created, int64_t updated) MUST_CHECK;

#endif
