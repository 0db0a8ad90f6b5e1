/*
 * The cookie holds the target's app id, which is no secret, and counts only while that
 * app is a target: when it leaves the split its visitors are drawn again, when weights
 * change the others stay where they are.  The __Host- prefix keeps a sibling app from
 * choosing for our visitors; plain http (development) cannot have it.
 */
#include "fcgi/split.h"

#include <string.h>

#include "base/digest.h"

#define DAYS_30 "2592000"

static const char *
cookie_name(const struct node *node)
{
	return node->dev ? "fazt_split" : "__Host-fazt_split";
}

static struct site *
by_cookie(struct request *rq, const struct site *site)
{
	const char *header = request_header(rq, "cookie"), *uid;
	struct pairs cookies = { 0 };

	if (header == NULL)
		return NULL;
	cookie_parse(rq->arena, header, &cookies);
	uid = cookie_single(&cookies, cookie_name(rq->node));
	for (size_t i = 0; uid != NULL && i < site->ntargets; i++)
		if (strcmp(site->targets[i].site->app_uid, uid) == 0)
			return site->targets[i].site;
	return NULL;
}

struct site *
split_by_ticket(const struct site *site, uint32_t ticket)
{
	size_t i = 0;

	while (i + 1 < site->ntargets && ticket >= (uint32_t)site->targets[i].weight)
		ticket -= (uint32_t)site->targets[i++].weight;
	return site->targets[i].site;
}

struct site *
split_choose(struct request *rq, struct response *rs, const struct site *site)
{
	struct site *target = by_cookie(rq, site);
	uint32_t sum = 0;

	if (target != NULL)
		return target;
	for (size_t i = 0; i < site->ntargets; i++)
		sum += (uint32_t)site->targets[i].weight;
	target = split_by_ticket(site, sum > 1 ? random_below(sum) : 0);
	response_headerf(rs, "Set-Cookie",
	    "%s=%s; Path=/; Max-Age=" DAYS_30 "; HttpOnly; SameSite=Lax%s",
	    cookie_name(rq->node), target->app_uid, rq->node->dev ? "" : "; Secure");
	return target;
}
