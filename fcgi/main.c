/*
 * fazt-fcgi: the program.  main knows the commands and nothing else; each command is
 * one file.  Start reading at serve.c for the daemon, at command.c for the options.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/command.h"

const struct command commands[] = {
	{ "init", "", cmd_init, "create the state folder, the master key and the owner" },
	{ "serve", "", cmd_serve, "run the server in the foreground" },
	{ "status", "", cmd_status, "what the running server says of itself" },
	{ "set-password", "", cmd_set_password, "set the owner's password" },
	{ "create-key", "", cmd_create_key, "make an API key and print it once" },
	{ "rotate-key", "", cmd_rotate_key, "seal all secrets with a new master key" },
	{ "backup", "", cmd_backup, "consistent copy of data.db while it is in use" },
	{ "restore", "FILE", cmd_restore, "put a backup into an empty or stopped state" },
	{ "doctor", "", cmd_doctor, "look for what is wrong with this node" },
	{ "openapi", "", cmd_openapi, "print the OpenAPI document" },
	{ "snippet", "caddy|nginx", cmd_snippet, "print the front server's configuration" },
	{ "config", "check", cmd_config, "check the configuration file" },
	{ "version", "", cmd_version, "print versions" },
	{ NULL, NULL, NULL, NULL }
};

static void
help(FILE *to)
{
	fputs("fazt-fcgi: application server behind Caddy or nginx, one SQLite file\n\n"
	      "usage: fazt-fcgi COMMAND [options]\n\n", to);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(to, "  %-14s %s\n", c->name, c->help);
	fputs("\nEvery command takes --state DIR (else FAZT_STATE, else /var/lib/fazt)\n"
	      "and --help.  fazt-fcgi(8) is the manual.\n", to);
}

int
main(int argc, char **argv)
{
	const char *name = argc < 2 ? "" : argv[1];

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 2) {
		help(stderr);
		return 2;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    strcmp(name, "help") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		name = "version";
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(name, c->name) == 0)
			return c->run(c, argc - 1, argv + 1);
	fprintf(stderr, "fazt-fcgi: no command %s. Try: fazt-fcgi --help\n", name);
	return 2;
}
