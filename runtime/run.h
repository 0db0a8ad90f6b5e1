/*
 * One execution: what the host functions of a request share.  Everything that must be
 * given back whatever way the run ends is named here and cleared by run_end.
 *
 * Thread contract: owned by the thread that runs it.
 */
#ifndef RUNTIME_RUN_H
#define RUNTIME_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/multipart.h"
#include "base/request.h"
#include "base/response.h"
#include "runtime/script.h"
#include "store/object.h"
#include "store/recorder.h"
#include "store/space.h"
#include "store/store.h"

struct world;

#define RUN_LINES 200			/* log lines of one request */
#define RUN_LINE_BYTES (64UL * 1024)	/* of all of them */
#define RUN_SCRATCH_MAX (64UL * 1024 * 1024) /* of one host function */
#define RUN_ARENA_MAX (64UL * 1024 * 1024) /* what a run may leave in the request's */
#define RUN_BODY_MAX (16UL * 1024 * 1024) /* of an answer made by a script */
#define RUN_COOKIES 20

/* A string the script got from the blob store, and what it stands for. */
struct run_served {
	struct run_served *next;
	const void	*text;		/* the engine's string, kept alive by the stash */
	struct object	 object;
};

struct run {
	const struct script *script;
	struct request	*rq;
	struct response	*rs;
	struct world	*world;
	struct arena	*arena;		/* of the request: lives until the answer is out */
	/*
	 * For the work of one host function: emptied when the next one begins, see
	 * js_enter.
	 */
	struct arena	*scratch;
	void		*scratch_frame;	/* who needs it across a call of the script's code */
	void		*frame;		/* of the host function that entered last */
	struct reader	*rd;		/* between run_read and run_read_end */
	struct writer	*tx;		/* inside fazt.tx */
	bool		 responded;	/* respond() was called */
	unsigned	 ignored;	/* later calls of it */
	size_t		 headers_before; /* of rs, set before the run */
	const struct object *blob;	/* sent instead of a body; in arena */
	struct run_served *served;
	/* log lines so far */
	unsigned	 lines;
	size_t		 line_bytes;
	unsigned	 lines_dropped;
	struct buf	*shown;		/* lines for a caller who may see them, or NULL */
	/* the body, when a multipart one was parsed */
	struct parts	*parts;
	bool		 parts_parsed;
	const char	*body_error;	/* why request.body is null, or NULL */
};

/*
 * A snapshot for one host function; inside fazt.tx the transaction's own.  Between
 * guard_out and guard_in.  run_read_end for every run_read that was FZ_OK.
 */
enum fz_err	 run_read(struct run *, struct reader **) MUST_CHECK;
void		 run_read_end(struct run *);
/* FZ_READ_ONLY in a read-only preview, FZ_NOT_SUPPORTED where storage is absent. */
enum fz_err	 run_may_write(const struct run *) MUST_CHECK;
/* A transaction, waited for no longer than the run may last. */
enum fz_err	 run_begin(struct run *, struct writer **) MUST_CHECK;
/*
 * The same for one change: begins a transaction, or borrows the one of fazt.tx.
 * run_write_end commits (or, with err other than FZ_OK, takes back) and raises the
 * request's sequence; inside fazt.tx it leaves both to the end of it.
 */
enum fz_err	 run_write(struct run *, struct writer **) MUST_CHECK;
enum fz_err	 run_write_end(struct run *, struct writer *, enum fz_err err) MUST_CHECK;
/* Where a visitor signs in for this app and then comes back to a path of it. */
const char	*run_login_url(const struct run *, struct arena *, const char *back);
/*
 * Line of the app's log, within the limits of a request; between guard_out and guard_in.
 * file: place in the translated code, "" = none, NULL = where the script is now.
 */
void		 run_log(struct run *, enum recorder_level, const char *message, size_t len,
		    const char *file, int line);
/* No room for another line?  Then it is counted as dropped. */
bool		 run_log_full(struct run *);
/* Without limits, and with a place in the author's code: how the run ended. */
void		 run_log_line(struct run *, enum recorder_level, const char *message,
		    size_t len, const char *file, int line);
/* Give back what is still held, whatever way the run ended. */
void		 run_release(struct run *);
/* The last line of its log, if lines were dropped. */
void		 run_end(struct run *);

#endif
