/*
 * The daemon's own commands: one table a command describes its options, the parser
 * and --help read it.  Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 5 conflict,
 * 6 validation, 8 server error.
 *
 * Thread contract: main thread.
 */
#ifndef FCGI_COMMAND_H
#define FCGI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "fcgi/config.h"
#include "store/store.h"

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_INT, OPTION_LIST };

struct option_row {
	const char	*name;		/* long name; NULL ends the table */
	char		 letter;	/* short form or 0 */
	enum option_kind kind;
	const char	*arg;		/* what --help calls its value */
	void		*to;		/* bool, const char *, int64_t, struct option_list */
	const char	*help;
};

struct option_list {
	const char	*v[16];
	size_t		 n;
};

struct command {
	const char	*name;
	const char	*args;		/* "FILE", shown behind the name */
	int		(*run)(const struct command *, int argc, char **argv);
	const char	*help;		/* one line */
};

extern const struct command commands[];

/*
 * Parse argv[1..] by the table plus --state and --help.  Returns -1 to go on with *first =
 * index of the first operand, else the exit code.
 */
int		 command_options(const struct command *, const struct option_row *, int argc,
		    char **argv, int *first);
/* --state, else FAZT_STATE, else /var/lib/fazt. */
const char	*command_state(void);
/* "fazt-fcgi: text" on stderr with the reason and what to try; the exit code for err. */
int		 command_fail(enum fz_err, const struct why *, const char *what);
/* A usage error: exit code 2. */
int		 command_usage(const struct command *, const char *fmt, ...) PRINTF(2, 3);
/* Open state/data.db beside a server that may be running; must exist. */
enum fz_err	 command_store(struct store **, struct why *) MUST_CHECK;
/* A line from stdin without its newline; from a terminal without echo. */
enum fz_err	 command_secret(const char *prompt, char *out, size_t size, struct why *)
		    MUST_CHECK;
/* The same, asked for twice; FZ_VALIDATION_FAILED when the two differ. */
enum fz_err	 command_secret_twice(const char *prompt, char *out, size_t size,
		    struct why *) MUST_CHECK;

/* One function a command, in cmd_*.c and serve.c. */
int	cmd_init(const struct command *, int, char **);
int	cmd_serve(const struct command *, int, char **);
int	cmd_status(const struct command *, int, char **);
int	cmd_set_password(const struct command *, int, char **);
int	cmd_create_key(const struct command *, int, char **);
int	cmd_rotate_key(const struct command *, int, char **);
int	cmd_backup(const struct command *, int, char **);
int	cmd_restore(const struct command *, int, char **);
int	cmd_doctor(const struct command *, int, char **);
int	cmd_openapi(const struct command *, int, char **);
int	cmd_snippet(const struct command *, int, char **);
int	cmd_config(const struct command *, int, char **);
int	cmd_version(const struct command *, int, char **);

#endif
