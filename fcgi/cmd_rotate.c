/*
 * rotate-key: another master key for what is sealed in data.db.  The server must not run:
 * it holds the key in memory and would go on sealing with the old one.
 *
 * A key that the service manager hands over as a credential lies where only root may
 * write, so this command cannot put a new one there; it says how it is done instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi/command.h"
#include "fcgi/control.h"
#include "store/reseal.h"

static enum fz_err
check_place(struct why *why)
{
	if (getenv("CREDENTIALS_DIRECTORY") != NULL)
		return why_set(why, FZ_CONFLICT, "the key is a credential of the service "
		    "manager. Stop the service, copy the credential's file to %s/master.key, "
		    "rotate from a shell, and move the new file back",
		    command_state());
	if (control_running(command_state()))
		return why_set(why, FZ_CONFLICT, "a server is using %s. Stop it first",
		    command_state());
	return FZ_OK;
}

int
cmd_rotate_key(const struct command *c, int argc, char **argv)
{
	const struct option_row rows[] = { { 0 } };
	struct store *store = NULL;
	struct why why = { { 0 } };
	size_t n = 0;
	int lock = -1, first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	if (first < argc)
		return command_usage(c, "takes no operand");
	err = check_place(&why);
	if (err == FZ_OK)
		err = command_store(&store, &why);
	if (err == FZ_OK)
		err = reseal_lock(command_state(), true, &lock, &why);
	if (err == FZ_OK)
		err = reseal_rotate(store, command_state(), &n, &why);
	store_close(store);
	if (lock >= 0)
		close(lock);
	if (err != FZ_OK)
		return command_fail(err, &why, "rotate-key");
	fprintf(stderr, "%zu secrets are sealed with a new key. Signed links to blobs that were "
	    "given out do not open any more.\nBackups made until now need the old key, "
	    "%s/master.key.old: move it to where their keys are, or remove it.\n", n,
	    command_state());
	return 0;
}
