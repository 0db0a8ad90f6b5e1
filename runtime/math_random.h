/*
 * Numbers for Math.random.  The state lies outside of every heap, so a restored one does
 * not repeat itself.  Not for secrets.
 * Thread contract: each thread has a state of its own.
 */
#ifndef RUNTIME_MATH_RANDOM_H
#define RUNTIME_MATH_RANDOM_H

/* The next number starts afresh from the kernel's randomness. */
void	math_random_reseed(void);
/* In [0, 1). */
double	math_random(void);

#endif
