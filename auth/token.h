/*
 * Printed API keys: fazt_key_<12>_<43 base62>_<6 check>.  The check is the CRC-32 of
 * everything before the last underscore, in base62 with the highest digit first, so that
 * typos and leaks are recognised without a look-up.
 *
 * Thread contract: pure.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

#define TOKEN_MAX 80
#define TOKEN_ID_LEN 21		/* "fazt_key_" + 12 */

/* A new key: text to show once, its id, and the SHA-256 of the whole text. */
void	token_make(char text[TOKEN_MAX], char id[TOKEN_ID_LEN + 1],
	    uint8_t hash[SHA256_LEN]);
/* Well-formed with a right check?  Fills id and hash, which else stay untouched. */
bool	token_parse(const char *text, char id[TOKEN_ID_LEN + 1], uint8_t hash[SHA256_LEN]);

#endif
