/*
 * init: a state folder with everything a node needs, or nothing at all.  It builds
 * data.db under a temporary name and renames it last, so an interrupted init leaves no
 * half node and a second one cannot overwrite a first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/password.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/str.h"
#include "fcgi/command.h"
#include "store/alias.h"
#include "store/app.h"
#include "store/setting.h"
#include "store/user.h"

struct init {
	struct arena	*arena;
	const char	*state;
	const char	*domain;
	const char	*admin_host;
	const char	*auth_host;
	const char	*username;
	bool		 from_stdin;
	char		 password[1025];
	bool		 generated;
};

static enum fz_err
check_host(struct init *in, const char **name, const char *option, struct why *why)
{
	char host[254];

	if (!path_host(*name, host) || strchr(*name, ':') != NULL)
		return why_set(why, FZ_VALIDATION_FAILED, "%s %.80s is no host name", option,
		    *name);
	*name = arena_strdup(in->arena, host);
	return FZ_OK;
}

static enum fz_err
check_names(struct init *in, struct why *why)
{
	enum fz_err err = check_host(in, &in->domain, "--domain", why);

	if (err != FZ_OK)
		return err;
	if (in->admin_host == NULL)
		in->admin_host = arena_printf(in->arena, "admin.%s", in->domain);
	if (in->auth_host == NULL)
		in->auth_host = in->admin_host;
	err = check_host(in, &in->admin_host, "--admin-host", why);
	if (err == FZ_OK)
		err = check_host(in, &in->auth_host, "--auth-host", why);
	if (err == FZ_OK && strcmp(in->admin_host, in->domain) == 0)
		err = why_set(why, FZ_VALIDATION_FAILED,
		    "the admin host cannot be the domain itself");
	return err;
}

static enum fz_err
ask_password(struct init *in, struct why *why)
{
	enum fz_err err;

	if (!in->from_stdin && !isatty(STDIN_FILENO)) {
		password_generate(in->password);
		in->generated = true;
		return FZ_OK;
	}
	err = in->from_stdin ?
	    command_secret("Owner password", in->password, sizeof(in->password), why) :
	    command_secret_twice("Owner password", in->password, sizeof(in->password), why);
	if (err == FZ_OK)
		err = password_ok(in->password, strlen(in->password), why);
	return err;
}

static enum fz_err
make_folder(const char *path, struct why *why)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return FZ_OK;
	return why_set(why, FZ_IO, "cannot make %s: %s", path, strerror(errno));
}

static enum fz_err
make_folders(struct init *in, struct why *why)
{
	static const char *const inner[] = { "", "/tmp", "/backups" };
	enum fz_err err = FZ_OK;

	if (access(arena_printf(in->arena, "%s/data.db", in->state), F_OK) == 0)
		return why_set(why, FZ_CONFLICT, "%s already holds a node", in->state);
	for (size_t i = 0; i < 3 && err == FZ_OK; i++)
		err = make_folder(arena_printf(in->arena, "%s%s", in->state, inner[i]), why);
	return err;
}

/* 32 random bytes, 0600, never replaced: sealed data would be lost with it. */
static enum fz_err
make_master_key(struct init *in, struct why *why)
{
	const char *path = arena_printf(in->arena, "%s/master.key", in->state);
	uint8_t key[32];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum fz_err err = FZ_OK;

	if (fd < 0 && errno == EEXIST)
		return FZ_OK;
	random_bytes(key, sizeof(key));
	if (fd < 0 || write(fd, key, sizeof(key)) != (ssize_t)sizeof(key) || fsync(fd) != 0)
		err = why_set(why, FZ_IO, "cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	explicit_bzero(key, sizeof(key));
	return err;
}

static enum fz_err
add_system_app(struct init *in, struct writer *w, const char *name)
{
	struct app app = { 0 };
	struct alias alias = { 0 };
	enum fz_err err;

	app.title = name;
	app.description = strcmp(name, "root") == 0 ? "What the domain itself answers" :
	    "What unknown names answer";
	app.tags = "[]";
	app.visibility = "unlisted";
	app.system = true;
	app.source = "system";
	app.source_url = app.source_ref = app.source_commit = "";
	app.original_id = app.forked_from_id = "";
	err = app_create(w, in->arena, &app);
	if (err != FZ_OK)
		return err;
	alias.name = name;
	alias.type = ALIAS_PROXY;
	alias.app = app.id;
	alias.url = "";
	alias.status = 301;
	return alias_put(w, &alias);
}

static enum fz_err
fill(struct init *in, struct writer *w)
{
	char phc[PASSWORD_PHC_MAX];
	struct user owner = { 0 };
	enum fz_err err;

	err = password_hash(in->password, strlen(in->password), phc);
	owner.username = in->username;
	owner.email = "";
	owner.name = in->username;
	owner.role = "owner";
	owner.password = phc;
	if (err == FZ_OK)
		err = user_add(w, in->arena, &owner);
	if (err == FZ_OK)
		err = setting_set(w, "domain", in->domain);
	if (err == FZ_OK)
		err = setting_set(w, "admin_host", in->admin_host);
	if (err == FZ_OK)
		err = setting_set(w, "auth_host", in->auth_host);
	if (err == FZ_OK)
		err = add_system_app(in, w, "root");
	if (err == FZ_OK)
		err = add_system_app(in, w, "404");
	return err;
}

static enum fz_err
make_store(struct init *in, const char *path, struct why *why)
{
	struct store_options options = { .path = path, .readers = 2, .may_create = true };
	struct store *store = NULL;
	struct writer *w = NULL;
	uint64_t seq = 0;
	enum fz_err err = store_open(&options, &store, why);

	if (err != FZ_OK)
		return err;
	err = writer_begin(store, 5000, &w);
	if (err == FZ_OK) {
		err = fill(in, w);
		if (err == FZ_OK)
			err = writer_commit(w, &seq);
		else
			writer_abort(w);
	}
	store_durable(store, seq);
	store_close(store);
	return err;
}

static enum fz_err
make_node(struct init *in, struct why *why)
{
	const char *final = arena_printf(in->arena, "%s/data.db", in->state);
	const char *draft = arena_printf(in->arena, "%s/data.db.new", in->state);
	enum fz_err err = make_folders(in, why);

	if (err == FZ_OK)
		err = make_master_key(in, why);
	if (err != FZ_OK)
		return err;
	unlink(draft);
	unlink(arena_printf(in->arena, "%s-wal", draft));
	unlink(arena_printf(in->arena, "%s-shm", draft));
	err = make_store(in, draft, why);
	if (err == FZ_OK && link(draft, final) != 0)
		err = why_set(why, errno == EEXIST ? FZ_CONFLICT : FZ_IO,
		    "cannot create %s: %s", final, strerror(errno));
	unlink(draft);
	unlink(arena_printf(in->arena, "%s-wal", draft));
	unlink(arena_printf(in->arena, "%s-shm", draft));
	return err;
}

static void
report(const struct init *in)
{
	printf("Node for %s created in %s\n", in->domain, in->state);
	printf("Owner:    %s\n", in->username);
	if (in->generated)
		printf("Password: %s   (shown once)\n", in->password);
	printf("Admin:    https://%s\n\n", in->admin_host);
	printf("For Caddy (nginx: fazt-fcgi snippet nginx), with the file that\n"
	       "fazt-fcgi snippet caddy prints beside the Caddyfile as fazt.caddy:\n\n"
	       "\t{\n\t\ton_demand_tls {\n\t\t\task http://127.0.0.1:9180/_fazt/tls\n"
	       "\t\t}\n\t}\n\timport fazt.caddy\n\t%s, *.%s {\n\t\ttls {\n"
	       "\t\t\ton_demand\n\t\t}\n\t\timport fazt\n\t}\n\n",
	    in->domain, in->domain);
	printf("Next:\n  fazt-fcgi create-key --name laptop --state %s\n"
	       "  fazt-fcgi serve --state %s\n", in->state, in->state);
}

int
cmd_init(const struct command *c, int argc, char **argv)
{
	struct init in = { .username = "admin" };
	const struct option_row rows[] = {
		{ "domain", 'd', OPTION_TEXT, "D", &in.domain, "the node's domain (required)" },
		{ "admin-host", 0, OPTION_TEXT, "H", &in.admin_host,
		    "host of dashboard and API; admin.DOMAIN by default" },
		{ "auth-host", 0, OPTION_TEXT, "H", &in.auth_host,
		    "host of the sign-in pages; the admin host by default" },
		{ "username", 'u', OPTION_TEXT, "U", &in.username, "the owner; admin by default" },
		{ "password-stdin", 0, OPTION_FLAG, NULL, &in.from_stdin,
		    "read the owner's password from standard input" },
		{ 0 }
	};
	struct why why = { { 0 } };
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	if (in.domain == NULL || first < argc)
		return command_usage(c, "needs --domain D");
	in.arena = arena_new();
	in.state = command_state();
	err = check_names(&in, &why);
	if (err == FZ_OK && access(arena_printf(in.arena, "%s/data.db", in.state), F_OK) == 0)
		err = why_set(&why, FZ_CONFLICT, "%s already holds a node", in.state);
	if (err == FZ_OK)
		err = ask_password(&in, &why);
	if (err == FZ_OK)
		err = make_node(&in, &why);
	if (err == FZ_OK)
		report(&in);
	else
		code = command_fail(err, &why, "init");
	explicit_bzero(in.password, sizeof(in.password));
	arena_free(in.arena);
	return err == FZ_OK ? 0 : code;
}
