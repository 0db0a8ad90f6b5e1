/*
 * What happens often and must not slow anybody down: lines of app logs and one row a
 * request.  Callers put them into bounded memory; a thread writes them in batches, waits
 * for no sync, and prunes by rows and age.  When the memory is full, lines are dropped and
 * counted: the app's log then says so.
 *
 * Kept: lines for RECORDER_LINE_DAYS and as many as the app's quota log_rows; requests for
 * RECORDER_REQUEST_DAYS and RECORDER_REQUESTS an app.
 *
 * Thread contract: any thread between recorder_open and recorder_close; the look-ups as
 * the reader given, results in the arena.
 */
#ifndef STORE_RECORDER_H
#define STORE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

#define RECORDER_LINE_DAYS 14
#define RECORDER_REQUEST_DAYS 7
#define RECORDER_REQUESTS 100000
#define RECORDER_ROUTINE 200		/* rows a second of requests nobody will miss */
#define RECORDER_MOST 2000		/* rows a second of requests in all */

enum recorder_level { RECORD_DEBUG, RECORD_INFO, RECORD_WARN, RECORD_ERROR };

struct record_line {
	int64_t		 id;
	int64_t		 app;
	int64_t		 at;		/* ms */
	enum recorder_level level;
	const char	*message;
	const char	*file;		/* "" = unknown */
	int		 line;
	const char	*request;	/* request id, "" = none */
};

struct record_request {
	int64_t		 id;
	int64_t		 app;
	int64_t		 at;
	int64_t		 deploy;
	const char	*host;
	const char	*method;
	const char	*path;
	int		 status;
	int64_t		 us;
	int64_t		 cpu_us;
	uint64_t	 bytes_in;
	uint64_t	 bytes_out;
	const char	*ip;
	const char	*ua;
	const char	*user;		/* uid, "" = none */
	const char	*error;		/* code, "" = none */
	const char	*request;	/* request id */
};

struct recorder;

struct recorder	*recorder_open(struct store *);
/* Writes what is left. */
void		 recorder_close(struct recorder *);
/*
 * keep: rows this app may keep (its quota log_rows).  Copies; message is cut at 64 KiB, the
 * other texts at 1 KiB, between characters.  at 0 = now; NULL texts count as "".
 */
void		 recorder_line(struct recorder *, const struct record_line *, int64_t keep);
/*
 * May one more request be recorded this second?  To be asked first, as saying no costs
 * nearly nothing; yes counts.  routine: one of many alike, a file that was served.
 */
bool		 recorder_wants(struct recorder *, bool routine);
void		 recorder_request(struct recorder *, const struct record_request *);
/* Write now, for tests and the command line. */
void		 recorder_flush(struct recorder *);
/* Lines and requests that were not kept because there was no room or time for them. */
uint64_t	 recorder_dropped(const struct recorder *);
/* Moves whenever rows were written: what a follower compares before it asks. */
uint64_t	 recorder_generation(const struct recorder *);

struct record_filter {
	int64_t		 app;		/* 0 = all */
	int		 level;		/* at least */
	int64_t		 since;		/* ms, 0 = any */
	int64_t		 until;
	/*
	 * Part of a message, or of a request's path, user agent, error, user or id; ASCII
	 * case ignored; NULL.
	 */
	const char	*text;
	const char	*path;		/* requests only: how it begins; NULL */
	const char	*method;	/* requests only; NULL */
	const char	*ip;
	int		 status;	/* 404, or 5 for 5xx; 0 = any */
	int64_t		 min_us;
	int64_t		 before;	/* id < this (cursor), 0 = newest */
	bool		 forward;	/* oldest first, */
	int64_t		 after;		/* and only id > this */
	int64_t		 limit;
};
/* limit rows, or fewer when their texts are some MiB; *more = there are others. */
enum fz_err	 recorder_lines(struct reader *, struct arena *, const struct record_filter *,
		    struct record_line **v, size_t *n, bool *more) MUST_CHECK;
enum fz_err	 recorder_requests(struct reader *, struct arena *,
		    const struct record_filter *, struct record_request **v, size_t *n,
		    bool *more) MUST_CHECK;
/* The newest ids: where a follower begins. */
enum fz_err	 recorder_newest(struct reader *, int64_t *line, int64_t *request) MUST_CHECK;

#endif
