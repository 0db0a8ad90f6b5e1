/*
 * strftime(3) and strptime(3) speak the language of the locale and believe in
 * local time, so both directions are written out here.  Reading goes by a small
 * pattern, the one idea all four formats share; what the pattern does not say is
 * refused, and so is a day the calendar does not have.
 *
 * Nothing is cached: the clocks are vDSO calls.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
	"Aug", "Sep", "Oct", "Nov", "Dec" };

/* The years that every format can write: 0000-01-01 to 9999-12-31. */
#define WALL_MIN (-62167219200000)
#define WALL_MAX 253402300799999

static int64_t
read_us(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

static void
split(int64_t ms, struct tm *tm)
{
	time_t t;

	if (ms < WALL_MIN)
		ms = WALL_MIN;
	if (ms > WALL_MAX)
		ms = WALL_MAX;
	t = ms / 1000 - (ms % 1000 < 0);
	(void)gmtime_r(&t, tm);
}

void
clock_rfc3339(char out[CLOCK_RFC3339_LEN], int64_t wall_ms)
{
	struct tm tm;

	split(wall_ms, &tm);
	(void)snprintf(out, CLOCK_RFC3339_LEN, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

void
clock_http(char out[CLOCK_HTTP_LEN], int64_t wall_ms)
{
	struct tm tm;

	split(wall_ms, &tm);
	(void)snprintf(out, CLOCK_HTTP_LEN, "%.3s, %02d %s %04d %02d:%02d:%02d GMT",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

struct moment {
	int	year;
	int	month;		/* 1..12 */
	int	day;
	int	hour;
	int	minute;
	int	second;
};

/* Exactly n digits, or a blank and n-1 digits where the format pads with blanks. */
static bool
number(const char **s, int n, bool blank, int *out)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		char c = *(*s)++;

		if (c == ' ' && blank && i == 0)
			c = '0';
		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	*out = v;
	return true;
}

/* One of the names, cut to max bytes; *out = its place. */
static bool
name(const char **s, const char *const *names, int n, size_t max, int *out)
{
	for (int i = 0; i < n; i++) {
		size_t len = strnlen(names[i], max);

		if (strncmp(*s, names[i], len) == 0) {
			*s += len;
			*out = i;
			return true;
		}
	}
	return false;
}

/* RFC 9110 5.6.7 on two digits: never more than 50 years ahead. */
static int
full_year(int yy)
{
	struct tm tm;
	int now, year;

	split(clock_wall_ms(), &tm);
	now = tm.tm_year + 1900;
	year = now - now % 100 + yy;
	if (year > now + 50)
		return year - 100;
	return year <= now - 50 ? year + 100 : year;
}

/* One letter of a pattern; anything that is no letter below stands for itself. */
static bool
field(const char **s, char what, struct moment *m)
{
	int n;

	switch (what) {
	case 'a':
		return name(s, days, 7, 3, &n);
	case 'A':
		return name(s, days, 7, 9, &n);
	case 'b':
		if (!name(s, months, 12, 3, &n))
			return false;
		m->month = n + 1;
		return true;
	case 'y':
		if (!number(s, 2, false, &n))
			return false;
		m->year = full_year(n);
		return true;
	case 'Y':
		return number(s, 4, false, &m->year);
	case 'm':
		return number(s, 2, false, &m->month);
	case 'd':
		return number(s, 2, false, &m->day);
	case 'e':
		return number(s, 2, true, &m->day);
	case 'h':
		return number(s, 2, false, &m->hour);
	case 'i':
		return number(s, 2, false, &m->minute);
	case 's':
		return number(s, 2, false, &m->second);
	default:
		return *(*s)++ == what;
	}
}

/* *s moves behind what the pattern took. */
static bool
scan(const char **s, const char *pattern, struct moment *m)
{
	for (; *pattern != '\0'; pattern++)
		if (!field(s, *pattern, m))
			return false;
	return true;
}

/* Days from 1970-01-01, by years that begin in March so that the leap day is last. */
static int64_t
day_number(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool
moment_ok(const struct moment *m)
{
	static const int last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (m->year % 4 == 0 && m->year % 100 != 0) || m->year % 400 == 0;

	/* A leap second is well formed; it counts as the second that follows. */
	return m->month >= 1 && m->month <= 12 && m->day >= 1 &&
	    m->day <= last[m->month - 1] + (leap && m->month == 2) && m->hour <= 23 &&
	    m->minute <= 59 && m->second <= 60;
}

static int64_t
moment_ms(const struct moment *m)
{
	int64_t t = day_number(m->year, m->month, m->day) * 86400;

	return (t + m->hour * 3600 + m->minute * 60 + m->second) * 1000;
}

/* ".123456" to milliseconds, the rest cut; no fraction is 0. */
static bool
fraction(const char **s, int *ms)
{
	int unit = 100;

	*ms = 0;
	if (**s != '.')
		return true;
	(*s)++;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		*ms += (**s - '0') * unit;
		unit /= 10;
	}
	return true;
}

/* "Z" or "+hh:mm", to the end of the text; minutes east of Greenwich. */
static bool
offset(const char *s, int *minutes)
{
	struct moment m = { 0 };
	char sign = *s++;

	*minutes = 0;
	if (sign == 'Z' || sign == 'z')
		return *s == '\0';
	if ((sign != '+' && sign != '-') || !scan(&s, "h:i", &m) || *s != '\0')
		return false;
	*minutes = (m.hour * 60 + m.minute) * (sign == '-' ? -1 : 1);
	return m.hour <= 23 && m.minute <= 59;
}

bool
clock_parse_rfc3339(const char *s, int64_t *wall_ms)
{
	struct moment m = { 0 };
	int ms, east;

	if (!scan(&s, "Y-m-d", &m) || (*s != 'T' && *s != 't'))
		return false;
	s++;
	if (!scan(&s, "h:i:s", &m) || !moment_ok(&m) || !fraction(&s, &ms) ||
	    !offset(s, &east))
		return false;
	*wall_ms = moment_ms(&m) + ms - (int64_t)east * 60000;
	return true;
}

bool
clock_parse_http(const char *text, int64_t *wall_ms)
{
	static const char *const forms[] = {
		"a, d b Y h:i:s GMT",	/* IMF-fixdate */
		"A, d-b-y h:i:s GMT",	/* RFC 850 */
		"a b e h:i:s Y",	/* asctime */
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct moment m = { 0 };
		const char *s = text;

		if (scan(&s, forms[i], &m) && *s == '\0' && moment_ok(&m)) {
			*wall_ms = moment_ms(&m);
			return true;
		}
	}
	return false;
}
