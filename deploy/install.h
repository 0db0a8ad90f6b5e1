/*
 * Apps from GitHub repositories: what an address means, and which folder of a repository
 * is a site.  Nothing is fetched here (deploy/github.h) and nothing is ever built.
 * Thread contract: pure, results live in the arena.
 */
#ifndef DEPLOY_INSTALL_H
#define DEPLOY_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/spool.h"

struct install_source {
	const char	*owner;
	const char	*repo;
	const char	*sub;		/* folder in it, "" = all */
	const char	*ref;		/* branch, tag or commit; "" = the default */
};

/*
 * [https://]github.com/o/r[/sub][@ref], github:o/r[/sub][@ref] and
 * [https://]github.com/o/r/tree/ref[/sub]; ".git" behind r is cut.
 */
bool		 install_parse(struct arena *, const char *url, struct install_source *);
/* Where the archive of a branch, tag or commit is ("" = the default branch). */
const char	*install_archive_url(struct arena *, const struct install_source *,
		    const char *ref);
/* The repository for people: https://github.com/o/r[/tree/ref/sub]. */
const char	*install_page_url(struct arena *, const struct install_source *);
/* A name for the app, of the folder or the repository; NULL if it cannot be one. */
const char	*install_name(struct arena *, const struct install_source *);
/* The commit an archive was made of: 40 hex digits that end a zip file, else "". */
const char	*install_commit(struct arena *, const struct spool *);

/* Does this package.json say how to build? */
bool		 install_wants_build(const char *text, size_t len);

enum install_choice { INSTALL_FOUND, INSTALL_NO_FOLDER, INSTALL_BUILD_REQUIRED };
/*
 * Which folder becomes the site.  base: the folder asked for, as it is called in paths.
 * If it wants a build: its dist, build or out when there is an index.html.
 */
enum install_choice install_choose(struct arena *, const char *const *paths, size_t n,
		    const char *base, bool wants_build, const char **folder);

/* Branches that hold what was built elsewhere, in the order of trying; NULL-ended. */
extern const char *const install_branches[];

#endif
