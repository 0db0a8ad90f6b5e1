/*
 * xoshiro256+ of Blackman and Vigna; the kernel is asked only by runs that want a number.
 */
#include "runtime/math_random.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/types.h>

static __thread uint64_t s[4];
static __thread bool seeded;

void
math_random_reseed(void)
{
	seeded = false;
}

double
math_random(void)
{
	uint64_t sum, shifted;

	while (!seeded)
		seeded = getrandom(s, sizeof(s), 0) == (ssize_t)sizeof(s);
	sum = s[0] + s[3];
	shifted = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = s[3] << 45 | s[3] >> 19;
	return (double)(sum >> 11) * 0x1.0p-53;
}
