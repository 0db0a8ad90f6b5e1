/*
 * Options by table over getopt_long(3), and what the commands share: the state
 * folder, error text, secrets that never stand in an argument list.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/str.h"
#include "fcgi/command.h"

#define OPTIONS_MAX 24

static const char *state_option;

const char *
command_state(void)
{
	const char *env = getenv("FAZT_STATE");

	if (state_option != NULL)
		return state_option;
	return env != NULL && *env != '\0' ? env : "/var/lib/fazt";
}

static const struct option_row common_rows[] = {
	{ "state", 0, OPTION_TEXT, "DIR", &state_option, "folder of data.db" },
	{ "help", 'h', OPTION_FLAG, NULL, NULL, "this text" },
	{ 0 }
};

static void
help_rows(const struct option_row *rows)
{
	for (; rows->name != NULL; rows++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", rows->letter ? '-' : ' ',
		    rows->letter ? rows->letter : ' ', rows->letter ? "," : " ", rows->name,
		    rows->arg == NULL ? "" : " ", rows->arg == NULL ? "" : rows->arg);
		printf("  %-30s %s\n", left, rows->help);
	}
}

static void
command_help(const struct command *c, const struct option_row *rows)
{
	printf("usage: fazt-fcgi %s [options]%s%s\n\n%s\n\n", c->name,
	    *c->args == '\0' ? "" : " ", c->args, c->help);
	if (rows != NULL)
		help_rows(rows);
	help_rows(common_rows);
}

int
command_usage(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "fazt-fcgi %s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ". Try: fazt-fcgi %s --help\n", c->name);
	return 2;
}

static bool
store_value(const struct option_row *row, const char *value)
{
	struct option_list *list = row->to;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->to = true;
		return true;
	case OPTION_TEXT:
		*(const char **)row->to = value;
		return true;
	case OPTION_INT:
		return str_i64(value, row->to);
	case OPTION_LIST:
		if (list->n == sizeof(list->v) / sizeof(list->v[0]))
			return false;
		list->v[list->n++] = value;
		return true;
	}
	return false;
}

static size_t
add_rows(const struct option_row *rows, const struct option_row **all, size_t n)
{
	for (; rows != NULL && rows->name != NULL && n < OPTIONS_MAX; rows++)
		all[n++] = rows;
	return n;
}

int
command_options(const struct command *c, const struct option_row *rows, int argc,
    char **argv, int *first)
{
	const struct option_row *all[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1] = { { 0 } };
	char shorts[OPTIONS_MAX * 2 + 2] = "";
	size_t n = add_rows(common_rows, all, add_rows(rows, all, 0)), len = 0;
	int got, index;

	for (size_t i = 0; i < n; i++) {
		longs[i] = (struct option){ all[i]->name,
			all[i]->kind == OPTION_FLAG ? no_argument : required_argument, NULL,
			1000 + (int)i };
		if (all[i]->letter == 0)
			continue;
		shorts[len++] = all[i]->letter;
		if (all[i]->kind != OPTION_FLAG)
			shorts[len++] = ':';
	}
	optind = 1;
	while ((got = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		size_t i = 0;

		if (got == '?')
			return 2;
		while (i < n && got != 1000 + (int)i && got != all[i]->letter)
			i++;
		if (i == n)
			return 2;
		if (all[i]->to == NULL) {
			command_help(c, rows);
			return 0;
		}
		if (!store_value(all[i], optarg))
			return command_usage(c, "--%s %s: not valid", all[i]->name,
			    optarg == NULL ? "" : optarg);
	}
	*first = optind;
	return -1;
}

int
command_fail(enum fz_err err, const struct why *why, const char *what)
{
	const char *reason = why != NULL && why->text[0] != '\0' ? why->text :
	    err_text(err);

	fprintf(stderr, "fazt-fcgi: %s: %s\n", what, reason);
	switch (err_status(err)) {
	case 404:
		return 3;
	case 401:
	case 403:
		return 4;
	case 409:
	case 412:
		return 5;
	case 400:
	case 413:
	case 422:
		return 6;
	case 500:
	case 503:
	case 507:
		return 8;
	default:
		return 1;
	}
}

enum fz_err
command_store(struct store **out, struct why *why)
{
	struct store_options options = { 0 };
	char *path = xasprintf("%s/data.db", command_state());
	enum fz_err err = FZ_OK;

	options.path = path;
	options.readers = 2;
	if (access(path, F_OK) != 0)
		err = why_set(why, FZ_NOT_FOUND,
		    "no node in %s. Try: fazt-fcgi init --domain example.com --state %s",
		    command_state(), command_state());
	if (err == FZ_OK)
		err = store_open(&options, out, why);
	free(path);
	return err;
}

enum fz_err
command_secret(const char *prompt, char *out, size_t size, struct why *why)
{
	struct termios before, quiet;
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	enum fz_err err = FZ_OK;

	if (terminal) {
		fprintf(stderr, "%s: ", prompt);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	n = getline(&line, &cap, stdin);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	if (n <= 0)
		err = why_set(why, FZ_MISSING_FIELD, "no password given");
	else if ((size_t)n >= size || memchr(line, '\0', (size_t)n) != NULL)
		err = why_set(why, FZ_VALIDATION_FAILED, "the password is too long");
	else {
		memcpy(out, line, (size_t)n);
		out[n] = '\0';
	}
	if (line != NULL)
		explicit_bzero(line, cap);
	free(line);
	return err;
}

enum fz_err
command_secret_twice(const char *prompt, char *out, size_t size, struct why *why)
{
	char *again = xmalloc(size);
	enum fz_err err = command_secret(prompt, out, size, why);

	if (err == FZ_OK)
		err = command_secret("Again", again, size, why);
	if (err == FZ_OK &&
	    (strlen(again) != strlen(out) || !ct_equal(again, out, strlen(out))))
		err = why_set(why, FZ_VALIDATION_FAILED, "the two differ");
	explicit_bzero(again, size);
	free(again);
	return err;
}
