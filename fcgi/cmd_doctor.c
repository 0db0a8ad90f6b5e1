/*
 * doctor: everything that commonly goes wrong between a machine, its DNS, the front
 * server and us, each as one check with what to do about it.  A check that cannot be
 * made because an earlier one failed is skipped, not passed.
 */
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fcgi/command.h"
#include "fcgi/control.h"
#include "fcgi/setup.h"
#include "store/backup.h"

enum verdict { GOOD, BAD, SKIPPED };

struct doctor {
	struct arena	*arena;
	struct config	 config;
	struct node	 node;
	bool		 have_node;
	bool		 running;
	json_t		*echo;		/* data of POST /api/echo through the front */
	const char	*text;		/* of the check at work */
	const char	*try;
};

#define ECHO_BYTES 70000

static enum verdict
say(struct doctor *d, enum verdict v, const char *try, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	d->text = arena_strdup(d->arena, line);
	d->try = try;
	return v;
}

static enum verdict
check_config(struct doctor *d)
{
	struct why why = { { 0 } };
	enum fz_err err = config_load(&d->config, NULL, command_state(), &why);

	if (err == FZ_OK)
		err = config_verify(&d->config, &why);
	if (err != FZ_OK)
		return say(d, BAD, "correct that line", "%s", why.text);
	return say(d, GOOD, NULL, "%s",
	    d->config.file == NULL ? "no file, defaults" : d->config.file);
}

static enum verdict
check_modes(struct doctor *d)
{
	static const struct {
		const char *name;
		mode_t forbidden;
	} files[] = { { "", 0077 }, { "/data.db", 0077 }, { "/master.key", 0077 } };
	struct stat st;

	for (size_t i = 0; i < 3; i++) {
		const char *path =
		    arena_printf(d->arena, "%s%s", command_state(), files[i].name);

		if (stat(path, &st) != 0) {
			if (i == 2 && getenv("CREDENTIALS_DIRECTORY") != NULL)
				continue;
			return say(d, BAD, i == 2 ? "put the node's master.key back" :
			    "fazt-fcgi init, or restore a backup", "%s: %s", path,
			    strerror(errno));
		}
		if (st.st_mode & files[i].forbidden)
			return say(d, BAD, "chmod go= that path",
			    "%s may be read by others (mode %o)", path,
			    (unsigned)st.st_mode & 0777);
	}
	return say(d, GOOD, NULL, "%s is private", command_state());
}

static enum verdict
check_database(struct doctor *d)
{
	struct store *store = NULL;
	struct why why = { { 0 } };
	const char *path = arena_printf(d->arena, "%s/data.db", command_state());
	enum fz_err err = backup_verify(path, &why);

	if (err == FZ_OK)
		err = command_store(&store, &why);
	if (err == FZ_OK)
		err = setup_node(&d->node, d->arena, &d->config, store, command_state(), &why);
	store_close(store);
	d->node.store = NULL;
	if (err != FZ_OK)
		return say(d, BAD, "fazt-fcgi restore a backup", "%s",
		    why.text[0] != '\0' ? why.text : err_text(err));
	d->have_node = true;
	return say(d, GOOD, NULL, "intact, domain %s", d->node.domain);
}

static enum verdict
check_disk(struct doctor *d)
{
	struct statvfs vfs;
	unsigned long long mib;

	if (statvfs(command_state(), &vfs) != 0)
		return say(d, BAD, NULL, "statvfs: %s", strerror(errno));
	mib = (unsigned long long)vfs.f_bavail * vfs.f_frsize / MIB;
	if (mib < 64)
		return say(d, BAD, "free some space", "%llu MiB free", mib);
	return say(d, GOOD, NULL, "%llu MiB free", mib);
}

static enum verdict
check_clock(struct doctor *d)
{
	char now[CLOCK_RFC3339_LEN];

	clock_rfc3339(now, clock_wall_ms());
	if (strcmp(now, "2026") < 0)
		return say(d, BAD, "set the clock", "it says %s", now);
	return say(d, GOOD, NULL, "%s", now);
}

static enum verdict
check_server(struct doctor *d)
{
	d->running = control_running(command_state());
	if (!d->running)
		return say(d, BAD, "fazt-fcgi serve", "no server is running in %s",
		    command_state());
	return say(d, GOOD, NULL, "running");
}

static bool
resolves(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int rc = getaddrinfo(name, "443", &hints, &list);

	if (rc == 0)
		freeaddrinfo(list);
	return rc == 0;
}

static enum verdict
check_dns(struct doctor *d)
{
	char name[300];

	if (!d->have_node)
		return say(d, SKIPPED, NULL, "the domain is not known");
	if (strcmp(d->node.domain, "localhost") == 0 || str_ends(d->node.domain, ".localhost"))
		return say(d, GOOD, NULL, "%s is this machine (RFC 6761)", d->node.domain);
	if (!resolves(d->node.domain))
		return say(d, BAD, "add an A or AAAA record", "%s does not resolve",
		    d->node.domain);
	snprintf(name, sizeof(name), "fazt-doctor.%s", d->node.domain);
	if (!resolves(name))
		return say(d, BAD, "add a wildcard record", "*.%s does not resolve",
		    d->node.domain);
	return say(d, GOOD, NULL, "%s and *.%s resolve", d->node.domain, d->node.domain);
}

static size_t
on_bytes(char *p, size_t size, size_t n, void *to)
{
	return buf_add(to, p, size * n) == FZ_OK ? size * n : 0;
}

static CURLcode
fetch(struct doctor *d, const char *path, const char *post, long *status, struct buf *out)
{
	CURL *curl = curl_easy_init();
	const char *url = node_host_url(&d->node, d->arena, d->node.admin_host, path);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURLcode rc;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 8000L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	if (post != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(post));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	}
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return rc;
}

static enum verdict
check_front(struct doctor *d)
{
	char *post = xmalloc(ECHO_BYTES + 1);
	struct buf out;
	long status = 0;
	json_t *answer = NULL;
	CURLcode rc;
	enum verdict v;

	if (!d->have_node || !d->running) {
		free(post);
		return say(d, SKIPPED, NULL, "no server to reach");
	}
	memset(post, ' ', ECHO_BYTES);
	post[ECHO_BYTES] = '\0';
	buf_init(&out, 64 * KIB);
	rc = fetch(d, "/api/echo", post, &status, &out);
	if (rc == CURLE_OK && status == 200 && buf_ok(&out) &&
	    json_parse(out.data, out.len, &answer, NULL) == FZ_OK)
		d->echo = json_incref(json_object_get(answer, "data"));
	if (rc != CURLE_OK)
		v = say(d, BAD, "start the front server; fazt-fcgi snippet caddy|nginx",
		    "%s: %s", d->node.admin_host, curl_easy_strerror(rc));
	else if (d->echo == NULL)
		v = say(d, BAD, "compare its configuration with fazt-fcgi snippet",
		    "%s answers %ld, not as this server would", d->node.admin_host, status);
	else
		v = say(d, GOOD, NULL, "%s reaches this server", d->node.admin_host);
	json_decref(answer);
	buf_fini(&out);
	free(post);
	return v;
}

static enum verdict
check_passing(struct doctor *d)
{
	const char *host, *ip;
	json_int_t received;
	int secure;

	if (d->echo == NULL)
		return say(d, SKIPPED, NULL, "the front server was not reached");
	host = json_string_value(json_object_get(d->echo, "host"));
	ip = json_string_value(json_object_get(d->echo, "ip"));
	received = json_integer_value(json_object_get(d->echo, "received"));
	secure = json_is_true(json_object_get(d->echo, "secure"));
	if (host == NULL || strcmp(host, d->node.admin_host) != 0)
		return say(d, BAD, "pass the Host header", "the host arrives as \"%s\"",
		    host == NULL ? "" : host);
	if (ip == NULL || *ip == '\0')
		return say(d, BAD, "pass REMOTE_ADDR", "the client's address is missing");
	if (received != ECHO_BYTES)
		return say(d, BAD, "pass CONTENT_LENGTH and the body",
		    "%lld of %d body bytes arrived", (long long)received, ECHO_BYTES);
	if (strcmp(d->node.scheme, "https") == 0 && !secure)
		return say(d, BAD, "pass HTTPS or REQUEST_SCHEME", "TLS is not announced");
	return say(d, GOOD, NULL, "host, address %s, length and scheme arrive", ip);
}

static enum verdict
check_ws(struct doctor *d)
{
	struct buf out;
	long status = 0;
	CURLcode rc;

	if (d->echo == NULL)
		return say(d, SKIPPED, NULL, "the front server was not reached");
	buf_init(&out, 64 * KIB);
	rc = fetch(d, "/_ws", NULL, &status, &out);
	buf_fini(&out);
	if (rc != CURLE_OK)
		return say(d, BAD, NULL, "/_ws: %s", curl_easy_strerror(rc));
	if (status == 404 || status == 426)
		return say(d, BAD, "route /_ws to fazt-pubsub's socket",
		    "/_ws reaches fazt-fcgi instead of fazt-pubsub");
	return say(d, GOOD, NULL, "/_ws is routed to the companion's socket");
}

static const struct {
	const char	*name;
	enum verdict	(*run)(struct doctor *);
} checks[] = {
	{ "configuration", check_config },
	{ "files", check_modes },
	{ "database", check_database },
	{ "disk", check_disk },
	{ "clock", check_clock },
	{ "server", check_server },
	{ "dns", check_dns },
	{ "front server", check_front },
	{ "variables", check_passing },
	{ "websocket", check_ws },
};

static json_t *
run_checks(struct doctor *d, bool print, bool *failed)
{
	static const char *const marks[] = { "ok  ", "FAIL", "skip" };
	static const char *const words[] = { "ok", "fail", "skipped" };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		enum verdict v = checks[i].run(d);

		*failed = *failed || v == BAD;
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?}", "check",
		    checks[i].name, "result", words[v], "detail", d->text, "try", d->try));
		if (!print)
			continue;
		printf("%s  %-14s %s%s%s\n", marks[v], checks[i].name, d->text,
		    d->try == NULL ? "" : ". Try: ", d->try == NULL ? "" : d->try);
	}
	return list;
}

int
cmd_doctor(const struct command *c, int argc, char **argv)
{
	bool as_json = false, failed = false;
	const struct option_row rows[] = {
		{ "json", 'j', OPTION_FLAG, NULL, &as_json, "one JSON document" }, { 0 }
	};
	struct doctor d = { 0 };
	json_t *list;
	int first, code = command_options(c, rows, argc, argv, &first);

	if (code >= 0)
		return code;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	d.arena = arena_new();
	config_init(&d.config);
	log_set_level(LOG_LEVEL_ERROR);
	list = run_checks(&d, !as_json, &failed);
	if (as_json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(list);
	json_decref(d.echo);
	config_fini(&d.config);
	arena_free(d.arena);
	curl_global_cleanup();
	return failed ? 1 : 0;
}
