/*
 * A linear scan over the rows of all tables: there are about a hundred, most differ
 * from the path within the first few bytes, and the whole costs less than reading the
 * request did.  An index would have to be built, kept and believed.
 *
 * Rows of the request's method are looked at first.  Several may match, as in
 * "/api/apps/{app}" and "/api/apps/install"; each match is ranked by its segments from
 * left to right, two bits each: literal 3, {x} 2, {x...} 1.  The highest rank wins,
 * whatever the order of the tables.  Only when no row of the method matches the rows of
 * other methods are asked, for Allow; so a literal POST row does not hide the GET row
 * of a pattern.
 */
#include "base/route.h"

#include <stdint.h>
#include <string.h>

enum { RANK_REST = 1, RANK_SEGMENT, RANK_LITERAL };

#define RANK_TOP 62 /* shift of the first segment */

static bool
is_rest(const char *pattern, size_t n)
{
	return n > 5 && memcmp(pattern + n - 4, "...}", 4) == 0;
}

/*
 * 0 = no match, else the rank.  Both start with '/'; the 33rd segment and later ones
 * have no say in the rank.
 */
static uint64_t
match(const char *pattern, const char *path)
{
	uint64_t rank = 0;
	int shift = RANK_TOP;
	size_t n, len;

	while (*pattern == '/' && *path == '/') {
		uint64_t kind = RANK_LITERAL;

		n = strcspn(++pattern, "/");
		len = strcspn(++path, "/");
		if (pattern[0] == '{') {
			if (len == 0)
				return 0;
			kind = is_rest(pattern, n) ? RANK_REST : RANK_SEGMENT;
		} else if (n != len || memcmp(pattern, path, n) != 0) {
			return 0;
		}
		if (shift >= 0)
			rank |= kind << shift;
		shift -= 2;
		if (kind == RANK_REST)
			return rank;
		pattern += n;
		path += len;
	}
	return *pattern == '\0' && *path == '\0' ? rank : 0;
}

static bool
answers(const struct route *row, enum method m)
{
	return row->method == m || (m == METHOD_HEAD && row->method == METHOD_GET);
}

static const struct route *
best_row(
    const struct route *const *tables, int host_class, enum method m, const char *path)
{
	const struct route *row, *best = NULL;
	uint64_t rank, best_rank = 0;

	for (; *tables != NULL; tables++)
		for (row = *tables; row->path != NULL; row++) {
			if (!(row->hosts & host_class) || !answers(row, m))
				continue;
			rank = match(row->path, path);
			if (rank == 0 || rank < best_rank)
				continue;
			/* Of equals the first, but a HEAD row before a GET row. */
			if (rank == best_rank && row->method == best->method)
				continue;
			if (rank == best_rank && row->method != m)
				continue;
			best = row;
			best_rank = rank;
		}
	return best;
}

/* Bits of the methods of all rows that have this path. */
static unsigned
methods_of(const struct route *const *tables, int host_class, const char *path)
{
	const struct route *row;
	unsigned set = 0;

	for (; *tables != NULL; tables++)
		for (row = *tables; row->path != NULL; row++)
			if ((row->hosts & host_class) && match(row->path, path) != 0)
				set |= 1u << row->method;
	if (set & 1u << METHOD_GET)
		set |= 1u << METHOD_HEAD;
	return set;
}

static const char *
allow_text(struct arena *a, unsigned set)
{
	const char *text = "";
	enum method m;

	for (m = METHOD_GET; m < METHOD_OTHER; m++)
		if (set & 1u << m)
			text = arena_printf(a, "%s%s%s", text,
			    text[0] != '\0' ? ", " : "", method_text(m));
	return text;
}

/* The pattern matches; take its {names} from the path. */
static void
take_params(struct arena *a, const char *pattern, const char *path, struct pairs *out)
{
	struct pairs list = { 0 };
	size_t n, len, count = 0;
	struct pair *pair;
	const char *p;

	for (p = pattern; *p != '\0'; p++)
		count += *p == '{';
	if (count > 0)
		list.v = arena_alloc(a, count * sizeof(*list.v));
	while (*pattern == '/') {
		n = strcspn(++pattern, "/");
		len = strcspn(++path, "/");
		if (pattern[0] == '{') {
			bool rest = is_rest(pattern, n);

			pair = &list.v[list.n++];
			pair->name = arena_strndup(a, pattern + 1, n - (rest ? 5 : 2));
			pair->value = arena_strndup(a, path, rest ? strlen(path) : len);
			if (rest)
				break;
		}
		pattern += n;
		path += len;
	}
	*out = list;
}

enum route_match
route_find(const struct route *const *tables, int host_class, enum method m,
    const char *path, struct arena *a, const struct route **route, struct pairs *params,
    const char **allow)
{
	const struct route *row = best_row(tables, host_class, m, path);
	unsigned set;

	if (row != NULL) {
		take_params(a, row->path, path, params);
		*route = row;
		return ROUTE_FOUND;
	}
	set = methods_of(tables, host_class, path);
	if (set == 0)
		return ROUTE_UNKNOWN;
	*allow = allow_text(a, set);
	return ROUTE_OTHER_METHOD;
}
