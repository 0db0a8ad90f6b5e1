/*
 * Custom domains over HTTP.  Whoever attaches one must show that the domain is theirs: a
 * TXT record with a token that only this node and its admin know.  Until then it serves
 * nothing, so that attaching somebody's domain leads nowhere.
 *
 * Names below the node's own domain are aliases and never custom domains, and neither are
 * the hosts of the admin and the sign-in: content of an app must not appear there.
 *
 * The DNS is asked without a transaction or a snapshot open.  When it gives no answer, a
 * domain that was proven stays so: an outage of a name server must not end a site.
 */
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "deploy/dns.h"
#include "deploy/reply.h"
#include "deploy/weburl.h"
#include "store/domain.h"

#define TOKEN_LEN 32
#define DOMAINS_MAX 1000	/* of the node; the list is not paged */

static json_t *
domain_json(struct request *rq, const struct domain *d)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s?}", "domain", d->domain, "app_id",
	    d->app_uid, "status", d->status, "redirect_to", d->redirect_to);

	json_object_set_new(o, "dns", json_pack("{s:s,s:s,s:s}", "type", "TXT",
	    "name", arena_printf(rq->arena, "_fazt.%s", d->domain),
	    "value", arena_printf(rq->arena, "fazt-verify=%s", d->token)));
	json_object_set_new(o, "checked_at", reply_time(d->checked));
	json_object_set_new(o, "error",
	    d->error[0] != '\0' ? json_string(d->error) : json_null());
	return o;
}

static enum fz_err
list_domains(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct domain *v;
	json_t *list;
	enum fz_err err;
	size_t n;

	err = reply_unlimited(rq, rs);
	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = domain_list(rd, rq->arena, &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, domain_json(rq, &v[i]));
	return response_data(rs, 200, list);
}

static bool
is_ours(const struct node *node, struct arena *a, const char *host)
{
	return strcmp(host, node->domain) == 0 || strcmp(host, node->admin_host) == 0 ||
	    strcmp(host, node->auth_host) == 0 ||
	    str_ends(host, arena_printf(a, ".%s", node->domain));
}

static enum fz_err
want_host(struct request *rq, struct response *rs, const json_t *body, const char *member,
    bool need, const char **out)
{
	struct field_error e = { 0 };
	const char *text = NULL;
	char host[254];
	enum fz_err err = json_want_str(body, member, need, 255, &text, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (text == NULL)
		return FZ_OK;
	if (strchr(text, ':') != NULL || !path_host(text, host) || !weburl_host_ok(host))
		return response_invalid(rs, member,
		    "a full host name in ASCII, such as shop.example");
	*out = arena_strdup(rq->arena, host);
	return FZ_OK;
}

static enum fz_err
read_wish(struct request *rq, struct response *rs, struct domain *d)
{
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = want_host(rq, rs, body, "domain", true, &d->domain);
	if (err == FZ_OK)
		err = want_host(rq, rs, body, "redirect_to", false, &d->redirect_to);
	if (err != FZ_OK)
		return err;
	if (is_ours(rq->node, rq->arena, d->domain))
		return response_invalid(rs, "domain", "not one of this node's own names");
	if (d->redirect_to != NULL && strcmp(d->redirect_to, d->domain) == 0)
		return response_invalid(
		    rs, "redirect_to", "another host than the domain");
	return FZ_OK;
}

static enum fz_err
check_room(struct request *rq, struct response *rs, struct reader *rd)
{
	struct domain *v;
	size_t n;
	enum fz_err err = domain_list(rd, rq->arena, &v, &n);

	if (err != FZ_OK || n < DOMAINS_MAX)
		return err;
	response_detail(rs, "quota", json_string("domains"));
	response_detail(rs, "limit", json_integer(DOMAINS_MAX));
	response_detail(rs, "used", json_integer((json_int_t)n));
	return response_why(rs, FZ_QUOTA_EXCEEDED, "There are %d domains already",
	    DOMAINS_MAX);
}

static enum fz_err
add_in(struct request *rq, struct response *rs, struct writer *w, struct domain *d)
{
	struct reader *rd = writer_reader(w);
	struct app a;
	enum fz_err err = app_param(rq, rs, rd, &a);

	if (err == FZ_OK)
		err = check_room(rq, rs, rd);
	if (err != FZ_OK)
		return err;
	d->app = a.id;
	err = domain_add(w, d);
	return err == FZ_OK ? domain_get(rd, rq->arena, d->domain, d) : err;
}

static enum fz_err
add_domain(struct request *rq, struct response *rs)
{
	char token[TOKEN_LEN + 1];
	struct domain d = { .token = token };
	struct writer *w;
	enum fz_err err = read_wish(rq, rs, &d);

	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	str_random62(token, TOKEN_LEN);
	err = reply_commit(rq, w, add_in(rq, rs, w, &d));
	return err == FZ_OK ? response_data(rs, 201, domain_json(rq, &d)) : err;
}

/* {domain} of {app}: one that another app holds is not found here. */
static enum fz_err
find_domain(struct request *rq, struct response *rs, struct reader *rd, struct domain *d)
{
	char host[254];
	struct app a;
	enum fz_err err = app_param(rq, rs, rd, &a);

	if (err != FZ_OK)
		return err;
	if (!path_host(request_param(rq, "domain"), host))
		return FZ_DOMAIN_NOT_FOUND;
	err = domain_get(rd, rq->arena, host, d);
	return err == FZ_OK && d->app != a.id ? FZ_DOMAIN_NOT_FOUND : err;
}

static enum fz_err
load(struct request *rq, struct response *rs, struct domain *d)
{
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = find_domain(rq, rs, rd, d);
	reader_close(rd);
	return err;
}

/* What the DNS says about d, as its new status and error. */
static void
look(struct request *rq, const struct domain *d, const char **status, const char **error)
{
	const char *name = arena_printf(rq->arena, "_fazt.%s", d->domain);
	const char *value = arena_printf(rq->arena, "fazt-verify=%s", d->token);
	struct why why = { 0 };
	bool found = false;
	enum fz_err err = dns_has_txt(rq->node->dns_server, name, value, &found,
	    &why);

	*error = "";
	*status = "error";
	if (err != FZ_OK) {
		*error = arena_strdup(rq->arena, why.text);
		if (strcmp(d->status, "active") == 0)
			*status = d->status;
	} else if (found) {
		*status = "active";
	} else {
		*error = arena_printf(rq->arena, "%s has no TXT record with the value %s",
		    name, value);
	}
}

/* It may have been deleted, or given to another app, while the DNS was asked. */
static enum fz_err
note_check(struct request *rq, struct response *rs, const struct domain *asked,
    const char *status, const char *error, struct domain *d)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = find_domain(rq, rs, writer_reader(w), d);
	if (err == FZ_OK && (d->created != asked->created || d->app != asked->app))
		err = FZ_DOMAIN_NOT_FOUND;
	if (err == FZ_OK)
		err = domain_checked(w, d->domain, status, error);
	if (err == FZ_OK)
		err = domain_get(writer_reader(w), rq->arena, d->domain, d);
	return reply_commit(rq, w, err);
}

static enum fz_err
verify_domain(struct request *rq, struct response *rs)
{
	const char *status, *error;
	struct domain asked, d;
	enum fz_err err = load(rq, rs, &asked);

	if (err != FZ_OK)
		return err;
	look(rq, &asked, &status, &error);
	err = note_check(rq, rs, &asked, status, error, &d);
	return err == FZ_OK ? response_data(rs, 200, domain_json(rq, &d)) : err;
}

static enum fz_err
delete_domain(struct request *rq, struct response *rs)
{
	struct domain d;
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = find_domain(rq, rs, writer_reader(w), &d);
	if (err == FZ_OK)
		err = domain_delete(w, d.domain);
	err = reply_commit(rq, w, err);
	return err == FZ_OK ? reply_message(rs, "Domain removed") : err;
}

extern const struct route domain_routes[];

const struct route domain_routes[] = {
	{ METHOD_GET, "/api/custom-domains", list_domains, WHO_ADMIN, "aliases.read",
	    ON_ADMIN, 0, 0, "List custom domains", NULL, "[Domain]" },
	{ METHOD_POST, "/api/apps/{app}/domains", add_domain, WHO_ADMIN, "aliases",
	    ON_ADMIN, 0, WEIGHT_CONFIG, "Attach a domain to an app", "DomainCreate",
	    "Domain" },
	{ METHOD_POST, "/api/apps/{app}/domains/{domain}/verify", verify_domain,
	    WHO_ADMIN, "aliases", ON_ADMIN, 0, WEIGHT_CONFIG,
	    "Check the TXT record of a domain now", NULL, "Domain" },
	{ METHOD_DELETE, "/api/apps/{app}/domains/{domain}", delete_domain, WHO_ADMIN,
	    "aliases", ON_ADMIN, 0, WEIGHT_CONFIG, "Take a domain off an app", NULL,
	    "Message" },
	{ 0 }
};
