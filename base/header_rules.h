/*
 * Which response headers neither rule files nor apps may set: one list for both
 * (docs/contract.md 5.3).
 *
 * Thread contract: pure functions.
 */
#ifndef BASE_HEADER_RULES_H
#define BASE_HEADER_RULES_H

#include <stdbool.h>

/* Does this name belong to the server or the front server? */
bool	header_rules_denied(const char *name);
/* The value of a Set-Cookie that reaches beyond its host (Domain) or bears a name of the
 * platform. */
bool	header_rules_cookie_denied(const char *value);

#endif
