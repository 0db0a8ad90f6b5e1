/*
 * Address and browser are always those of the request; nothing else of it gets in by
 * itself, so that no secret of a path or a body can.
 */
#include "auth/audit.h"

#include <stdlib.h>

#include "store/activity.h"

void
audit_add(struct request *rq, const struct audit *a)
{
	char *text = a->details != NULL ? json_dumps(a->details, JSON_COMPACT) : NULL;
	struct activity row = { .weight = a->weight,
		.actor_type = a->user != NULL ? "user" : "anonymous", .actor_id = a->user,
		.actor_ip = rq->ip, .actor_ua = request_header(rq, "user-agent"),
		.resource_type = a->type, .resource_id = a->id, .action = a->action,
		.result = a->failed ? "failure" : "success", .details = text };

	activity_add(rq->node->store, &row);
	free(text);
	json_decref(a->details);
}
