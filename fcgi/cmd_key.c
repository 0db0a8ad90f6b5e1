/*
 * create-key: the way to the first API key.  It opens the file beside the server; a
 * running server sees the new key with the next request.
 */
#include <stdio.h>
#include <string.h>

#include "auth/scope.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/str.h"
#include "fcgi/command.h"
#include "store/apikey.h"

static enum fz_err
add_key(struct apikey *key, struct why *why)
{
	struct store *store = NULL;
	struct writer *w = NULL;
	uint64_t seq = 0;
	enum fz_err err = command_store(&store, why);

	if (err != FZ_OK)
		return err;
	err = writer_begin(store, 5000, &w);
	if (err == FZ_OK) {
		err = apikey_add(w, key);
		if (err == FZ_OK)
			err = writer_commit(w, &seq);
		else
			writer_abort(w);
	}
	store_durable(store, seq);
	store_close(store);
	return err;
}

int
cmd_create_key(const struct command *c, int argc, char **argv)
{
	const char *name = NULL, *scopes = scope_default, *expires = NULL;
	const struct option_row rows[] = {
		{ "name", 'n', OPTION_TEXT, "NAME", &name, "what the key is for (required)" },
		{ "scopes", 's', OPTION_TEXT, "LIST", &scopes,
		    "comma-separated, e.g. deploy:blog,apps.read" },
		{ "expires", 'e', OPTION_TEXT, "TIME", &expires, "90d, 12h; never by default" },
		{ 0 }
	};
	char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
	struct apikey key = { 0 };
	struct arena *arena;
	struct why why = { { 0 } };
	int64_t ms = 0;
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	if (name == NULL || *name == '\0' || first < argc)
		return command_usage(c, "needs --name NAME");
	if (expires != NULL && (!str_duration(expires, &ms) || ms <= 0))
		return command_usage(c, "--expires %s: want a time such as 90d", expires);
	arena = arena_new();
	err = scope_canonical(arena, scopes, &key.scopes, &why);
	if (err != FZ_OK) {
		code = command_fail(err, &why, "--scopes");
		goto out;
	}
	token_make(text, id, key.hash);
	key.key_id = id;
	key.name = name;
	key.created_by = "command line";
	key.expires = expires == NULL ? 0 : clock_wall_ms() + ms;
	err = add_key(&key, &why);
	code = err == FZ_OK ? 0 : command_fail(err, &why, "create-key");
	if (err == FZ_OK) {
		fprintf(stderr, "Key %s with scopes %s. It is shown once:\n", id, key.scopes);
		printf("%s\n", text);
	}
out:
	explicit_bzero(text, sizeof(text));
	arena_free(arena);
	return code;
}
