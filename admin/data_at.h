/*
 * What the rows below /api/apps/{app}/data have in common: whose data, which part of a
 * list, how a value is read and sent.  Values are JSON texts from end to end: a number
 * leaves as it was written.
 *
 * Thread contract: as the request.
 */
#ifndef ADMIN_DATA_AT_H
#define ADMIN_DATA_AT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/request.h"
#include "base/response.h"
#include "store/app.h"
#include "store/quota.h"
#include "store/space.h"

#define DATA_AT_WEIGHT 5	/* of the audit rows of changes */

struct data_at {
	struct app	 app;
	struct quota	 quota;
	struct space	 space;		/* of ?user=, else the shared one */
	bool		 all_users;	/* no ?user=: lists show every space */
};
/*
 * The app of {app}, which the caller may act on, and the space of ?user= ("" = the
 * shared one alone).  Errors told in *rs.
 */
enum fz_err	 data_at_find(struct request *, struct response *, struct reader *,
		    struct data_at *) MUST_CHECK;

/* ?limit= (20, at most 100) and ?cursor=. */
struct data_page {
	int64_t		 limit;
	const char	*cursor;	/* as sent, NULL = from the start */
};
enum fz_err	 data_at_page(struct request *, struct response *, struct data_page *)
		    MUST_CHECK;
/* The rows of one page, joined by commas; *next stays NULL on the last one. */
typedef enum fz_err data_rows_fn(struct request *, struct response *, struct reader *,
		    const struct data_page *, struct buf *, const char **next);
/* Answer with a page of rows. */
enum fz_err	 data_at_list(struct request *, struct response *, data_rows_fn *)
		    MUST_CHECK;
/* A cursor is the last row that was shown. */
const char	*data_at_cursor(struct arena *, int64_t user, const char *name);
/* The row a cursor names; with none *name is NULL. */
enum fz_err	 data_at_after(struct request *, struct response *,
		    const struct data_page *, int64_t *user, const char **name)
		    MUST_CHECK;

/* The uid of a user, NULL for 0 and for one who is gone.  Remembers the last. */
struct data_user {
	int64_t		 id;
	const char	*uid;
};
const char	*data_at_uid(struct reader *, struct arena *, struct data_user *,
		    int64_t id);

/*
 * The body as one JSON value: application/json (else FZ_UNSUPPORTED_MEDIA_TYPE), whole
 * and within max_json; *text without blanks between its parts, in the arena.
 */
enum fz_err	 data_at_body(struct request *, struct response *, const char **text,
		    size_t *len) MUST_CHECK;

#endif
