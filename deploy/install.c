/*
 * An address is taken apart into four names of plain characters, and everything that is
 * asked of GitHub is built from these again, so that no part of what a person typed can
 * lead elsewhere.
 *
 * "@" ends the path and begins the ref, because a ref may hold slashes and a folder
 * hardly ever an "@".  In a tree URL the ref is one segment: where a branch with slashes
 * ends cannot be seen from the address.
 */
#include "deploy/install.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define OWNER_MAX 39
#define REPO_MAX 100
#define REF_MAX 200
#define COMMIT_LEN 40

const char *const install_branches[] = { "fazt-dist", "dist", "release", "gh-pages",
	NULL };

static bool
only(const char *s, size_t max, const char *set)
{
	size_t n = strlen(s);

	return n >= 1 && n <= max && strspn(s, set) == n;
}

static bool
repo_ok(const char *s)
{
	return only(s, REPO_MAX, LETTERS DIGITS "._-") && strcmp(s, ".") != 0 &&
	    strcmp(s, "..") != 0;
}

static bool
owner_ok(const char *s)
{
	return only(s, OWNER_MAX, LETTERS DIGITS "-") && s[0] != '-';
}

/* git-check-ref-format(1), and less. */
static bool
ref_ok(const char *s)
{
	return only(s, REF_MAX, LETTERS DIGITS "._/-") && s[0] != '-' && s[0] != '/' &&
	    s[0] != '.' && strstr(s, "..") == NULL && strstr(s, "//") == NULL &&
	    s[strlen(s) - 1] != '/' && !str_ends(s, ".lock");
}

static bool
sub_ok(struct arena *a, const char *s)
{
	const char *reason;

	return s[0] == '\0' ||
	       (path_file(a, s, &reason) != NULL && strchr(s, '%') == NULL);
}

/* The next segment, cut out of *s, which moves behind it. */
static char *
segment(char **s)
{
	char *start = *s;
	size_t n = strcspn(start, "/");

	*s = start + n;
	if (start[n] == '/')
		*(*s)++ = '\0';
	return start;
}

/* o/r..., without what stands before. */
static char *
after_prefix(char *s)
{
	static const char *const prefixes[] = { "https://github.com/",
		"https://www.github.com/", "github.com/", "github:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncasecmp(s, prefixes[i], strlen(prefixes[i])) == 0)
			return s + strlen(prefixes[i]);
	return NULL;
}

static void
cut_slash(char *s)
{
	size_t n = strlen(s);

	if (n > 0 && s[n - 1] == '/')
		s[n - 1] = '\0';
}

bool
install_parse(struct arena *a, const char *url, struct install_source *out)
{
	char *s = after_prefix(arena_strdup(a, url)), *at, *owner, *repo;
	struct install_source got = { .ref = "" };

	if (s == NULL || strpbrk(s, "?#") != NULL)
		return false;
	at = strrchr(s, '@');
	if (at != NULL) {
		*at = '\0';
		got.ref = at + 1;
		if (!ref_ok(got.ref))
			return false;
	}
	cut_slash(s);
	owner = segment(&s);
	repo = segment(&s);
	if (str_ends(repo, ".git"))
		repo[strlen(repo) - 4] = '\0';
	if (at == NULL && strncmp(s, "tree/", 5) == 0) {
		s += 5;
		got.ref = segment(&s);
		if (!ref_ok(got.ref))
			return false;
	}
	got.owner = owner;
	got.repo = repo;
	got.sub = s;
	if (!owner_ok(owner) || !repo_ok(repo) || !sub_ok(a, got.sub))
		return false;
	*out = got;
	return true;
}

const char *
install_archive_url(struct arena *a, const struct install_source *s, const char *ref)
{
	return arena_printf(a, "https://codeload.github.com/%s/%s/zip/%s", s->owner,
	    s->repo, ref[0] != '\0' ? ref : "HEAD");
}

const char *
install_page_url(struct arena *a, const struct install_source *s)
{
	const char *url = arena_printf(a, "https://github.com/%s/%s", s->owner, s->repo);

	if (s->ref[0] == '\0' && s->sub[0] == '\0')
		return url;
	return arena_printf(a, "%s/tree/%s%s%s", url, s->ref[0] != '\0' ? s->ref : "HEAD",
	    s->sub[0] != '\0' ? "/" : "", s->sub);
}

const char *
install_name(struct arena *a, const struct install_source *s)
{
	const char *last = strrchr(s->sub, '/');
	const char *from = last != NULL ? last + 1 : s->sub[0] != '\0' ? s->sub : s->repo;
	char *name = arena_strdup(a, from);
	size_t n;

	str_lower(name);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '.' || *p == '_' || *p == ' ')
			*p = '-';
	n = strlen(name);
	while (n > 0 && name[n - 1] == '-')
		name[--n] = '\0';
	name += strspn(name, "-");
	return str_alias_ok(name) ? name : NULL;
}

const char *
install_commit(struct arena *a, const struct spool *zip)
{
	uint64_t size = spool_size(zip);
	char tail[2 + COMMIT_LEN];
	uint8_t raw[COMMIT_LEN / 2];

	if (size < sizeof(tail) ||
	    spool_read(zip, size - sizeof(tail), tail, sizeof(tail)) != sizeof(tail))
		return "";
	/* The comment is the end of the file, and its length stands before it. */
	if (tail[0] != COMMIT_LEN || tail[1] != 0 ||
	    !str_unhex(raw, sizeof(raw), tail + 2, COMMIT_LEN))
		return "";
	return arena_strndup(a, tail + 2, COMMIT_LEN);
}

bool
install_wants_build(const char *text, size_t len)
{
	json_t *o = NULL;
	bool wants = false;

	if (json_parse(text, len, &o, NULL) == FZ_OK)
		wants = json_string_length(json_object_get(json_object_get(o, "scripts"),
		    "build")) > 0;
	json_decref(o);
	return wants;
}

static bool
holds(const char *const *paths, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(paths[i], path) == 0)
			return true;
	return false;
}

static bool
holds_below(const char *const *paths, size_t n, const char *folder)
{
	size_t len = strlen(folder);

	for (size_t i = 0; i < n; i++)
		if (strncmp(paths[i], folder, len) == 0 && paths[i][len] == '/')
			return true;
	return false;
}

enum install_choice
install_choose(struct arena *a, const char *const *paths, size_t n, const char *base,
    bool wants_build, const char **folder)
{
	static const char *const built[] = { "dist", "build", "out" };

	if (!holds_below(paths, n, base))
		return INSTALL_NO_FOLDER;
	if (!wants_build) {
		*folder = arena_strdup(a, base);
		return INSTALL_FOUND;
	}
	for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++) {
		const char *there = arena_printf(a, "%s/%s", base, built[i]);

		if (holds(paths, n, arena_printf(a, "%s/index.html", there))) {
			*folder = there;
			return INSTALL_FOUND;
		}
	}
	return INSTALL_BUILD_REQUIRED;
}
