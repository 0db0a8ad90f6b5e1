/*
 * A script (ES5, as the translator leaves it) through the real bindings, within 50 ms of
 * CPU time and 8 MiB, on a store that also holds canaries: data of another app and of
 * another user of the same one, under the names the script's own data has.
 *
 * It comes as the body of a request; api/main.js makes a function of it.  One that
 * begins with "//anonymous" is sent by nobody in particular, others by a user who may see
 * errors.
 *
 * Oracle: never a canary in an answer, and canaries stay what they are; an answer that
 * can be sent; no reader, writer, heap or descriptor is kept; the request after it finds
 * the world as the first one found it.
 */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>

#include "tests/fuzz/bindings_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CPU_MS 50
#define WALL_MS 150			/* sanitizers, and a machine with other work */
#define LATE_US (3000 * 1000LL)
#define FDS_EVERY 256

struct ask {
	struct request	 rq;
	struct response	 rs;
	struct script_used used;
};

static char *plain;			/* what a GET said in the beginning */
static unsigned runs;
static size_t fds;
/* Runs need a larger stack than the main thread has. */
static pthread_t worker;
static sem_t go, done;
static struct ask *job;			/* NULL = end */

static size_t
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	must(d != NULL);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void *
work(void *arg)
{
	(void)arg;
	for (;;) {
		(void)sem_wait(&go);
		if (job == NULL)
			return NULL;
		script_answer(&script, &job->rq, &job->rs, &job->used);
		(void)sem_post(&done);
	}
}

static void
tear_down(void)
{
	job = NULL;
	(void)sem_post(&go);
	(void)pthread_join(worker, NULL);
	close_node();
	free(plain);
}

static void
set_up(void)
{
	struct arena *a = arena_new();
	pthread_attr_t attr;

	make_canary();
	open_node();
	script.alias = "own";
	script.host = "own.example.com";
	script.deploy = 1;
	quota_read("{\"heap_bytes\":8388608,\"docs\":2000,\"kv_keys\":2000,"
	    "\"blob_bytes\":4194304,\"disk_bytes\":16777216}", &script.quota);
	script.quota.cpu_ms = CPU_MS;
	script.quota.wall_ms = WALL_MS;
	fill(a);
	must(sem_init(&go, 0, 0) == 0 && sem_init(&done, 0, 0) == 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, GUARD_STACK + MIB);
	must(pthread_create(&worker, &attr, work, NULL) == 0);
	pthread_attr_destroy(&attr);
	(void)atexit(tear_down);
	arena_free(a);
}

/* --- asking --- */

static void
ask(struct ask *q, struct arena *a, const uint8_t *body, size_t len, bool anonymous)
{
	static struct pair headers[3] = { { "host", "own.example.com" },
		{ "cookie", "a=1; b=2" }, { "content-type", "text/plain" } };
	struct request *rq = &q->rq;

	memset(q, 0, sizeof(*q));
	response_init(&q->rs, a);
	rq->arena = a;
	rq->node = &node;
	rq->method_name = body != NULL ? "POST" : "GET";
	rq->method = method_parse(rq->method_name);
	rq->path = "/api/x";
	rq->query = "q=1&q=2&s=cat-blue-river";
	(void)snprintf(rq->host, sizeof(rq->host), "%s", script.host);
	(void)snprintf(rq->id, sizeof(rq->id), "0123456789abcdef");
	rq->ip = "192.0.2.7";
	rq->secure = true;
	rq->content_type = body != NULL ? "text/plain" : "";
	rq->content_length = body != NULL ? (int64_t)len : -1;
	rq->headers.v = headers;
	rq->headers.n = body != NULL ? 3 : 2;
	rq->caller = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	if (!anonymous)
		rq->caller = (struct caller){ .role = ROLE_ADMIN, .user = USER,
			.user_uid = "fazt_usr_7", .email = "a@example.com", .name = "a",
			.picture = "", .provider = "password" };
	script.show_errors = !anonymous;
	if (body != NULL) {
		rq->body = spool_new(dir, MIB);
		must(spool_add(rq->body, body, len) == FZ_OK);
	}
	job = q;
	(void)sem_post(&go);
	while (sem_wait(&done) != 0)
		continue;
}

static bool
tells(const void *text, size_t len)
{
	return memmem(text, len, canary, CANARY_LEN) != NULL ||
	    memmem(text, len, canary64, sizeof(canary64) - 1) != NULL;
}

static void
check_headers(const struct response *rs)
{
	for (size_t i = 0; i < rs->nheaders; i++) {
		const char *name = rs->headers[i].name, *value = rs->headers[i].value;

		must(name[0] != '\0' && strpbrk(name, " :\r\n") == NULL);
		must(strpbrk(value, "\r\n") == NULL);
		must(!tells(value, strlen(value)));
	}
}

/* All of it, in *body, which is the caller's. */
static size_t
read_body(struct ask *q, char **body)
{
	struct body_source *source = q->rs.source;
	size_t len = q->rs.len, n;
	const void *p;

	if (source == NULL) {
		*body = xmalloc(len + 1);
		memcpy(*body, len > 0 ? q->rs.bytes : "", len);
		(*body)[len] = '\0';
		return len;
	}
	*body = xmalloc((size_t)q->rs.source_len + 1);
	for (len = 0;; len += n) {
		must(source->next(source, &p, &n) == FZ_OK);
		must(len + n <= (size_t)q->rs.source_len);
		if (n == 0)
			break;
		memcpy(*body + len, p, n);
	}
	(*body)[len] = '\0';
	return len;
}

static void
end_ask(struct ask *q)
{
	response_fini(&q->rs);
	spool_free(q->rq.body);
}

/* --- the oracle --- */

static void
check_answer(struct ask *q, bool anonymous)
{
	char *body;
	size_t len;

	must(!q->rs.broken);
	must(q->rs.status >= 200 && q->rs.status <= 599);
	must(q->used.wall_us < WALL_MS * 1000 + LATE_US);
	check_headers(&q->rs);
	len = read_body(q, &body);
	must(!tells(body, len));
	if (q->used.error != NULL) {
		must(q->rs.status >= 400 || q->rs.status == 303);
		must(strlen(body) == len && str_utf8_ok(body, len));
		must(!anonymous || strstr(body, "\"stack\":") == NULL);
	}
	free(body);
}

/* The keeper and the recorder may be at work for a moment. */
static void
nothing_is_held(void)
{
	struct scripts_stats scripts;
	struct store_stats stats = { .readers_used = 1 };

	for (int i = 0; i < 2000 && stats.readers_used > 0; i++) {
		if (i > 0)
			usleep(1000);
		store_stats(node.store, &stats);
	}
	must(stats.readers_used == 0);
	scripts_stats(node.scripts, &scripts);
	must(scripts.worlds == scripts.idle && scripts.worlds <= 1);
	if (++runs % FDS_EVERY == 1) {
		if (fds == 0)
			fds = count_fds();
		must(count_fds() <= fds + 4);
	}
}

static void
ask_plain(struct arena *a)
{
	struct ask q;
	char *body;
	size_t len;

	ask(&q, a, NULL, 0, true);
	len = read_body(&q, &body);
	if (q.rs.status != 200 || (plain != NULL && strcmp(plain, body) != 0))
		fprintf(stderr, "%d: %s\nbefore: %s\n", q.rs.status, body, plain);
	must(q.rs.status == 200 && strlen(body) == len);
	if (plain == NULL)
		plain = body;
	else {
		must(strcmp(plain, body) == 0);
		free(body);
	}
	end_ask(&q);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char nobody[] = "//anonymous";
	bool anonymous = size >= strlen(nobody) && memcmp(data, nobody, strlen(nobody)) == 0;
	struct arena *a = arena_new();
	struct ask q;

	if (node.store == NULL) {
		set_up();
		ask_plain(a);
	}
	/* libFuzzer sees what is compared and would tell the script. */
	if (!tells(data, size)) {
		ask(&q, a, data, size, anonymous);
		check_answer(&q, anonymous);
		end_ask(&q);
		nothing_is_held();
		ask_plain(a);
		restore(a);
	}
	arena_free(a);
	return 0;
}
