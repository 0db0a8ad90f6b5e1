/*
 * rawcgi [options] [METHOD] URI: speak FastCGI or SCGI to a socket as a front server
 * would, or as none should.  Prints status, headers and body of each answer.
 *
 *	--socket WHERE	unix path or 127.0.0.1:PORT (or RAWCGI_SOCKET)
 *	--fcgi --scgi	protocol (fcgi)
 *	--param K=V	a variable, may repeat; replaces a standard one of that name
 *	--also K=V	the same, besides one of that name
 *	--host NAME	HTTP_HOST
 *	--body FILE	request body; --bytes N: N bytes of 'x' instead
 *	--length TEXT	CONTENT_LENGTH other than the truth; "" = none
 *	--keep N	N requests on one connection (fcgi)
 *	--slow-body MS	pause between pieces of 1 KiB
 *	--slow-read MS	pause before reading the answer
 *	--truncate N	send N bytes of the body, then close
 *	--smuggle	fill the body with a forged request for /smuggled, each alignment
 *	--raw FILE	send these bytes, print what comes
 *	--timeout MS	silence that ends waiting (10000)
 *	--status	print status codes only
 *
 * Exit: 0 every answer was complete, 3 the connection was closed without one, 4 silence,
 * 2 usage, 1 cannot connect.
 */
#include <getopt.h>
#include <time.h>

#include "tests/tools/cgi_client.h"

#define VARS 400

struct options {
	const char	*where;
	bool		 scgi;
	bool		 smuggle;
	bool		 status_only;
	const char	*vars[VARS + 1];
	int		 nvars;
	const char	*set[VARS];
	int		 nset;
	struct cc_bytes	 body;
	const char	*length;
	long		 keep;
	long		 slow_body;
	long		 slow_read;
	long		 truncate;
	const char	*raw;
	int		 timeout;
};

static void
nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static void
usage(const char *why)
{
	fprintf(stderr, "rawcgi: %s; see the head of tests/tools/rawcgi.c\n", why);
	exit(2);
}

static void
read_file(const char *path, struct cc_bytes *b)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char buf[65536];
	size_t n;

	if (f == NULL)
		usage("cannot read the file");
	for (n = fread(buf, 1, sizeof(buf), f); n > 0; n = fread(buf, 1, sizeof(buf), f))
		cc_add(b, buf, n);
	if (f != stdin)
		fclose(f);
}

static void
var(struct options *o, const char *text)
{
	if (o->nvars == VARS || strchr(text, '=') == NULL)
		usage("too many variables, or one without =");
	o->vars[o->nvars++] = text;
	o->vars[o->nvars] = NULL;
}

/* A standard variable, unless --param replaces it. */
static void
standard(struct options *o, const char *name, const char *value)
{
	size_t len = strlen(name);
	char *text = malloc(len + strlen(value) + 2);

	for (int i = 0; i < o->nset; i++)
		if (strncmp(o->set[i], name, len) == 0 && o->set[i][len] == '=') {
			free(text);
			return;
		}
	if (text == NULL)
		abort();
	sprintf(text, "%s=%s", name, value);
	var(o, text);
}

static void
forge(struct cc_bytes *b)
{
	static const char *const vars[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/smuggled",
		"HTTP_HOST=smuggled.example", "REMOTE_ADDR=127.0.0.1", "FAZT_INTERNAL=1", NULL };

	for (int i = 0; i < 128; i++) {
		cc_fcgi_head(b, 1, true, vars);
		cc_record(b, 5, 1, NULL, 0, 0);
		cc_add(b, "xxxxxxx", (size_t)(i % 8));
	}
}

static void
send_body(const struct options *o, int fd)
{
	size_t at = 0, n = o->body.len;

	if (o->truncate >= 0 && (size_t)o->truncate < n)
		n = (size_t)o->truncate;
	while (at < n) {
		struct cc_bytes piece = { 0 };
		size_t take = n - at < 1024 || o->slow_body == 0 ? n - at : 1024;

		if (o->scgi)
			cc_add(&piece, o->body.p + at, take);
		else
			cc_stream(&piece, 5, 1, o->body.p + at, take, false);
		if (!cc_send(fd, piece.p, piece.len))
			at = n;
		cc_fini(&piece);
		at += take;
		if (o->slow_body > 0)
			nap(o->slow_body);
	}
	if (!o->scgi && o->truncate < 0) {
		struct cc_bytes last = { 0 };

		cc_record(&last, 5, 1, NULL, 0, 0);
		(void)cc_send(fd, last.p, last.len);
		cc_fini(&last);
	}
}

static int
show(const struct options *o, int fd)
{
	struct cc_bytes answer = { 0 };
	enum cc_end end;

	if (o->slow_read > 0)
		nap(o->slow_read);
	end = o->scgi ? cc_scgi_answer(fd, &answer, o->timeout) :
	    cc_fcgi_answer(fd, 1, &answer, o->timeout);
	if (o->status_only)
		printf("%d\n", cc_status(&answer));
	else if (answer.len > 0)
		fwrite(answer.p, 1, answer.len, stdout);
	if (o->scgi && answer.len == 0 && end == CC_COMPLETE)
		end = CC_CLOSED;
	cc_fini(&answer);
	return end == CC_COMPLETE ? 0 : end == CC_CLOSED ? 3 : 4;
}

static int
one_request(const struct options *o, int fd)
{
	struct cc_bytes head = { 0 };

	if (o->scgi)
		cc_scgi_head(&head, o->vars);
	else
		cc_fcgi_head(&head, 1, o->keep > 1, o->vars);
	(void)cc_send(fd, head.p, head.len);
	cc_fini(&head);
	send_body(o, fd);
	if (o->truncate >= 0)
		return 0;
	return show(o, fd);
}

static int
raw(const struct options *o, int fd)
{
	struct cc_bytes bytes = { 0 };
	char buf[4096];
	size_t n;

	read_file(o->raw, &bytes);
	(void)cc_send(fd, bytes.p, bytes.len);
	cc_fini(&bytes);
	shutdown(fd, SHUT_WR);
	for (n = cc_recv(fd, buf, 1, o->timeout); n > 0; n = cc_recv(fd, buf, 1, o->timeout))
		fwrite(buf, 1, n, stdout);
	return 0;
}

static void
fill_bytes(struct options *o, size_t n)
{
	char *p = malloc(n);

	if (p == NULL)
		abort();
	memset(p, 'x', n);
	cc_add(&o->body, p, n);
	free(p);
}

enum { PARAM = 1, ALSO, SCGI, FCGI, SOCKET, HOST, BODY, BYTES, LENGTH, KEEP, SLOW_BODY,
	SLOW_READ, TRUNCATE, SMUGGLE, RAW, TIMEOUT, STATUS };

static const struct option longs[] = {
	{ "param", 1, NULL, PARAM }, { "also", 1, NULL, ALSO }, { "scgi", 0, NULL, SCGI },
	{ "fcgi", 0, NULL, FCGI }, { "socket", 1, NULL, SOCKET }, { "host", 1, NULL, HOST },
	{ "body", 1, NULL, BODY }, { "bytes", 1, NULL, BYTES },
	{ "length", 1, NULL, LENGTH }, { "keep", 1, NULL, KEEP },
	{ "slow-body", 1, NULL, SLOW_BODY }, { "slow-read", 1, NULL, SLOW_READ },
	{ "truncate", 1, NULL, TRUNCATE }, { "smuggle", 0, NULL, SMUGGLE },
	{ "raw", 1, NULL, RAW }, { "timeout", 1, NULL, TIMEOUT },
	{ "status", 0, NULL, STATUS }, { NULL, 0, NULL, 0 },
};

static void
option(struct options *o, int c, char *arg, const char **host)
{
	switch (c) {
	case PARAM:
		o->set[o->nset++] = arg;
		/* FALLTHROUGH */
	case ALSO:
		var(o, arg);
		break;
	case SCGI:
	case FCGI:
		o->scgi = c == SCGI;
		break;
	case SOCKET:
		o->where = arg;
		break;
	case HOST:
		*host = arg;
		break;
	case BODY:
		read_file(arg, &o->body);
		break;
	case BYTES:
		fill_bytes(o, strtoul(arg, NULL, 10));
		break;
	case LENGTH:
		o->length = arg;
		break;
	case KEEP:
		o->keep = strtol(arg, NULL, 10);
		break;
	case SLOW_BODY:
		o->slow_body = strtol(arg, NULL, 10);
		break;
	case SLOW_READ:
		o->slow_read = strtol(arg, NULL, 10);
		break;
	case TRUNCATE:
		o->truncate = strtol(arg, NULL, 10);
		break;
	case SMUGGLE:
		o->smuggle = true;
		break;
	case RAW:
		o->raw = arg;
		break;
	case TIMEOUT:
		o->timeout = (int)strtol(arg, NULL, 10);
		break;
	case STATUS:
		o->status_only = true;
		break;
	default:
		usage("unknown option");
	}
}

/* What every front server sends, CONTENT_LENGTH first as SCGI wants it. */
static void
complete(struct options *o, const char *method, const char *uri, const char *host)
{
	const char *given[VARS];
	int n = o->nvars;
	char length[32];

	memcpy(given, o->vars, sizeof(given));
	o->nvars = 0;
	snprintf(length, sizeof(length), "%zu", o->body.len);
	if (o->length != NULL)
		snprintf(length, sizeof(length), "%s", o->length);
	if (o->scgi || o->body.len > 0 || o->length != NULL)
		standard(o, "CONTENT_LENGTH", length);
	if (o->scgi)
		standard(o, "SCGI", "1");
	standard(o, "REQUEST_METHOD", method);
	standard(o, "REQUEST_URI", uri);
	standard(o, "HTTP_HOST", host);
	standard(o, "REMOTE_ADDR", "192.0.2.1");
	standard(o, "SERVER_PROTOCOL", "HTTP/1.1");
	standard(o, "REQUEST_SCHEME", "https");
	standard(o, "HTTPS", "on");
	for (int i = 0; i < n; i++)
		var(o, given[i]);
}

int
main(int argc, char **argv)
{
	struct options o = { .keep = 1, .truncate = -1, .timeout = 10000 };
	const char *host = "localhost", *method = "GET", *uri = "/";
	int c, fd, rc = 0;

	o.where = getenv("RAWCGI_SOCKET");
	for (c = getopt_long(argc, argv, "", longs, NULL); c != -1;
	     c = getopt_long(argc, argv, "", longs, NULL))
		option(&o, c, optarg, &host);
	if (o.where == NULL)
		usage("no socket");
	if (argc - optind == 2)
		method = argv[optind++];
	if (argc - optind == 1)
		uri = argv[optind];
	if (o.smuggle)
		forge(&o.body);
	complete(&o, method, uri, host);
	fd = cc_connect(o.where);
	if (fd < 0) {
		fprintf(stderr, "rawcgi: %s: %s\n", o.where, strerror(errno));
		return 1;
	}
	if (o.raw != NULL)
		rc = raw(&o, fd);
	else
		for (long i = 0; i < o.keep && rc == 0; i++)
			rc = one_request(&o, fd);
	close(fd);
	cc_fini(&o.body);
	return rc;
}
