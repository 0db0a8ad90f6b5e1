/*
 * A claim is a row with status 0 that names the process at work in place of an
 * answer.  So a second request meets either an answer, or a claim of a living process
 * (it is told to come back), or a claim of a dead one, which it takes over: a
 * killed daemon does not block its clients for a day.  Whether the work of the dead
 * one was done is for the operation itself to see; every operation behind a key is
 * one transaction.
 *
 * Claiming is one transaction on the one write connection, so of two equal requests
 * at the same moment exactly one goes on.
 */
#include "store/idempotency.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/owner.h"
#include "store/parts.h"
#include "store/sql.h"

#define DAY_MS (LIMIT_IDEMPOTENCY_S * 1000LL)

enum state { FREE, RUNNING, ANSWERED, OTHER };

/* What is known about the key; an answer is copied to the arena. */
static enum fz_err
look_up(struct writer *w, struct arena *arena, const char *caller, const char *key,
    const uint8_t request[SHA256_LEN], enum state *state, int *status,
    const char **answer)
{
	struct sql *s = sql_open(writer_reader(w), "SELECT request, status, answer FROM"
	    " idempotency WHERE caller=?1 AND key=?2 AND at > ?3", "tti", caller, key,
	    (int64_t)(clock_wall_ms() - DAY_MS));
	const void *theirs;
	size_t len;

	*state = FREE;
	if (sql_row(s) != FZ_OK)
		return sql_close(s);
	theirs = sql_blob(s, 0, &len);
	*status = (int)sql_int(s, 1);
	if (*status == 0)
		*state = owner_alive(sql_text(s, 2)) ? RUNNING : FREE;
	if (*state != FREE || *status != 0) {
		if (len != SHA256_LEN || !ct_equal(theirs, request, len)) {
			*state = OTHER;
		} else if (*status != 0) {
			*state = ANSWERED;
			*answer = sql_dup(s, 2, arena);
		}
	}
	return sql_close(s);
}

static enum fz_err
claim(struct writer *w, const char *caller, const char *key,
    const uint8_t request[SHA256_LEN])
{
	char owner[OWNER_LEN];

	owner_self(owner);
	return sql_run(w,
	    "INSERT OR REPLACE INTO idempotency(caller, key, request, status,"
	    " answer, at) VALUES(?1, ?2, ?3, 0, ?4, ?5)",
	    "ttbti", caller, key, request, (size_t)SHA256_LEN, owner, clock_wall_ms());
}

enum fz_err
idempotency_begin(struct store *store, struct arena *arena, const char *caller,
    const char *key, const uint8_t request[SHA256_LEN], int *status, const char **answer)
{
	const char *text = NULL;
	enum state state;
	struct writer *w;
	enum fz_err err;
	int code = 0;

	err = writer_begin(store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = look_up(w, arena, caller, key, request, &state, &code, &text);
	if (err == FZ_OK && state == FREE)
		err = claim(w, caller, key, request);
	if (err == FZ_OK && state == OTHER)
		err = FZ_IDEMPOTENCY_MISMATCH;
	if (err == FZ_OK && state == RUNNING)
		err = FZ_CONFLICT;
	if (err != FZ_OK || state == ANSWERED)
		writer_abort(w);
	else
		err = writer_commit(w, NULL);
	if (err != FZ_OK)
		return err;
	*status = state == ANSWERED ? code : 0;
	if (state == ANSWERED)
		*answer = text;
	return FZ_OK;
}

enum fz_err
idempotency_finish(struct store *store, const char *caller, const char *key, int status,
    const char *answer, uint64_t *seq)
{
	struct writer *w;
	enum fz_err err;

	/* The work is done: its answer may use the reserve. */
	err = writer_begin_reserve(store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	if (status == 0)
		err = sql_run(w, "DELETE FROM idempotency WHERE caller=?1 AND key=?2",
		    "tt", caller, key);
	else
		err = sql_run(w,
		    "UPDATE idempotency SET status=?3, answer=?4 WHERE caller=?1"
		    " AND key=?2",
		    "ttit", caller, key, (int64_t)status, answer);
	if (err == FZ_OK)
		return writer_commit(w, seq);
	writer_abort(w);
	return err;
}

enum fz_err
idempotency_prune(struct writer *w, int64_t max, int64_t *removed)
{
	int64_t now = clock_wall_ms();
	enum fz_err err;

	/* Rows from the future are of a clock that was wrong: they would stay. */
	err = sql_run(w,
	    "DELETE FROM idempotency WHERE (caller, key) IN (SELECT caller, key"
	    " FROM idempotency WHERE at < ?1 OR at > ?2 LIMIT ?3)",
	    "iii", (int64_t)(now - DAY_MS), (int64_t)(now + DAY_MS), max);
	if (err == FZ_OK)
		*removed = sql_changes(w);
	return err;
}
