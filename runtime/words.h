/*
 * Words for names that people read to each other: "quiet-amber-heron".
 * Thread contract: immutable tables.
 */
#ifndef RUNTIME_WORDS_H
#define RUNTIME_WORDS_H

#define WORDS_LETTERS 7		/* of the longest word */

extern const char *const words_first[];		/* what something is like */
extern const char *const words_last[];		/* what it is */
extern const unsigned words_first_count;
extern const unsigned words_last_count;

#endif
