/*
 * Answering a request with an app's api/main.js: the door of this room.
 *
 * struct scripts keeps warm heaps ("worlds", runtime/world.h), one list a version, bounded
 * by bytes, least recently used first out.  Each request gets a world as fresh as its
 * snapshot; what it did is gone afterwards.
 *
 * Thread contract: any thread; a thread that calls script_answer needs a stack of 4 MiB.
 */
#ifndef RUNTIME_SCRIPT_H
#define RUNTIME_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/request.h"
#include "base/response.h"
#include "store/quota.h"

/* Whose code runs and on whose data: filled from the route, never by a script. */
struct script {
	int64_t		 app;
	const char	*app_uid;
	const char	*alias;		/* name in the host, else the primary alias */
	const char	*host;
	int64_t		 version;
	int64_t		 deploy;
	bool		 preview;
	bool		 data_none;	/* storage: absent, read-only or live */
	bool		 data_readonly;
	struct quota	 quota;
	bool		 show_errors;	/* the caller may see messages and logs */
};

struct script_used {
	int64_t	wall_us;
	int64_t	cpu_us;
	const char *error;		/* code of an error answer, NULL = none */
};

struct scripts;

/* bytes: what all warm heaps may keep resident. */
enum fz_err	 scripts_open(size_t bytes, struct scripts **, struct why *) MUST_CHECK;
void		 scripts_close(struct scripts *);
/*
 * Run api/main.js of the version and fill *rs; never fails, errors become answers of
 * docs/contract.md 5.4.  Raises rq->seq.  Lines of its log go to node->recorder.
 */
void		 script_answer(const struct script *, struct request *, struct response *,
		    struct script_used *);
/* The paths a version's code may begin at, by precedence, from 0; NULL past the last. */
const char	*script_main(int i);

struct scripts_stats {
	size_t	 worlds;
	size_t	 idle;
	size_t	 bytes;			/* resident, snapshots included */
	uint64_t made;			/* since start */
	uint64_t runs;
	uint64_t timeouts;
	uint64_t memory;		/* ended for memory */
};
void		 scripts_stats(struct scripts *, struct scripts_stats *);
/* Drop all idle worlds. */
void		 scripts_trim(struct scripts *);

#endif
