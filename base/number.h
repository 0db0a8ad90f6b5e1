/*
 * Numbers as text, the way JavaScript writes and JSON reads them.
 * Thread contract: pure functions.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#define NUMBER_TEXT 40

/*
 * A finite number as JavaScript prints it (ECMA-262 6.1.6.1.20): the shortest digits that
 * read back as the same number, NUL-terminated; "0" for -0.
 */
void	number_text(char out[NUMBER_TEXT], double);
/* Exactly one number of JSON (RFC 8259 section 6) that is finite as a double. */
bool	number_parse(const char *, size_t len, double *);

#endif
