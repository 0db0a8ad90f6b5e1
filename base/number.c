/*
 * A counter that went through printf("%.17g") comes back to a script as 0.30000000000000004
 * where it wrote 0.3, and as 1e+21 where it expects digits.  Integers up to 2^53 are the
 * common case and printed as such; for the rest the shortest precision that reads back is
 * found by trying, which is slow and certain.
 */
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT 9007199254740992.0	/* 2^53 */
#define DIGITS 17			/* enough for every double */
#define PLAIN_MAX 21			/* larger exponents are written with e */
#define PLAIN_MIN (-6)

/* x = 0.d1d2...dk * 10^point; returns k. */
static int
shortest(double x, char digits[DIGITS + 1], int *point)
{
	char text[NUMBER_TEXT];
	int n;

	for (n = 1; n <= DIGITS; n++) {
		snprintf(text, sizeof(text), "%.*e", n - 1, x);
		if (strtod(text, NULL) == x)
			break;
	}
	if (n > DIGITS)
		n = DIGITS;
	digits[0] = text[0];
	memcpy(digits + 1, text + 2, (size_t)(n - 1));
	digits[n] = '\0';
	*point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	return n;
}

static void
with_exponent(char *out, const char *digits, int k, int point)
{
	snprintf(out, NUMBER_TEXT, "%c%s%se%+d", digits[0], k > 1 ? "." : "", digits + 1,
	    point - 1);
}

void
number_text(char out[NUMBER_TEXT], double x)
{
	char digits[DIGITS + 1], *p = out;
	int k, point;

	if (x == floor(x) && fabs(x) < EXACT) {
		snprintf(out, NUMBER_TEXT, "%lld", (long long)x);
		return;
	}
	if (x < 0)
		*p++ = '-';
	k = shortest(fabs(x), digits, &point);
	if (point > PLAIN_MAX || point <= PLAIN_MIN) {
		with_exponent(p, digits, k, point);
		return;
	}
	if (point <= 0)
		snprintf(p, NUMBER_TEXT - 1, "0.%.*s%s", -point, "00000", digits);
	else if (k > point)
		snprintf(p, NUMBER_TEXT - 1, "%.*s.%s", point, digits, digits + point);
	else
		snprintf(p, NUMBER_TEXT - 1, "%s%.*s", digits, point - k,
		    "00000000000000000000");
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Digits, at least one, behind one of the signs in `before`. */
static const char *
part(const char *p, const char *end, const char *before, bool sign)
{
	const char *start;

	if (p == end || strchr(before, *p) == NULL)
		return p;
	p++;
	if (sign && p < end && (*p == '+' || *p == '-'))
		p++;
	start = p;
	p = skip_digits(p, end);
	return p > start ? p : NULL;
}

bool
number_parse(const char *s, size_t len, double *out)
{
	const char *p = s, *end = s + len, *start;
	char text[400];
	double x;

	if (len >= sizeof(text) || memchr(s, '\0', len) != NULL)
		return false;
	if (p < end && *p == '-')
		p++;
	start = p;
	p = skip_digits(p, end);
	if (p == start || (*start == '0' && p - start > 1))
		return false;
	p = part(p, end, ".", false);
	if (p != NULL)
		p = part(p, end, "eE", true);
	if (p != end)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	x = strtod(text, NULL);
	if (!isfinite(x))
		return false;
	*out = x;
	return true;
}
