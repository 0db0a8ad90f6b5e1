/*
 * The list of sessions, and ending them.  Everybody sees and ends their own; on ADMIN
 * admins see and end everybody's, but an owner's are ended by an owner alone: whoever could
 * end them could keep the owner out.  An sso session is nobody's admin session, so on an AUTH
 * of its own there is only one's own list.
 *
 * What somebody may not see does not exist for them: 404, not 403.
 */
#include <string.h>

#include "auth/access.h"
#include "auth/user_view.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "store/session.h"

#define PAGE_STANDARD 100
#define PAGE_MAX 1000
#define WEIGHT_SESSIONS 8

/* May the caller see the sessions of others?  The row has judged what a key holds. */
static bool
sees_all(const struct request *rq)
{
	return rq->caller.key_id != NULL || rq->caller.role >= ROLE_ADMIN;
}

/* May the caller end sessions of this user? */
static bool
may_end(const struct request *rq, const struct user *u)
{
	if (u->id == rq->caller.user)
		return true;
	if (user_view_role(u->role) < ROLE_OWNER)
		return sees_all(rq);
	return access_rank(rq) == ROLE_OWNER;
}

static json_t *
session_json(const struct request *rq, const struct session *s)
{
	json_t *o = json_pack("{s:s,s:s,s:o,s:s,s:s,s:s}", "id", s->uid, "kind", s->kind,
	    "user", user_view(&s->user), "host", s->host, "ip", s->ip, "user_agent",
	    s->ua);

	json_object_set_new(o, "app",
	    s->app_uid[0] != '\0' ? json_string(s->app_uid) : json_null());
	json_object_set_new(o, "created_at", json_integer(s->created / 1000));
	json_object_set_new(o, "last_seen_at", json_integer(s->seen / 1000));
	json_object_set_new(o, "expires_at", json_integer(s->expires / 1000));
	json_object_set_new(o, "current", json_boolean(s->id == rq->caller.session));
	return o;
}

/* ?user=, which must be oneself for those who see no others; *user stays without it. */
static enum fz_err
asked_user(struct request *rq, struct reader *rd, struct user *user)
{
	const char *uid = request_arg(rq, "user");
	enum fz_err err;

	if (uid == NULL)
		return FZ_OK;
	err = user_by_uid(rd, rq->arena, uid, user);
	if (err == FZ_OK && user->id != rq->caller.user && !sees_all(rq))
		return FZ_USER_NOT_FOUND;
	return err;
}

static enum fz_err
list_sessions(struct request *rq, struct response *rs)
{
	struct session_filter f = { 0 };
	struct user user = { 0 };
	const char *field;
	struct reader *rd;
	struct session *v;
	struct page page;
	int64_t total;
	json_t *list;
	enum fz_err err;
	size_t n;

	err = request_page(rq, PAGE_STANDARD, PAGE_MAX, &page, &field);
	if (err != FZ_OK)
		return response_invalid(rs, field, "out of range");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = asked_user(rq, rd, &user);
	f.user = user.id != 0 || sees_all(rq) ? user.id : rq->caller.user;
	f.offset = page.offset;
	f.limit = page.limit;
	if (err == FZ_OK)
		err = session_list(rd, rq->arena, &f, clock_wall_ms(), &v, &n, &total);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, session_json(rq, &v[i]));
	return response_page(rs, list, page.offset, page.limit, total);
}

/* Ends sessions in a transaction and says how many. */
typedef enum fz_err end_fn(struct request *, struct response *, struct writer *,
    int64_t *n);

static enum fz_err
answer_ended(struct request *rq, struct response *rs, end_fn *end)
{
	struct writer *w;
	int64_t n = 0;
	enum fz_err err;

	err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = end(rq, rs, w, &n);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	return err != FZ_OK ? err :
	    response_data(rs, 200, json_pack("{s:I}", "revoked", (json_int_t)n));
}

static enum fz_err
end_one(struct request *rq, struct response *rs, struct writer *w, int64_t *n)
{
	struct session s;
	enum fz_err err;

	err = session_by_uid(writer_reader(w), rq->arena, request_param(rq, "id"), &s);
	if (err == FZ_OK && s.user.id != rq->caller.user && !sees_all(rq))
		err = FZ_SESSION_NOT_FOUND;
	if (err != FZ_OK)
		return err;
	if (!may_end(rq, &s.user))
		return response_why(rs, FZ_FORBIDDEN, "Only an owner ends an owner's sessions");
	return session_end(w, s.id, n);
}

static enum fz_err
end_others(struct request *rq, struct response *rs, struct writer *w, int64_t *n)
{
	if (rq->caller.session == 0)
		return response_invalid(rs, "others", "a session, not a key");
	return session_end_user(w, rq->caller.user, rq->caller.session, n);
}

static enum fz_err
end_of_user(struct request *rq, struct response *rs, struct writer *w, int64_t *n)
{
	struct user user = { 0 };
	enum fz_err err;

	err = asked_user(rq, writer_reader(w), &user);
	if (err != FZ_OK)
		return err;
	if (!may_end(rq, &user))
		return response_why(rs, FZ_FORBIDDEN, "Only an owner ends an owner's sessions");
	return session_end_user(w, user.id, 0, n);
}

static enum fz_err
end_session(struct request *rq, struct response *rs)
{
	return answer_ended(rq, rs, end_one);
}

static enum fz_err
end_sessions(struct request *rq, struct response *rs)
{
	bool others = request_flag(rq, "others"), user = request_arg(rq, "user") != NULL;

	if (others && user)
		return response_invalid(rs, "others", "without user");
	if (!others && !user)
		return response_missing(rs, "user");
	return answer_ended(rq, rs, others ? end_others : end_of_user);
}

const struct route session_routes[] = {
	{ METHOD_GET, "/api/sessions", list_sessions, WHO_USER, "users.read",
	    ON_ADMIN | ON_AUTH, 0, 0, "List sessions: one's own, or everybody's (?user=)",
	    NULL, "[Session]" },
	{ METHOD_DELETE, "/api/sessions/{id}", end_session, WHO_USER, "users",
	    ON_ADMIN | ON_AUTH, 0, WEIGHT_SESSIONS, "End a session", NULL, "Revoked" },
	{ METHOD_DELETE, "/api/sessions", end_sessions, WHO_USER, "users",
	    ON_ADMIN | ON_AUTH, 0, WEIGHT_SESSIONS,
	    "End the sessions of a user (?user=) or all but this one (?others=true)", NULL,
	    "Revoked" },
	{ 0 }
};
