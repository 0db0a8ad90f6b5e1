/*
 * Random queries, sorts, changes and deletions against a plain matcher over jansson values
 * that shares no code with the store's: two collections with the same documents, one
 * without indexes and one with all kinds of them, must both say what the model says.
 */
#include "tests/unit/store_test.h"

#include <jansson.h>

#include "base/clock.h"
#include "store/dbconn.h"
#include "store/doc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS 60
#else
#define ROUNDS 500
#endif
#define QUERIES 100		/* of a round, each on two collections */
#define DOCS_MAX 26
#define LONG1 "long long long long long long long long long long long long long long " \
	"long long long long long long long long long long long long long long long long " \
	"long long long long "

struct mdoc {
	char	 id[40];
	json_t	*value;
};

static struct mdoc model[DOCS_MAX];	/* oldest first */
static size_t nmodel;
static struct doc_at at[2];		/* plain, indexed */
static uint64_t seed = 88172645463325252ULL;
static long compared, by_index;

static uint64_t
rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

/* --- random values --- */

static json_t *
some_string(void)
{
	static const char *const v[] = { "", "a", "ab", "abc", "b", "B", "é", "\"q\"",
		"line\nbreak", "back\\slash", "😀", LONG1, LONG1 "a", LONG1 "b", "10", "9" };

	return json_string(v[rnd(sizeof(v) / sizeof(v[0]))]);
}

static json_t *
some_number(void)
{
	switch (rnd(8)) {
	case 0:
		return json_real(1.5);
	case 1:
		return json_real(1e20);
	case 2:
		return json_real(-0.0);
	case 3:
		return json_real(0.1);
	default:
		return json_integer((json_int_t)rnd(6) - 2);
	}
}

static json_t *
some_scalar(void)
{
	switch (rnd(7)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(rnd(2));
	case 2:
	case 3:
	case 4:
		return some_number();
	default:
		return some_string();
	}
}

static json_t *
some_value(int depth)
{
	json_t *v;

	if (depth > 0 && rnd(5) == 0) {
		v = json_array();
		for (uint64_t i = rnd(4); i > 0; i--)
			json_array_append_new(v, some_value(depth - 1));
		return v;
	}
	if (depth > 0 && rnd(6) == 0) {
		static const char *const names[] = { "x", "y", "z" };

		v = json_object();
		for (uint64_t i = rnd(3); i > 0; i--)
			json_object_set_new(v, names[rnd(3)], some_value(depth - 1));
		return v;
	}
	return some_scalar();
}

/* k: numbers, s: strings, b: any scalar, m: anything, t: mostly arrays, n.x: nested. */
static json_t *
some_doc(void)
{
	json_t *d = json_object(), *t;

	if (rnd(10) > 0)
		json_object_set_new(d, "k", some_number());
	if (rnd(10) > 0)
		json_object_set_new(d, "s", some_string());
	if (rnd(4) > 0)
		json_object_set_new(d, "b", some_scalar());
	if (rnd(4) > 0)
		json_object_set_new(d, "m", some_value(2));
	if (rnd(8) > 0) {
		t = json_array();
		for (uint64_t i = rnd(5); i > 0; i--)
			json_array_append_new(t, some_value(1));
		json_object_set_new(d, "t", t);
	} else {
		json_object_set_new(d, "t", some_string());
	}
	if (rnd(3) > 0)
		json_object_set_new(d, "n", json_pack("{s:o,s:o}", "x", some_scalar(),
		    "y", some_value(1)));
	return d;
}

/* --- the plain matcher --- */

static bool
numeric(const json_t *v)
{
	return json_is_number(v) || json_is_boolean(v);
}

static double
number_of(const json_t *v)
{
	return json_is_boolean(v) ? json_is_true(v) : json_number_value(v);
}

static bool
nothing(const json_t *v)
{
	return v == NULL || json_is_null(v);
}

static bool
m_equal(const json_t *a, const json_t *b)
{
	const char *name;
	json_t *v;

	if (nothing(a) || nothing(b))
		return nothing(a) && nothing(b);
	if (numeric(a) && numeric(b))
		return number_of(a) == number_of(b);
	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b)) == 0;
	if (json_is_array(a) && json_is_array(b)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!m_equal(json_array_get(a, i), json_array_get(b, i)))
				return false;
		return true;
	}
	if (!json_is_object(a) || !json_is_object(b))
		return false;
	json_object_foreach((json_t *)a, name, v)
		if (!m_equal(v, json_object_get(b, name)))
			return false;
	json_object_foreach((json_t *)b, name, v)
		if (!m_equal(v, json_object_get(a, name)))
			return false;
	return true;
}

static const json_t *
m_field(const struct mdoc *d, const char *path)
{
	const json_t *v = d->value;
	char copy[80], *save, *part;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (part = strtok_r(copy, ".", &save); part != NULL && v != NULL;
	     part = strtok_r(NULL, ".", &save)) {
		if (json_is_array(v))
			v = part[0] >= '0' && part[0] <= '9' ?
			    json_array_get(v, strtoul(part, NULL, 10)) : NULL;
		else
			v = json_object_get(v, part);
	}
	return v;
}

/* -1, 0, 1, or 2 for what does not compare. */
static int
m_order(const json_t *a, const json_t *b)
{
	if (numeric(a) && numeric(b))
		return (number_of(a) > number_of(b)) - (number_of(a) < number_of(b));
	if (json_is_string(a) && json_is_string(b)) {
		int c = strcmp(json_string_value(a), json_string_value(b));

		return (c > 0) - (c < 0);
	}
	return 2;
}

static bool
m_in(const json_t *v, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (m_equal(v, json_array_get(list, i)))
			return true;
	return false;
}

static bool m_operators(const json_t *v, const json_t *ops);

static bool
m_operator(const json_t *v, const char *op, const json_t *x)
{
	int c = v != NULL && x != NULL ? m_order(v, x) : 2;

	if (strcmp(op, "$eq") == 0)
		return m_equal(v, x);
	if (strcmp(op, "$ne") == 0)
		return !m_equal(v, x);
	if (strcmp(op, "$gt") == 0)
		return c == 1;
	if (strcmp(op, "$gte") == 0)
		return c == 0 || c == 1;
	if (strcmp(op, "$lt") == 0)
		return c == -1;
	if (strcmp(op, "$lte") == 0)
		return c == 0 || c == -1;
	if (strcmp(op, "$in") == 0)
		return m_in(v, x);
	if (strcmp(op, "$nin") == 0)
		return !m_in(v, x);
	if (strcmp(op, "$exists") == 0)
		return nothing(v) != json_is_true(x);
	if (strcmp(op, "$prefix") == 0)
		return json_is_string(v) && strncmp(json_string_value(v),
		    json_string_value(x), strlen(json_string_value(x))) == 0;
	if (strcmp(op, "$not") == 0)
		return !m_operators(v, x);
	assert_string_equal(op, "$contains");
	if (json_is_array(v))
		return m_in(x, v);
	return json_is_string(v) && json_is_string(x) &&
	    strstr(json_string_value(v), json_string_value(x)) != NULL;
}

static bool
m_operators(const json_t *v, const json_t *ops)
{
	const char *op;
	json_t *x;

	json_object_foreach((json_t *)ops, op, x)
		if (!m_operator(v, op, x))
			return false;
	return true;
}

static bool
m_match(const struct mdoc *d, const json_t *q)
{
	const char *name;
	json_t *x;
	size_t i;

	json_object_foreach((json_t *)q, name, x) {
		bool ok = strcmp(name, "$or") != 0;

		if (strcmp(name, "$and") == 0)
			for (i = 0; ok && i < json_array_size(x); i++)
				ok = m_match(d, json_array_get(x, i));
		else if (strcmp(name, "$or") == 0)
			for (i = 0; !ok && i < json_array_size(x); i++)
				ok = m_match(d, json_array_get(x, i));
		else if (strcmp(name, "$not") == 0)
			ok = !m_match(d, x);
		else if (strcmp(name, "id") == 0)
			ok = strcmp(d->id, json_string_value(x)) == 0;
		else if (json_is_object(x) && json_object_size(x) > 0 &&
		    json_object_iter_key(json_object_iter(x))[0] == '$')
			ok = m_operators(m_field(d, name), x);
		else
			ok = m_equal(m_field(d, name), x);
		if (!ok)
			return false;
	}
	return true;
}

static int
m_rank(const json_t *v)
{
	return nothing(v) ? 0 : numeric(v) ? 1 : json_is_string(v) ? 2 : 3;
}

/* --- random queries --- */

static const char *
some_field(void)
{
	static const char *const v[] = { "k", "s", "b", "m", "t", "n.x", "n.y", "n", "m.x",
		"t.0", "m.1", "none" };

	return v[rnd(rnd(3) == 0 ? 12 : 6)];
}

/* A value that some document has there, or any. */
static json_t *
likely(const char *field)
{
	const json_t *v;

	if (nmodel == 0 || rnd(3) == 0)
		return some_value(2);
	v = m_field(&model[rnd(nmodel)], field);
	if (json_is_array(v) && json_array_size(v) > 0 && rnd(2))
		v = json_array_get(v, rnd(json_array_size(v)));
	return v == NULL ? json_null() : json_deep_copy(v);
}

static json_t *
some_list(const char *field)
{
	json_t *v = json_array();

	for (uint64_t i = rnd(4); i > 0; i--)
		json_array_append_new(v, likely(field));
	return v;
}

static json_t *
some_prefix(void)
{
	static const char *const v[] = { "", "a", "ab", "l", "line\n", "\"", "long long l",
		LONG1, "é" };

	return json_string(v[rnd(sizeof(v) / sizeof(v[0]))]);
}

static void
add_operator(json_t *ops, const char *field, int depth)
{
	static const char *const names[] = { "$eq", "$ne", "$gt", "$gte", "$lt", "$lte",
		"$contains" };
	json_t *inner;

	switch (rnd(12)) {
	case 0:
		json_object_set_new(ops, "$in", some_list(field));
		return;
	case 1:
		json_object_set_new(ops, "$nin", some_list(field));
		return;
	case 2:
		json_object_set_new(ops, "$exists", json_boolean(rnd(2)));
		return;
	case 3:
		json_object_set_new(ops, "$prefix", some_prefix());
		return;
	case 4:
		if (depth > 0) {
			inner = json_object();
			add_operator(inner, field, depth - 1);
			json_object_set_new(ops, "$not", inner);
			return;
		}
		/* fall through */
	default:
		json_object_set_new(ops, names[rnd(7)], likely(field));
	}
}

/* Operators are not looked for inside of values: {"x":1} is a value. */
static json_t *
some_condition(const char *field)
{
	json_t *v;

	if (rnd(3) == 0)
		return likely(field);
	v = json_object();
	for (uint64_t i = 1 + rnd(2); i > 0; i--)
		add_operator(v, field, 1);
	return v;
}

static json_t *
some_query(int depth)
{
	json_t *q = json_object(), *list;

	for (uint64_t i = rnd(3) + (depth < 2); i > 0; i--) {
		const char *field = some_field();

		json_object_set_new(q, field, some_condition(field));
	}
	if (depth > 0 && rnd(3) == 0) {
		list = json_array();
		for (uint64_t i = 1 + rnd(3); i > 0; i--)
			json_array_append_new(list, some_query(depth - 1));
		json_object_set_new(q, rnd(2) ? "$or" : "$and", list);
	}
	if (depth > 0 && rnd(8) == 0)
		json_object_set_new(q, "$not", some_query(depth - 1));
	if (nmodel > 0 && rnd(40) == 0)
		json_object_set_new(q, "id", json_string(model[rnd(nmodel)].id));
	return q;
}

/* --- comparing --- */

struct sort {
	const char	*field[3];
	int		 way[3];
	size_t		 n;
	bool		 up;		/* order */
};

static const struct sort *sorting;

static int
m_compare(const void *x, const void *y)
{
	const struct mdoc *a = *(const struct mdoc *const *)x;
	const struct mdoc *b = *(const struct mdoc *const *)y;
	int c;

	for (size_t i = 0; i < sorting->n; i++) {
		const json_t *p = m_field(a, sorting->field[i]);
		const json_t *q = m_field(b, sorting->field[i]);

		c = m_rank(p) - m_rank(q);
		if (c == 0 && m_rank(p) > 0)
			c = m_order(p, q);
		if (c != 0)
			return c * sorting->way[i];
	}
	c = (a > b) - (a < b);
	return sorting->up ? c : -c;
}

/* Sorted fields hold scalars: the order of containers is nobody's promise. */
static json_t *
some_options(struct sort *s, size_t *limit, size_t *offset)
{
	static const char *const fields[] = { "k", "s", "b", "n.x" };
	json_t *o = json_object(), *sort = json_object();

	*s = (struct sort){ .up = rnd(2) };
	if (s->up || rnd(2))
		json_object_set_new(o, "order", json_string(s->up ? "asc" : "desc"));
	while (s->n < rnd(4) && s->n < 3) {
		const char *f = fields[rnd(4)];

		if (json_object_get(sort, f) != NULL)
			continue;
		s->field[s->n] = f;
		s->way[s->n] = rnd(2) ? 1 : -1;
		json_object_set_new(sort, f, json_integer(s->way[s->n++]));
	}
	if (s->n > 0)
		json_object_set_new(o, "sort", sort);
	else
		json_decref(sort);
	*limit = rnd(2) ? DOCS_MAX : rnd(12);
	*offset = rnd(3) ? 0 : rnd(8);
	if (*limit < DOCS_MAX || rnd(2))
		json_object_set_new(o, "limit", json_integer((json_int_t)*limit));
	if (*offset > 0)
		json_object_set_new(o, "offset", json_integer((json_int_t)*offset));
	return o;
}

static size_t
expected(const json_t *q, const struct sort *s, const struct mdoc **out)
{
	size_t n = 0;

	for (size_t i = 0; i < nmodel; i++)
		if (m_match(&model[i], q))
			out[n++] = &model[i];
	sorting = s;
	qsort(out, n, sizeof(*out), m_compare);
	return n;
}

static void
complain(const char *what, int which, const char *query, const char *opts,
    const char *got)
{
	fail_msg("%s on the %s collection\n  query %s\n  options %s\n  got %.3000s", what,
	    which == 0 ? "plain" : "indexed", query, opts, got);
}

/* The documents as the answer has them. */
static bool
same_answer(const char *json, const struct mdoc *const *want, size_t n)
{
	/* 1e20 comes back without a dot, as JavaScript prints it. */
	json_t *got = json_loads(json, JSON_DECODE_INT_AS_REAL, NULL), *d;
	bool ok = json_array_size(got) == n;

	for (size_t i = 0; ok && i < n; i++) {
		d = json_array_get(got, i);
		ok = strcmp(json_string_value(json_object_get(d, "id")),
		    want[i]->id) == 0 &&
		    json_is_number(json_object_get(d, "_createdAt"));
		json_object_del(d, "id");
		json_object_del(d, "_createdAt");
		json_object_del(d, "_updatedAt");
		ok = ok && m_equal(d, want[i]->value);
	}
	json_decref(got);
	return ok;
}

static void
check_find(struct reader *rd, struct arena *a, const json_t *q, const char *query)
{
	const struct mdoc *want[DOCS_MAX];
	size_t limit, offset, n;
	struct sort s;
	json_t *o = some_options(&s, &limit, &offset);
	char *opts = json_dumps(o, JSON_COMPACT);

	n = expected(q, &s, want);
	offset = offset > n ? n : offset;
	for (int i = 0; i < 2; i++) {
		size_t shown = n - offset < limit ? n - offset : limit;
		struct doc_text got = { 0 };
		struct why why = { 0 };

		if (doc_find(rd, a, &at[i], query, opts, &got, &why) != FZ_OK)
			complain("error", i, query, opts, why.text);
		if (!same_answer(got.json, want + offset, shown))
			complain("wrong documents", i, query, opts, got.json);
		if ((got.cursor != NULL) != (shown > 0 && offset + shown < n))
			complain("wrong cursor", i, query, opts, got.json);
		compared++;
	}
	free(opts);
	json_decref(o);
}

/* Page by page with cursors: all of it, nothing twice. */
static void
check_pages(struct reader *rd, struct arena *a, const json_t *q, const char *query)
{
	const struct mdoc *want[DOCS_MAX];
	size_t limit, offset, n, done;
	struct sort s;
	json_t *o = some_options(&s, &limit, &offset);

	n = expected(q, &s, want);
	json_object_del(o, "offset");
	json_object_set_new(o, "limit", json_integer(1 + (json_int_t)rnd(5)));
	for (int i = 0; i < 2; i++) {
		struct doc_text got = { .cursor = "" };

		json_object_del(o, "after");
		for (done = 0; got.cursor != NULL; done += got.n) {
			struct why why = { 0 };
			char *opts;

			/* Any plan may go on where another one stopped. */
			if (*got.cursor != '\0')
				json_object_set_new(o, "after", json_string(got.cursor));
			opts = json_dumps(o, JSON_COMPACT);
			if (doc_find(rd, a, &at[i], query, opts, &got, &why) != FZ_OK)
				complain("error", i, query, opts, why.text);
			if (done + got.n > n || !same_answer(got.json, want + done, got.n))
				complain("wrong page", i, query, opts, got.json);
			free(opts);
		}
		assert_int_equal(done, n);
		compared++;
	}
	json_decref(o);
}

static void
check_count(struct reader *rd, struct arena *a, const json_t *q, const char *query)
{
	int64_t want = 0, got;
	const char *plan;

	for (size_t i = 0; i < nmodel; i++)
		want += m_match(&model[i], q);
	for (int i = 0; i < 2; i++) {
		struct why why = { 0 };

		if (doc_count(rd, a, &at[i], query, &got, &why) != FZ_OK)
			complain("error", i, query, "", why.text);
		if (got != want)
			complain("wrong count", i, query, "", "");
		compared++;
	}
	OK(doc_explain(rd, a, &at[1], query, NULL, &plan, NULL));
	by_index += strstr(plan, "\"scan\":false") != NULL;
}

/* --- changing --- */

static void
insert_some(struct writer *w, struct arena *a)
{
	struct mdoc *d = &model[nmodel];
	char *text;

	if (nmodel == DOCS_MAX)
		return;
	(void)snprintf(d->id, sizeof(d->id), "%ld", (long)rnd(1u << 30) << 20 | (long)rnd(1u << 20));
	d->value = some_doc();
	json_object_set_new(d->value, "id", json_string(d->id));
	text = json_dumps(d->value, JSON_COMPACT);
	json_object_del(d->value, "id");
	nmodel++;
	for (int i = 0; i < 2; i++) {
		const char *id;

		OK(doc_insert(w, a, &at[i], text, strlen(text), &id, NULL));
		assert_string_equal(id, d->id);
	}
	free(text);
}

static void
delete_some(struct writer *w, struct arena *a)
{
	json_t *q = some_query(1);
	char *query = json_dumps(q, JSON_COMPACT);
	int64_t n;
	size_t kept = 0;

	for (size_t i = 0; i < nmodel; i++) {
		if (m_match(&model[i], q))
			json_decref(model[i].value);
		else
			model[kept++] = model[i];
	}
	for (int i = 0; i < 2; i++) {
		OK(doc_delete(w, a, &at[i], query, &n, NULL));
		assert_int_equal(n, nmodel - kept);
	}
	nmodel = kept;
	free(query);
	json_decref(q);
}

static json_t *
some_changes(void)
{
	static const char *const fields[] = { "k", "s", "b", "m", "t" };
	const char *f = fields[rnd(5)], *g = fields[rnd(5)];
	int depth = *f == 'm' || *f == 't' ? 2 : 0;

	switch (rnd(4)) {
	case 0:
		return json_pack("{s:o}", f, some_value(depth));
	case 1:
		return json_pack("{s:{s:o},s:{s:i}}", "$set", f, some_value(depth), "$unset",
		    strcmp(f, g) == 0 ? "none" : g, 1);
	case 2:
		return json_pack("{s:{s:o}}", "$set", "s", some_string());
	default:
		return json_pack("{s:{s:i}}", "$inc", "k", (int)rnd(5) - 2);
	}
}

static void
m_change(struct mdoc *d, const json_t *changes)
{
	const char *name, *field;
	json_t *v, *inner, *old;

	json_object_foreach((json_t *)changes, name, v) {
		if (name[0] != '$') {
			json_object_set(d->value, name, v);
			continue;
		}
		json_object_foreach(v, field, inner) {
			if (strcmp(name, "$set") == 0) {
				json_object_set(d->value, field, inner);
			} else if (strcmp(name, "$unset") == 0) {
				json_object_del(d->value, field);
			} else {
				old = json_object_get(d->value, field);
				json_object_set_new(d->value, field, json_real(
				    number_of(inner) + (old ? number_of(old) : 0)));
			}
		}
	}
}

static bool
inc_fails(const json_t *q)
{
	for (size_t i = 0; i < nmodel; i++) {
		const json_t *v = json_object_get(model[i].value, "k");

		if (m_match(&model[i], q) && !nothing(v) && !json_is_number(v))
			return true;
	}
	return false;
}

static void
update_some(struct writer *w, struct arena *a)
{
	json_t *q = some_query(1), *changes = some_changes();
	char *query = json_dumps(q, JSON_COMPACT), *c = json_dumps(changes, JSON_COMPACT);
	bool fails = json_object_get(changes, "$inc") != NULL && inc_fails(q);
	int64_t n, want = 0;

	for (int i = 0; i < 2; i++) {
		struct why why = { 0 };
		enum fz_err err = doc_update(w, a, &at[i], query, c, &n, &why);

		assert_int_equal(err, fails ? FZ_DS_BAD_UPDATE : FZ_OK);
		for (size_t k = 0; i == 0 && !fails && k < nmodel; k++)
			want += m_match(&model[k], q);
		if (!fails)
			assert_int_equal(n, want);
	}
	for (size_t k = 0; !fails && k < nmodel; k++)
		if (m_match(&model[k], q))
			m_change(&model[k], changes);
	free(query);
	free(c);
	json_decref(q);
	json_decref(changes);
}

/* --- rounds --- */

static void
some_indexes(struct writer *w, struct arena *a)
{
	static const char *const v[] = { "\"k\"", "\"s\"", "\"b\"", "\"m\"", "\"t\"",
		"\"n.x\"", "[\"k\",\"s\"]", "[\"b\",\"k\"]", "[\"b\",\"s\",\"n.x\"]",
		"[\"s\",\"k\"]", "\"m.x\"", "[\"n.x\",\"m\"]", "\"_updatedAt\"" };
	const char *name;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (rnd(2))
			OK(doc_index(w, a, &at[1], v[i], NULL, &name, NULL));
}

static void
drop_indexes(struct writer *w, struct arena *a)
{
	json_t *list;
	const char *json;
	size_t i;
	json_t *v;

	OK(doc_indexes(writer_reader(w), a, &at[1], &json));
	list = json_loads(json, 0, NULL);
	json_array_foreach(list, i, v)
		OK(doc_drop_index(w, a, &at[1],
		    json_string_value(json_object_get(v, "name")), NULL));
	json_decref(list);
}

/* Each entry of an index has its document and each document its entries. */
static void
check_entries(void)
{
	assert_int_equal(number("SELECT count(*) FROM dx WHERE NOT EXISTS (SELECT 1 FROM"
	    " dxdef d JOIN doc ON doc.rid=(d.collection<<36|dx.n) WHERE d.id=dx.def)"
	    " AND def NOT IN (SELECT def FROM dxgone)"), 0);
	assert_int_equal(number("SELECT count(*) FROM doc d JOIN dxdef f"
	    " ON f.collection=d.collection WHERE NOT EXISTS (SELECT 1 FROM dx"
	    " WHERE def=f.id AND n=d.rid&((1<<36)-1) AND substr(key,1,1)=x'01')"), 0);
	assert_int_equal(number("SELECT count(*) FROM collection c WHERE count<>"
	    "(SELECT count(*) FROM doc WHERE collection=c.id) OR bytes<>(SELECT"
	    " coalesce(sum(length(CAST(data AS BLOB))+length(CAST(id AS BLOB))),0)"
	    " FROM doc WHERE collection=c.id)"), 0);
}

static void
ask(struct reader *rd, struct arena *a)
{
	json_t *q = some_query(2);
	char *query = json_dumps(q, JSON_COMPACT);

	switch (rnd(5)) {
	case 0:
		check_count(rd, a, q, query);
		break;
	case 1:
		check_pages(rd, a, q, query);
		break;
	default:
		check_find(rd, a, q, query);
	}
	free(query);
	json_decref(q);
	arena_reset(a);
}

static void
one_round(struct arena *a)
{
	struct writer *w = begin();
	struct reader *rd;

	drop_indexes(w, a);
	if (rnd(2))
		some_indexes(w, a);
	for (uint64_t i = rnd(20); i > 0; i--)
		insert_some(w, a);
	if (rnd(2))
		some_indexes(w, a);
	for (uint64_t i = rnd(4); i > 0; i--)
		update_some(w, a);
	if (nmodel > DOCS_MAX / 2 || rnd(4) == 0)
		delete_some(w, a);
	commit(w);
	arena_reset(a);
	rd = reader();
	rd->deadline += 3600000;
	for (int i = 0; i < QUERIES; i++)
		ask(rd, a);
	reader_close(rd);
}

static void
test_property(void **state)
{
	struct app app = make_app("property");
	struct arena *a = arena_new();
	int64_t start = clock_mono_ms();

	(void)state;
	at[0] = (struct doc_at){ .space = { app.id, 0 }, .collection = "plain",
		.deadline = start + 3600000 };
	at[1] = at[0];
	at[1].collection = "indexed";
	for (int i = 0; i < ROUNDS; i++) {
		one_round(a);
		if (i % 50 == 0)
			check_entries();
	}
	check_entries();
	arena_free(a);
	while (nmodel > 0)
		json_decref(model[--nmodel].value);
	print_message("%ld comparisons, %ld counts by index, %ld ms\n", compared, by_index,
	    (long)(clock_mono_ms() - start));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_property) };

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
