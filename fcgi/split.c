/*
 * The cookie holds the target's app id, which is no secret, and counts only while that
 * app is a target: when it leaves the split its visitors are drawn again, when weights
 * change the others stay where they are.  Whoever asks twice within a request gets the
 * same answer: the one drawn is in the answer's cookie.  The __Host- prefix keeps a
 * sibling app from choosing for our visitors; plain http (development) cannot have it.
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

/* Drawn a moment ago, for this request. */
static struct site *
by_answer(const struct request *rq, const struct response *rs, const struct site *site)
{
	const char *name = cookie_name(rq->node), *set = response_get(rs, "Set-Cookie");
	size_t n = strlen(name);

	if (set == NULL || strncmp(set, name, n) != 0 || set[n] != '=')
		return NULL;
	set += n + 1;
	n = strcspn(set, ";");
	for (size_t i = 0; i < site->ntargets; i++) {
		const char *uid = site->targets[i].site->app_uid;

		if (strlen(uid) == n && memcmp(uid, set, n) == 0)
			return site->targets[i].site;
	}
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

	if (target == NULL)
		target = by_answer(rq, rs, site);
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
