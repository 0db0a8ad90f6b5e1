/*
 * Each type of alias has targets of its own form; clients tell them apart by type.
 */
#include "deploy/alias_view.h"

#include "deploy/reply.h"

json_t *
alias_view_targets(const struct alias *al)
{
	json_t *v;

	switch (al->type) {
	case ALIAS_PROXY:
		return json_pack("{s:s}", "app_id", al->app_uid);
	case ALIAS_REDIRECT:
		return json_pack("{s:s,s:i,s:b}", "url", al->url, "status", al->status,
		    "keep_path", (int)al->keep_path);
	case ALIAS_RESERVED:
		return NULL;
	case ALIAS_SPLIT:
		break;
	}
	v = json_array();
	for (size_t i = 0; i < al->ntargets; i++)
		json_array_append_new(v, json_pack("{s:s,s:i}", "app_id",
		    al->targets[i].app_uid, "weight", al->targets[i].weight));
	return v;
}

json_t *
alias_view(const struct alias *al)
{
	json_t *o = json_pack("{s:s,s:s}", "subdomain", al->name, "type",
	    alias_type_text(al->type)), *targets = alias_view_targets(al);

	if (targets != NULL)
		json_object_set_new(o, "targets", targets);
	json_object_set_new(o, "created_at", reply_time(al->created));
	json_object_set_new(o, "updated_at", reply_time(al->updated));
	return o;
}
