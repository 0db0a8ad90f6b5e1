/*
 * The code of one version: its files below api/, translated, and which of them each
 * other reach by literal require or import.  Read from the store once, shared by all
 * worlds of the version.
 *
 * Thread contract: immutable once loaded but for the bytecode, which has its lock.
 */
#ifndef RUNTIME_PROGRAM_H
#define RUNTIME_PROGRAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/embed.h"
#include "base/mem.h"
#include "store/code.h"
#include "store/store.h"

#define PROGRAM_PATH_MAX 1025

struct program_file {
	const char	*path;		/* "api/lib/cart.js" */
	int64_t		 blob;
	uint64_t	 size;
	int		 kind;		/* runtime/transpile.h; -1 = JSON */
	bool		 reached;	/* from main: code or text is here */
	struct code	 code;		/* of code; js NULL when error is set */
	const char	*text;		/* of JSON */
	size_t		 text_len;
	void		*bytecode;	/* made by the first world, NULL before */
	size_t		 bytecode_len;
};

struct program {
	int64_t		 version;
	struct arena	*arena;
	struct program_file *files;	/* by path */
	size_t		 nfiles;
	struct program_file *main;
	const struct embed **builtins;	/* library modules reached */
	size_t		 nbuiltins;
	pthread_mutex_t	 lock;		/* guards the bytecode of files */
	unsigned	 compiled;	/* worlds made of it */
};

/*
 * FZ_NOT_FOUND without an api/main that can run.  What the deploy has not translated (an
 * upgrade of the translator) is translated now and kept.
 */
enum fz_err	 program_load(struct store *, int64_t version, struct program **) MUST_CHECK;
void		 program_free(struct program *);
size_t		 program_bytes(struct program *);
/* By exact path, or NULL. */
struct program_file *program_find(const struct program *, const char *path, size_t len);
/*
 * What `name` means in a file at `from`: a library module, or a file; NULL and false if
 * nothing.
 */
bool		 program_resolve(const struct program *, const char *from, const char *name,
		    const struct embed **builtin, struct program_file **file);
/* The code of a file that was not reached: from the store, in the arena. */
enum fz_err	 program_read(struct reader *, struct arena *, const struct program_file *,
		    struct code *, const char **text, size_t *text_len) MUST_CHECK;
/* From a line of translated code to the author's; false, and unchanged, if unknown. */
bool		 program_place(const struct program *, const char *path, int *line,
		    int *column);
/* A library module by its name, or NULL. */
const struct embed *program_builtin(const char *name);

#endif
