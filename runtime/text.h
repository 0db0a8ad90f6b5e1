/*
 * Texts across the border.  The engine's strings are CESU-8 (a character above U+FFFF is
 * two encoded surrogates) and a first byte of 0x80, 0x81, 0x82 or 0xff would make a
 * string a Symbol; the world outside speaks UTF-8 (RFC 3629).
 *
 * Into the engine: 4-byte sequences become two 3-byte ones, every invalid byte becomes
 * U+FFFD, so no input can be a Symbol.  Out of it: pairs become 4-byte sequences, a lone
 * surrogate or an invalid byte becomes U+FFFD.
 *
 * Thread contract: pure functions.
 */
#ifndef RUNTIME_TEXT_H
#define RUNTIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Is it ASCII alone, the same on both sides? */
bool	text_plain(const char *, size_t len);
/* Bytes the result takes; both at most 3 times len. */
size_t	text_cesu_len(const char *utf8, size_t len);
size_t	text_utf8_len(const char *cesu, size_t len);
/* Write exactly that many bytes, no NUL. */
void	text_to_cesu(const char *utf8, size_t len, char *out);
void	text_to_utf8(const char *cesu, size_t len, char *out);

#endif
