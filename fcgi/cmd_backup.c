/*
 * backup and restore.  A backup is an ordinary data.db with a description beside it;
 * restore refuses to touch a state that a server is using.  One app out of a backup
 * becomes a new app of the node as it is, running or not.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi/command.h"
#include "fcgi/control.h"
#include "fcgi/restore.h"
#include "store/backup.h"

int
cmd_backup(const struct command *c, int argc, char **argv)
{
	const char *dir = NULL, *label = "manual";
	const struct option_row rows[] = {
		{ "output", 'o', OPTION_TEXT, "DIR", &dir, "where to; STATE/backups by default" },
		{ "label", 'l', OPTION_TEXT, "L", &label, "part of the name; manual by default" },
		{ 0 }
	};
	struct store *store = NULL;
	struct backup made;
	struct arena *arena;
	struct why why = { { 0 } };
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	if (first < argc)
		return command_usage(c, "takes no operand");
	arena = arena_new();
	if (dir == NULL)
		dir = arena_printf(arena, "%s/backups", command_state());
	err = command_store(&store, &why);
	if (err == FZ_OK)
		err = backup_create(store, arena, dir, label, &made, &why);
	if (err == FZ_OK)
		printf("%s\n", made.path);
	store_close(store);
	if (err == FZ_OK)
		fprintf(stderr, "%llu bytes, sha256 %s. The master key is not in it: keep "
		    "%s/master.key apart.\n", (unsigned long long)made.size, made.sha256,
		    command_state());
	arena_free(arena);
	return err == FZ_OK ? 0 : command_fail(err, &why, "backup");
}

int
cmd_restore(const struct command *c, int argc, char **argv)
{
	const char *to = NULL, *app = NULL, *as = NULL;
	bool verify_only = false, replace = false;
	const struct option_row rows[] = {
		{ "to", 't', OPTION_TEXT, "DIR", &to, "state folder; --state by default" },
		{ "verify-only", 0, OPTION_FLAG, NULL, &verify_only, "check and change nothing" },
		{ "app", 'a', OPTION_TEXT, "X", &app, "only this app, into the node as it is" },
		{ "as", 0, OPTION_TEXT, "SUB", &as, "alias of the app it becomes (with --app)" },
		{ "replace", 0, OPTION_FLAG, NULL, &replace,
		    "set an existing data.db aside (it is renamed, not removed)" },
		{ 0 }
	};
	struct why why = { { 0 } };
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	if (argc - first != 1)
		return command_usage(c, "needs one FILE");
	if ((app == NULL) != (as == NULL))
		return command_usage(c, "--app and --as go together");
	if (to == NULL)
		to = command_state();
	err = backup_verify(argv[first], &why);
	if (err == FZ_OK && app != NULL) {
		err = restore_app(argv[first], app, as, &why);
		return err == FZ_OK ? 0 : command_fail(err, &why, "restore");
	}
	if (err == FZ_OK && !verify_only) {
		if (control_running(to))
			err = why_set(&why, FZ_CONFLICT,
			    "a server is using %s. Stop it first", to);
		else if (mkdir(to, 0700) != 0 && access(to, W_OK) != 0)
			err = why_set(&why, FZ_NOT_FOUND, "cannot write to %s", to);
		else
			err = backup_restore(argv[first], to, replace, &why);
	}
	if (err != FZ_OK)
		return command_fail(err, &why, "restore");
	if (verify_only)
		printf("%s is intact\n", argv[first]);
	else
		printf("restored into %s; put the node's master.key there too\n", to);
	return 0;
}
