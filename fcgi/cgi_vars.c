/*
 * Two front servers, two transports, one reading.  A variable is taken by its exact
 * name and the first of a name wins, because that is what the front server wrote before
 * anything it copied from the client; repeated HTTP_* are one header sent twice and are
 * joined.  nginx passes duplicates on, Caddy joins them itself.
 *
 * CGI folds '-' and '_', so "Remote_User:" of a client arrives as HTTP_REMOTE_USER like a
 * header the front server set.  Nothing here gives an HTTP_ name any meaning for
 * identity; the few that other software is known to trust are dropped.
 *
 * The path comes from REQUEST_URI alone: SCRIPT_NAME and PATH_INFO are each server's own
 * idea and they differ.
 *
 * Refused rather than repaired: control bytes in values, a length that is not a number.
 */
#include "fcgi/cgi_vars.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"

/* An address as 16 bytes; IPv4 is ::ffff:a.b.c.d. */
struct address {
	unsigned char	 b[16];
};

struct cidr {
	struct address	 net;
	unsigned	 bits;		/* of 128 */
};

struct cgi_trust {
	size_t		 n;
	struct cidr	*v;
};

struct vars {
	const struct cgi_var *v;
	size_t		 n;
};

static bool
address_parse(const char *s, struct address *out, bool *v4)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct in_addr a4;
	struct in6_addr a6;

	if (inet_pton(AF_INET, s, &a4) == 1) {
		memcpy(out->b, mapped, 12);
		memcpy(out->b + 12, &a4, 4);
		*v4 = true;
		return true;
	}
	if (inet_pton(AF_INET6, s, &a6) != 1)
		return false;
	memcpy(out->b, &a6, 16);
	*v4 = memcmp(out->b, mapped, 12) == 0;
	return true;
}

/* Canonical text, so that one client is one key for limits; NULL if it is none. */
static const char *
address_text(struct arena *a, const char *s)
{
	char text[INET6_ADDRSTRLEN];
	struct address addr;
	bool v4;

	if (!address_parse(s, &addr, &v4))
		return NULL;
	if (v4)
		inet_ntop(AF_INET, addr.b + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr.b, text, sizeof(text));
	return arena_strdup(a, text);
}

static bool
cidr_parse(const char *s, struct cidr *out)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(s, '/');
	size_t len = slash != NULL ? (size_t)(slash - s) : strlen(s);
	uint64_t bits;
	bool v4;

	if (len >= sizeof(host))
		return false;
	memcpy(host, s, len);
	host[len] = '\0';
	if (!address_parse(host, &out->net, &v4))
		return false;
	/* "::ffff:a.b.c.d/n" counts bits of the long form. */
	v4 = v4 && strchr(host, ':') == NULL;
	bits = v4 ? 32 : 128;
	if (slash != NULL && (!str_u64(slash + 1, &bits) || bits > (v4 ? 32U : 128U)))
		return false;
	out->bits = (unsigned)bits + (v4 ? 96 : 0);
	return true;
}

enum fz_err
cgi_trust_new(const char *const *cidrs, struct cgi_trust **out, struct why *why)
{
	struct cgi_trust *t = xcalloc(1, sizeof(*t));
	size_t n = 0;

	while (cidrs != NULL && cidrs[n] != NULL)
		n++;
	t->v = xcalloc(n, sizeof(*t->v));
	for (; t->n < n; t->n++)
		if (!cidr_parse(cidrs[t->n], &t->v[t->n])) {
			why_set(why, FZ_VALIDATION_FAILED,
			    "trusted_proxies: %.80s is no address or network", cidrs[t->n]);
			cgi_trust_free(t);
			return FZ_VALIDATION_FAILED;
		}
	*out = t;
	return FZ_OK;
}

void
cgi_trust_free(struct cgi_trust *t)
{
	if (t == NULL)
		return;
	free(t->v);
	free(t);
}

static bool
cidr_has(const struct cidr *c, const struct address *a)
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (memcmp(c->net.b, a->b, whole) != 0)
		return false;
	return rest == 0 || ((c->net.b[whole] ^ a->b[whole]) >> (8 - rest)) == 0;
}

static bool
trusted(const struct cgi_trust *t, const char *ip)
{
	struct address a;
	bool v4;
	size_t i;

	if (t == NULL || t->n == 0 || !address_parse(ip, &a, &v4))
		return false;
	for (i = 0; i < t->n; i++)
		if (cidr_has(&t->v[i], &a))
			return true;
	return false;
}

static const char *
get(const struct vars *vs, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < vs->n; i++)
		if (vs->v[i].name_len == len && memcmp(vs->v[i].name, name, len) == 0)
			return vs->v[i].value;
	return "";
}

static bool
value_ok(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

/* Names that some CGI software trusts, or that say again what a variable says. */
static bool
dropped(const char *name)
{
	static const char *const names[] = { "proxy", "content-length", "content-type",
		"remote-user", "transfer-encoding" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* "HTTP_X_FORWARDED_FOR" -> "x-forwarded-for"; NULL for what is no header name. */
static char *
header_name(struct arena *a, const struct cgi_var *v)
{
	size_t i, len = v->name_len - 5;
	char *s;

	if (len == 0)
		return NULL;
	s = arena_strndup(a, v->name + 5, len);
	for (i = 0; i < len; i++) {
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] - 'A' + 'a');
		else if (s[i] == '_')
			s[i] = '-';
		else if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
		    s[i] == '-'))
			return NULL;
	}
	return dropped(s) ? NULL : s;
}

static void
header_add(struct request *rq, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < rq->headers.n; i++)
		if (strcmp(rq->headers.v[i].name, name) == 0) {
			rq->headers.v[i].value = arena_printf(rq->arena, "%s%s%s",
			    rq->headers.v[i].value,
			    strcmp(name, "cookie") == 0 ? "; " : ", ", value);
			return;
		}
	rq->headers.v[rq->headers.n].name = name;
	rq->headers.v[rq->headers.n++].value = arena_strdup(rq->arena, value);
}

static enum fz_err
take_headers(struct request *rq, const struct vars *vs)
{
	const char *type = get(vs, "CONTENT_TYPE");
	size_t i;

	rq->headers.v = arena_alloc(rq->arena, (vs->n + 1) * sizeof(*rq->headers.v));
	for (i = 0; i < vs->n; i++) {
		const char *name;

		if (vs->v[i].name_len < 5 || memcmp(vs->v[i].name, "HTTP_", 5) != 0)
			continue;
		if (strlen(vs->v[i].value) > LIMIT_HEADER)
			return FZ_HEADERS_TOO_LARGE;
		if (!value_ok(vs->v[i].value))
			return FZ_BAD_REQUEST;
		name = header_name(rq->arena, &vs->v[i]);
		if (name != NULL)
			header_add(rq, name, vs->v[i].value);
	}
	if (strlen(type) > LIMIT_HEADER)
		return FZ_HEADERS_TOO_LARGE;
	if (!value_ok(type))
		return FZ_BAD_REQUEST;
	rq->content_type = arena_strdup(rq->arena, type);
	if (type[0] != '\0')
		header_add(rq, "content-type", type);
	return FZ_OK;
}

/* Caddy says -1 for a chunked body, nginx nothing. */
static enum fz_err
take_length(struct request *rq, const char *s)
{
	uint64_t n;

	rq->content_length = -1;
	if (s[0] == '\0' || strcmp(s, "-1") == 0)
		return FZ_OK;
	if (!str_u64(s, &n) || n > INT64_MAX)
		return FZ_BAD_REQUEST;
	rq->content_length = (int64_t)n;
	return FZ_OK;
}

/*
 * The chain was written left to right, so it is read from the right while the writers
 * are ours; the first address none of them vouches for is the client.
 */
static const char *
forwarded_for(struct request *rq, const struct cgi_trust *trust, const char *chain)
{
	char *s = arena_strdup(rq->arena, chain);
	const char *ip = rq->ip;

	while (trusted(trust, ip)) {
		char *comma = strrchr(s, ',');
		char *entry = comma != NULL ? comma + 1 : s;
		const char *next;

		entry += strspn(entry, " \t");
		entry[strcspn(entry, " \t")] = '\0';
		next = address_text(rq->arena, entry);
		if (next == NULL)
			break;
		ip = next;
		if (comma == NULL)
			break;
		*comma = '\0';
	}
	return ip;
}

/* Value after the last comma: what the nearest proxy said. */
static bool
last_is(const char *list, const char *want)
{
	const char *comma = strrchr(list, ',');
	const char *s = comma != NULL ? comma + 1 : list;

	return str_ieq(s + strspn(s, " \t"), want);
}

static void
take_client(struct request *rq, const struct vars *vs, const struct cgi_trust *trust)
{
	const char *https = get(vs, "HTTPS"), *ip, *h;

	rq->secure = str_ieq(https, "on") || strcmp(https, "1") == 0 ||
	    str_ieq(get(vs, "REQUEST_SCHEME"), "https");
	rq->internal = strcmp(get(vs, "FAZT_INTERNAL"), "1") == 0;
	ip = address_text(rq->arena, get(vs, "REMOTE_ADDR"));
	if (ip == NULL)
		return;
	rq->ip = ip;
	if (!trusted(trust, ip))
		return;
	h = request_header(rq, "x-forwarded-for");
	if (h != NULL)
		rq->ip = forwarded_for(rq, trust, h);
	h = request_header(rq, "x-forwarded-proto");
	if (h != NULL)
		rq->secure = last_is(h, "https");
}

static bool
id_ok(const char *s)
{
	size_t n = strlen(s);

	return n >= 8 && n <= 64 &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static void
take_id(struct request *rq)
{
	const char *id = request_header(rq, "x-request-id");

	if (id != NULL && id_ok(id))
		memcpy(rq->id, id, strlen(id) + 1);
}

void
cgi_vars_defaults(struct request *rq)
{
	rq->method = METHOD_OTHER;
	rq->method_name = "?";
	rq->path = "/";
	rq->query = "";
	rq->ip = "0.0.0.0";
	rq->content_type = "";
	rq->content_length = -1;
	str_unique(rq->id);
}

enum fz_err
cgi_vars_request(struct request *rq, const struct cgi_var *v, size_t n,
    const struct cgi_trust *trust)
{
	const struct vars vs = { v, n };
	const char *method = get(&vs, "REQUEST_METHOD"), *host;
	enum fz_err err, length;

	/* All is taken before the first error is told: the log wants id and address. */
	err = take_headers(rq, &vs);
	take_client(rq, &vs, trust);
	take_id(rq);
	length = take_length(rq, get(&vs, "CONTENT_LENGTH"));
	if (err == FZ_OK)
		err = length;
	host = request_header(rq, "host");
	if (host == NULL || !path_host(host, rq->host))
		rq->host[0] = '\0';
	if (method[0] == '\0' || strlen(method) > 32 || !value_ok(method))
		return FZ_BAD_REQUEST;
	rq->method_name = arena_strdup(rq->arena, method);
	rq->method = method_parse(method);
	if (err == FZ_OK)
		err = path_normalise(rq->arena, get(&vs, "REQUEST_URI"), &rq->path,
		    &rq->query);
	return err;
}
