/*
 * The order is what matters here.  The client pays before anything is computed.  Then a
 * hash is computed in every case, and only when it is done is anything known: a name that
 * nobody has, a wrong password and a disabled account differ neither in time nor in words.
 *
 * When the hash could not be computed because too many wait, nobody has tried anything:
 * the client gets back what it paid.
 *
 * A hash of an older program is replaced at the one moment when the password is at hand.
 * Meanwhile the person may have changed it elsewhere, so the row is looked at again in the
 * transaction; and if anything goes wrong, there is a next time.
 */
#include "auth/prove.h"

#include <string.h>

#include "auth/password.h"
#include "auth/throttle.h"
#include "base/digest.h"
#include "base/limits.h"

bool
prove_same(const struct user *was, const struct user *is)
{
	size_t n;

	if (was->password == NULL || is->password == NULL || is->disabled)
		return false;
	n = strlen(was->password);
	return strlen(is->password) == n && ct_equal(was->password, is->password, n);
}

static enum fz_err
renew(struct request *rq, struct user *u, const char *password)
{
	char phc[PASSWORD_PHC_MAX];
	struct user now;
	struct writer *w;
	enum fz_err err;

	if (!password_stale(u->password))
		return FZ_OK;
	err = password_hash(password, strlen(password), phc);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = user_by_id(writer_reader(w), rq->arena, u->id, &now);
	if (err == FZ_OK && !prove_same(u, &now))
		err = FZ_CONFLICT;
	if (err == FZ_OK)
		err = user_set_password(w, u->id, phc);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err == FZ_OK)
		u->password = arena_strdup(rq->arena, phc);
	return err;
}

enum fz_err
prove_password(struct request *rq, struct response *rs, struct user *u,
    const char *name, const char *password)
{
	const char *phc = u != NULL ? u->password : NULL;
	enum throttle_outcome outcome = THROTTLE_UNCHECKED;
	bool right = false;
	enum fz_err err = throttle_password_begin(rq, rs);

	if (err != FZ_OK)
		return err;
	err = password_check(phc, password, strlen(password), &right);
	if (err == FZ_OK && u == NULL)
		outcome = THROTTLE_UNKNOWN;
	else if (err == FZ_OK)
		outcome = right && !u->disabled ? THROTTLE_RIGHT : THROTTLE_WRONG;
	throttle_password_end(rq, rs, u != NULL ? u->uid : name, outcome);
	if (err == FZ_OK && outcome != THROTTLE_RIGHT)
		return FZ_INVALID_CREDENTIALS;
	if (err == FZ_OK)
		(void)renew(rq, u, password);
	return err;
}
