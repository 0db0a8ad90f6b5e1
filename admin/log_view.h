/*
 * Lines of app logs and records of requests as JSON, for lists and for those who follow.
 * Thread contract: as the request.
 */
#ifndef ADMIN_LOG_VIEW_H
#define ADMIN_LOG_VIEW_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/request.h"
#include "store/recorder.h"

/* Names of an app, remembered for the next row; zeroed before the first. */
struct log_view_app {
	int64_t		 id;
	const char	*uid;		/* NULL = there is no such app */
	const char	*name;		/* its oldest alias, else uid */
};

/* An object each; results of look-ups live in the arena. */
void		 log_view_line(struct buf *, struct reader *, struct arena *,
		    struct log_view_app *, const struct record_line *);
void		 log_view_request(struct buf *, struct reader *, struct arena *,
		    struct log_view_app *, const struct record_request *);
bool		 log_view_level(const char *name, int *level);

#endif
