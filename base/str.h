/*
 * Text helpers: UTF-8, hex, base62, number parsing that rejects junk, lists.
 * Thread contract: pure functions, any thread.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

/* Well-formed UTF-8 without surrogates and overlong forms (RFC 3629). */
bool		 str_utf8_ok(const char *, size_t);
bool		 str_starts(const char *s, const char *prefix);
bool		 str_ends(const char *s, const char *suffix);
/* ASCII only. */
void		 str_lower(char *);
bool		 str_ieq(const char *, const char *);
/* Lower-case hex of n bytes, NUL-terminated: out holds 2n+1. */
void		 str_hex(char *out, const void *, size_t n);
/* Exactly n bytes from 2n hex digits of either case. */
bool		 str_unhex(void *out, size_t n, const char *hex, size_t len);
/* A whole decimal number and nothing else; no sign, no space, no overflow. */
bool		 str_u64(const char *, uint64_t *);
bool		 str_i64(const char *, int64_t *);
/* "90d" "5m" "500ms" "2h" "30s", bare number = seconds; result in milliseconds. */
bool		 str_duration(const char *, int64_t *ms);
/* n random characters of [0-9A-Za-z] and a NUL: out holds n+1. */
void		 str_random62(char *out, size_t n);
/* 16 hex digits, different at each call and in each process; no secret. */
void		 str_unique(char out[17]);
/*
 * NFC + full case folding of a UTF-8 name, for "the same name to a person".  NULL if
 * it is not UTF-8.
 */
char		*str_fold(struct arena *, const char *);
/*
 * Alias and app names: one lower-case DNS label of 1..63 bytes that is neither like a
 * preview ("d12--blog") nor one of the reserved names (www, api, mail, ...).
 */
bool		 str_alias_ok(const char *);

#endif
