/*
 * One table says which quotas exist, what they may be and what holds when nobody has
 * said anything.  Reading never fails: a stored number out of range or of another type
 * counts as the default, so that an older program's text cannot lock an app.
 */
#include "store/quota.h"

#include <string.h>

#include "base/json.h"

const struct quota_row quota_rows[] = {
#define X(name, min, max, standard) \
	{ #name, min, max, standard, offsetof(struct quota, name) },
	QUOTAS(X)
#undef X
	{ NULL, 0, 0, 0, 0 }
};

const struct quota_row *
quota_find(const char *name)
{
	for (const struct quota_row *r = quota_rows; r->name != NULL; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

void
quota_read(const char *stored, struct quota *out)
{
	json_t *o = NULL;

	if (stored != NULL && json_parse(stored, strlen(stored), &o, NULL) != FZ_OK)
		o = NULL;
	for (const struct quota_row *r = quota_rows; r->name != NULL; r++) {
		const json_t *v = json_object_get(o, r->name);
		int64_t n = json_is_integer(v) ? json_integer_value(v) : r->standard;

		if (n < r->min || n > r->max)
			n = r->standard;
		memcpy((char *)out + r->offset, &n, sizeof(n));
	}
	json_decref(o);
}
