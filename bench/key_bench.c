/*
 * What a wrong API key costs, through the function that every request of the admin API goes
 * through first: CPU time of this thread for one key, over CALLS different ones a round,
 * median of the rounds.  The store holds KEYS keys.  Two kinds are asked, since whoever sends
 * them chooses: well-formed with a right check and an unknown id, which costs a look-up, and
 * malformed.
 *
 *	key_bench
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/access.h"
#include "auth/token.h"
#include "base/base64.h"
#include "store/apikey.h"
#include "store/store.h"

#define ROUNDS 5
#define CALLS 20000
#define KEYS 1000
#define BAR_US 20.0

enum kind { KIND_NONE, KIND_UNKNOWN, KIND_CHECK, KIND_SHORT, KIND_BASIC, KINDS };

static const char *const kinds[KINDS] = {
	[KIND_NONE] = "no Authorization header",
	[KIND_UNKNOWN] = "right check, unknown id",
	[KIND_CHECK] = "wrong check",
	[KIND_SHORT] = "malformed",
	[KIND_BASIC] = "Basic with an unknown key",
};

static struct node node;
static char headers[CALLS][160];
static int missed;

static void
must(enum fz_err err, const char *what)
{
	if (err == FZ_OK)
		return;
	(void)fprintf(stderr, "key_bench: %s: %s\n", what, err_code(err));
	exit(1);
}

static void
fill(void)
{
	struct writer *w;

	must(writer_begin(node.store, 5000, &w), "begin");
	for (int i = 0; i < KEYS; i++) {
		char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
		struct apikey k = { .key_id = id, .name = "k", .scopes = "deploy" };

		token_make(text, id, k.hash);
		must(apikey_add(w, &k), "key");
	}
	must(writer_commit(w, NULL), "commit");
}

static void
make_header(char *out, size_t size, enum kind kind)
{
	char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1], basic[TOKEN_MAX + 8];
	char coded[BASE64_SIZE(sizeof(basic))];
	uint8_t hash[SHA256_LEN];

	token_make(text, id, hash);
	switch (kind) {
	case KIND_CHECK:
		text[strlen(text) - 1] ^= 1;
		break;
	case KIND_SHORT:
		text[40] = '\0';
		break;
	case KIND_BASIC:
		(void)snprintf(basic, sizeof(basic), "u:%s", text);
		(void)base64_encode(coded, basic, strlen(basic), false);
		(void)snprintf(out, size, "Basic %s", coded);
		return;
	default:
		break;
	}
	(void)snprintf(out, size, "Bearer %s", text);
}

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* One request as far as its key: arena, look at the header, refusal. */
static void
once(struct arena *a, const char *header)
{
	struct pair pair = { "authorization", header };
	struct request rq = { .arena = a, .node = &node, .method = METHOD_GET,
		.method_name = "GET", .path = "/api/apps", .query = "", .ip = "192.0.2.7",
		.content_type = "", .headers = { &pair, header != NULL } };
	struct response rs;
	enum fz_err err;

	response_init(&rs, a);
	err = access_identify(&rq, &rs);
	if (err != (header == NULL ? FZ_OK : FZ_INVALID_API_KEY)) {
		(void)fprintf(stderr, "key_bench: %s gave %s\n", header, err_code(err));
		exit(1);
	}
	response_fini(&rs);
	arena_reset(a);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
measure(struct arena *a, enum kind kind)
{
	double us[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		double from;

		for (int i = 0; i < CALLS; i++)
			make_header(headers[i], sizeof(headers[i]), kind);
		from = cpu_us();
		for (int i = 0; i < CALLS; i++)
			once(a, kind == KIND_NONE ? NULL : headers[i]);
		us[r] = (cpu_us() - from) / CALLS;
	}
	qsort(us, ROUNDS, sizeof(us[0]), by_value);
	return us[ROUNDS / 2];
}

int
main(int argc, char **argv)
{
	struct store_options options = { .readers = 4, .may_create = true };
	char dir[] = "/tmp/fazt-bench-XXXXXX", path[80];
	struct arena *a = arena_new();
	struct why why = { 0 };

	(void)argv;
	if (argc > 1) {
		(void)printf("usage: key_bench\n");
		return 2;
	}
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/data.db", dir);
	options.path = path;
	must(store_open(&options, &node.store, &why), why.text);
	fill();
	(void)printf("CPU time of one thread, %d different keys a round, median of %d rounds, "
	    "%d keys in the store\n\n", CALLS, ROUNDS, KEYS);
	for (enum kind k = KIND_NONE; k < KINDS; k++) {
		double us = measure(a, k);
		bool ok = us < BAR_US;

		(void)printf("%-56s %10.2f us   want < %.0f  %s\n", kinds[k], us, BAR_US,
		    ok ? "ok" : "MISSED");
		missed = missed || !ok;
	}
	store_close(node.store);
	arena_free(a);
	(void)unlink(path);
	(void)rmdir(dir);
	return missed;
}
