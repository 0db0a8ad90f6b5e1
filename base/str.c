/*
 * The small functions every room needs, each strict: a number with a blank before
 * it or a unit nobody defined is junk, not a guess, because half of these texts come
 * from peers.  UTF-8 checking and folding are libunistring's: its tables follow
 * Unicode, ours would not.  Nothing here depends on the locale.
 */
#include "base/str.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/digest.h"

bool
str_utf8_ok(const char *s, size_t n)
{
	return u8_check((const uint8_t *)s, n) == NULL;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

void
str_lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = lower(*s);
}

bool
str_ieq(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

void
str_hex(char *out, const void *src, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = src;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
str_unhex(void *out, size_t n, const char *hex, size_t len)
{
	uint8_t *p = out;

	if (len / 2 != n || len % 2 != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (hex_value(hex[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	return true;
}

/* Digits up to the first other character; *end says where. */
static bool
digits(const char *s, uint64_t *out, const char **end)
{
	const char *p = s;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	*end = p;
	*out = v;
	return p > s;
}

bool
str_u64(const char *s, uint64_t *out)
{
	const char *end;
	uint64_t v;

	if (!digits(s, &v, &end) || *end != '\0')
		return false;
	*out = v;
	return true;
}

bool
str_i64(const char *s, int64_t *out)
{
	uint64_t v;

	if (!str_u64(s, &v) || v > INT64_MAX)
		return false;
	*out = (int64_t)v;
	return true;
}

bool
str_duration(const char *s, int64_t *ms)
{
	static const struct {
		const char	*name;
		int64_t		 ms;
	} units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 },
		{ "h", 3600 * 1000 }, { "d", 86400 * 1000 },
	};
	const char *end;
	uint64_t v;
	int64_t r;

	if (!digits(s, &v, &end))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(v, units[i].ms, &r))
			return false;
		*ms = r;
		return true;
	}
	return false;
}

void
str_random62(char *out, size_t n)
{
	static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";
	uint8_t pool[64];
	size_t i = 0, left = 0;

	/* Six bits a try and 62, 63 thrown away: a remainder would favour some. */
	while (i < n) {
		if (left == 0) {
			random_bytes(pool, sizeof(pool));
			left = sizeof(pool);
		}
		if ((pool[--left] & 63) < 62)
			out[i++] = set[pool[left] & 63];
	}
	out[n] = '\0';
}

char *
str_fold(struct arena *a, const char *s)
{
	size_t len = strlen(s), n = 0;
	uint8_t *folded;
	char *out;

	if (!str_utf8_ok(s, len))
		return NULL;
	folded = u8_casefold((const uint8_t *)s, len, NULL, UNINORM_NFC, NULL, &n);
	if (folded == NULL)
		return NULL;
	out = arena_strndup(a, (const char *)folded, n);
	free(folded);
	return out;
}

static bool
alias_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "d12--blog" is the address of a preview: deploy 12 of blog. */
static bool
like_preview(const char *s)
{
	size_t n;

	if (*s != 'd')
		return false;
	n = strspn(s + 1, "0123456789");
	return n > 0 && str_starts(s + 1 + n, "--");
}

static bool
reserved(const char *s)
{
	static const char *const names[] = { "www", "api", "mail", "ftp", "smtp", "pop",
		"imap", "ns1", "ns2", "localhost" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(s, names[i]) == 0)
			return true;
	return false;
}

bool
str_alias_ok(const char *s)
{
	size_t n = strlen(s);

	if (n < 1 || n > 63 || !alias_char(s[0]) || !alias_char(s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!alias_char(s[i]) && s[i] != '-')
			return false;
	return !like_preview(s) && !reserved(s);
}

static uint64_t unique_seed;
static pthread_once_t unique_once = PTHREAD_ONCE_INIT;

static void
unique_start(void)
{
	random_bytes(&unique_seed, sizeof(unique_seed));
}

/*
 * SplitMix64 over a counter: one to one, so no id comes twice in a process, and without
 * a system call, which every request would pay.
 */
void
str_unique(char out[17])
{
	static _Atomic uint64_t counter;
	uint64_t z;

	pthread_once(&unique_once, unique_start);
	z = unique_seed + (counter++ + 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	str_hex(out, &z, sizeof(z));
}
