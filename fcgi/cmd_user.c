/*
 * set-password: the owner's way back in.  The password comes from the terminal or
 * stdin, or is generated; it never stands in an argument.  Whoever was signed in with
 * the old one is not any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/password.h"
#include "fcgi/command.h"
#include "store/session.h"

static enum fz_err
store_password(const char *username, const char *phc, struct why *why)
{
	struct store *store = NULL;
	struct writer *w = NULL;
	struct arena *arena = arena_new();
	struct user user;
	uint64_t seq = 0;
	int64_t ended;
	enum fz_err err = command_store(&store, why);

	if (err != FZ_OK)
		goto out;
	err = writer_begin(store, 5000, &w);
	if (err != FZ_OK)
		goto out;
	err = username == NULL ? user_owner(writer_reader(w), arena, &user) :
	    user_by_username(writer_reader(w), arena, username, &user);
	if (err == FZ_OK)
		err = user_set_password(w, user.id, phc);
	if (err == FZ_OK)
		err = session_end_user(w, user.id, 0, &ended);
	if (err == FZ_OK)
		err = writer_commit(w, &seq);
	else
		writer_abort(w);
	store_durable(store, seq);
out:
	store_close(store);
	arena_free(arena);
	return err;
}

int
cmd_set_password(const struct command *c, int argc, char **argv)
{
	const char *username = NULL;
	bool from_stdin = false;
	const struct option_row rows[] = {
		{ "username", 'u', OPTION_TEXT, "U", &username, "whose; the owner by default" },
		{ "stdin", 0, OPTION_FLAG, NULL, &from_stdin, "read it from standard input" },
		{ 0 }
	};
	char password[1025], phc[PASSWORD_PHC_MAX];
	struct why why = { { 0 } };
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	err = from_stdin ? command_secret("New password", password, sizeof(password), &why) :
	    command_secret_twice("New password", password, sizeof(password), &why);
	if (err == FZ_OK)
		err = password_ok(password, strlen(password), &why);
	if (err == FZ_OK)
		err = password_hash(password, strlen(password), phc);
	if (err == FZ_OK)
		err = store_password(username, phc, &why);
	explicit_bzero(password, sizeof(password));
	if (err != FZ_OK)
		return command_fail(err, &why, "set-password");
	fputs("The password is set; older sessions have ended.\n", stderr);
	return 0;
}
