/*
 * Changes of documents: plain fields, $set, $unset, $inc (docs/contract.md 5.7).  Private
 * to store/.
 *
 * Thread contract: everything belongs to one thread and lives in the arenas given.
 */
#ifndef STORE_DOC_CHANGE_H
#define STORE_DOC_CHANGE_H

#include "store/doc.h"
#include "store/doc_json.h"
#include "store/doc_query.h"
#include "store/doc_span.h"

enum doc_act { DOC_SET, DOC_UNSET, DOC_INC };

struct doc_step {
	enum doc_act	 act;
	struct doc_path	 path;
	const struct doc_node *value;	/* of SET */
	double		 by;		/* of INC */
	struct doc_step	*next;
};

struct doc_change {
	struct doc_step	*first;
	struct doc_step	*last;
};

/* Fields of that name are left alone, besides id, _createdAt and _updatedAt; NULL = none.
 * FZ_DS_BAD_UPDATE. */
enum fz_err	 doc_change_parse(struct arena *, const char *json, const char *fixed,
		    struct doc_change *, struct why *) MUST_CHECK;
/* Do all steps to the tree of a document.  FZ_DS_BAD_UPDATE leaves it half changed. */
enum fz_err	 doc_change_apply(struct arena *, const struct doc_change *,
		    struct doc_node *, struct why *) MUST_CHECK;
/*
 * The document that an upsert makes: the fields a query fixes to one value.  *id: the one
 * it names, else untouched.
 */
enum fz_err	 doc_change_seed(struct arena *, const struct doc_query *,
		    struct doc_node *, const char **id, struct why *) MUST_CHECK;

#endif
