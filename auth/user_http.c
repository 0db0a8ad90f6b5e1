/*
 * People, as those who run the node see and change them.
 *
 * Whoever calls has a rank: the role of the session, or for a key what its scopes stand for
 * (access_rank).  Nobody changes somebody above them, and nobody gives a role above their
 * own.
 *
 * What takes rights away ends the sessions in the same transaction, so that there is no
 * moment when an old cookie still counts.  Deleting somebody with their data first shuts
 * them out, then removes what apps hold for them in many short transactions, and takes the
 * person away last: if it breaks off, it can be called again.
 */
#include <string.h>

#include "auth/access.h"
#include "auth/fields.h"
#include "auth/user_view.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "store/app.h"
#include "store/session.h"
#include "store/user_data.h"

#define PAGE_STANDARD 20
#define PAGE_MAX 100
#define Q_MAX 254
#define NAME_MAX_LEN 200
#define REF_MAX 254
#define WEIGHT_SECURITY 9

static enum fz_err
may_touch(struct request *rq, struct response *rs, const struct user *u)
{
	if (user_view_role(u->role) == ROLE_OWNER && access_rank(rq) < ROLE_OWNER)
		return response_why(rs, FZ_FORBIDDEN, "Only an owner changes an owner");
	return FZ_OK;
}

/* --- looking --- */

static enum fz_err
read_filter(struct request *rq, struct response *rs, struct reader *rd,
    struct user_filter *f)
{
	const char *ref = request_arg(rq, "app");
	struct app app;
	enum fz_err err;

	f->q = request_arg(rq, "q");
	f->role = request_arg(rq, "role");
	if (f->role != NULL && *f->role == '\0')
		f->role = NULL;
	if (f->q != NULL && strlen(f->q) > Q_MAX)
		return response_invalid(rs, "q", "too long");
	if (f->role != NULL && user_view_role(f->role) == ROLE_ANON)
		return response_invalid(rs, "role", "owner, admin or user");
	if (ref == NULL || *ref == '\0')
		return FZ_OK;
	err = app_find(rd, rq->arena, ref, &app);
	if (err == FZ_OK)
		f->app = app.id;
	return err;
}

static enum fz_err
list_users(struct request *rq, struct response *rs)
{
	struct user_filter filter = { 0 };
	const char *field = NULL;
	struct user *v = NULL;
	struct reader *rd;
	int64_t total = 0;
	struct page page;
	size_t n = 0;
	json_t *list;
	enum fz_err err;

	if (request_page(rq, PAGE_STANDARD, PAGE_MAX, &page, &field) != FZ_OK)
		return response_invalid(rs, field, "out of range");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = read_filter(rq, rs, rd, &filter);
	if (err == FZ_OK)
		err = user_list(rd, rq->arena, &filter, page.offset, page.limit, &v, &n,
		    &total);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, user_view(&v[i]));
	return response_page(rs, list, page.offset, page.limit, total);
}

static enum fz_err
find(struct response *rs, struct reader *rd, struct arena *a, const char *ref,
    struct user *u)
{
	enum fz_err err = user_find(rd, a, ref, u);

	if (err == FZ_CONFLICT)
		return response_why(rs, err,
		    "Several users have this e-mail address; say which by id");
	return err;
}

static json_t *
status_json(const struct user *u, const struct user_data *v, size_t n)
{
	json_t *apps = json_array();
	int64_t kv = 0, docs = 0;

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(apps, json_pack("{s:s,s:I,s:I}", "app_id",
		    v[i].app_uid, "kv_count", (json_int_t)v[i].kv, "doc_count",
		    (json_int_t)v[i].docs));
		kv += v[i].kv;
		docs += v[i].docs;
	}
	return json_pack("{s:o,s:o,s:{s:I,s:I,s:I}}", "user", user_view(u), "apps", apps,
	    "totals", "app_count", (json_int_t)n, "kv_count", (json_int_t)kv, "doc_count",
	    (json_int_t)docs);
}

static enum fz_err
show_status(struct request *rq, struct response *rs)
{
	struct user_data *v = NULL;
	struct reader *rd;
	struct user u;
	size_t n = 0;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = find(rs, rd, rq->arena, request_param(rq, "user"), &u);
	if (err == FZ_OK)
		err = user_data_list(rd, rq->arena, u.id, clock_wall_ms(), &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, status_json(&u, v, n));
}

/* --- changing --- */

static enum fz_err
end(struct request *rq, struct writer *w, enum fz_err err)
{
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
read_role(struct response *rs, const json_t *body, const char **ref, const char **role)
{
	enum fz_err err = fields_str(rs, body, "user_id", false, REF_MAX, ref);

	if (err == FZ_OK && *ref == NULL)
		err = fields_str(rs, body, "email", false, REF_MAX, ref);
	if (err == FZ_OK && *ref == NULL)
		err = response_missing(rs, "user_id");
	if (err == FZ_OK)
		err = fields_str(rs, body, "role", true, 16, role);
	if (err == FZ_OK && user_view_role(*role) == ROLE_ANON)
		err = response_invalid(rs, "role", "owner, admin or user");
	return err;
}

/* The same role again changes nothing and ends nothing. */
static enum fz_err
give_role(struct request *rq, struct response *rs, struct writer *w, const char *ref,
    const char *role, struct user *u)
{
	int64_t ended;
	enum fz_err err = find(rs, writer_reader(w), rq->arena, ref, u);

	if (err == FZ_OK)
		err = may_touch(rq, rs, u);
	if (err == FZ_OK)
		err = access_may_give(rq, rs, role);
	if (err != FZ_OK || strcmp(u->role, role) == 0)
		return err;
	err = user_set_role(w, u->id, role);
	if (err == FZ_OK)
		err = session_end_user(w, u->id, 0, &ended);
	return err;
}

static enum fz_err
set_role(struct request *rq, struct response *rs)
{
	const char *ref = NULL, *role = NULL;
	struct writer *w;
	struct user u;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = read_role(rs, body, &ref, &role);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = end(rq, w, give_role(rq, rs, w, ref, role, &u));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s,s:s,s:s}", "message",
	    "The role is set", "user_id", u.uid, "email", u.email, "role", role));
}

struct change {
	const char	*name;		/* NULL = stays */
	bool		 named;		/* disabled was said */
	bool		 disabled;
};

static enum fz_err
read_change(struct response *rs, const json_t *body, struct change *c)
{
	enum fz_err err = fields_line(rs, body, "name", false, NAME_MAX_LEN, &c->name);

	c->named = json_is_boolean(json_object_get(body, "disabled"));
	if (err == FZ_OK)
		err = fields_bool(rs, body, "disabled", false, &c->disabled);
	return err;
}

static enum fz_err
apply_change(struct request *rq, struct response *rs, struct writer *w,
    const struct change *c, struct user *u)
{
	int64_t ended;
	enum fz_err err = find(rs, writer_reader(w), rq->arena, request_param(rq, "user"), u);

	if (err == FZ_OK)
		err = may_touch(rq, rs, u);
	if (err == FZ_OK && c->name != NULL)
		err = user_set_profile(w, u->id, c->name, NULL, NULL);
	if (err == FZ_OK && c->named)
		err = user_set_disabled(w, u->id, c->disabled);
	if (err == FZ_OK && c->named && c->disabled)
		err = session_end_user(w, u->id, 0, &ended);
	if (err == FZ_OK)
		err = user_by_id(writer_reader(w), rq->arena, u->id, u);
	return err;
}

static enum fz_err
change_user(struct request *rq, struct response *rs)
{
	struct change c = { 0 };
	struct writer *w;
	struct user u;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = read_change(rs, body, &c);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err == FZ_OK)
		err = end(rq, w, apply_change(rq, rs, w, &c, &u));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, user_view(&u));
}

/* May this user go?  Then nobody signs in as them any more. */
static enum fz_err
shut_out(struct request *rq, struct response *rs, struct user *u)
{
	struct writer *w;
	int64_t ended;
	enum fz_err err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = find(rs, writer_reader(w), rq->arena, request_param(rq, "user"), u);
	if (err == FZ_OK)
		err = may_touch(rq, rs, u);
	if (err == FZ_OK)
		err = user_set_disabled(w, u->id, true);
	if (err == FZ_OK)
		err = session_end_user(w, u->id, 0, &ended);
	return end(rq, w, err);
}

static enum fz_err
remove_user(struct request *rq, const struct user *u)
{
	struct writer *w;
	enum fz_err err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	return end(rq, w, user_delete(w, u->id));
}

static enum fz_err
delete_user(struct request *rq, struct response *rs)
{
	const char *data = request_arg(rq, "data");
	bool with_data = data != NULL && strcmp(data, "delete") == 0;
	struct user u;
	enum fz_err err;

	if (data != NULL && !with_data && strcmp(data, "keep") != 0)
		return response_invalid(rs, "data", "keep or delete");
	err = shut_out(rq, rs, &u);
	if (err == FZ_OK && with_data)
		err = user_data_delete(rq->node->store, u.id, &rq->seq);
	if (err == FZ_OK)
		err = remove_user(rq, &u);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s}", "message", with_data ?
	    "The user and what apps held for them are gone" :
	    "The user is gone; what apps hold for them stays"));
}

const struct route user_routes[] = {
	{ METHOD_GET, "/api/users", list_users, WHO_ADMIN, "users.read", ON_ADMIN, 0, 0,
	    "List users (?q=&role=&app=)", NULL, "[User]" },
	{ METHOD_GET, "/api/users/{user}/status", show_status, WHO_ADMIN, "users.read",
	    ON_ADMIN, 0, 0, "A user by id or e-mail, and what apps hold for them", NULL,
	    "UserStatus" },
	{ METHOD_POST, "/api/users/role", set_role, WHO_ADMIN, "users", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Give a user another role; their sessions end", "UserRole",
	    "UserRoleSet" },
	{ METHOD_PATCH, "/api/users/{user}", change_user, WHO_ADMIN, "users", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Rename, disable or enable a user", "UserChange", "User" },
	{ METHOD_DELETE, "/api/users/{user}", delete_user, WHO_OWNER, "users", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Delete a user (?data=keep or delete)", NULL, "Message" },
	{ 0 }
};
