/*
 * A key carries 256 random bits, so a plain SHA-256 of it is enough at rest (a slow hash
 * protects guessable passwords, and would make every request pay for it).  The id
 * in front finds the row, the secret behind it is only ever compared as a hash.
 *
 * The check is no protection.  It lets a scanner of leaked text be sure of what it
 * found, tells a mistyped key from a revoked one, and turns a flood of invented keys away
 * before the database hears of it.
 */
#include "auth/token.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define PREFIX "fazt_key_"
#define SECRET_LEN 43
#define CHECK_LEN 6
#define BODY_LEN (TOKEN_ID_LEN + 1 + SECRET_LEN)	/* what the check covers */
#define TEXT_LEN (BODY_LEN + 1 + CHECK_LEN)

static const char digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void
make_check(const char *text, char out[CHECK_LEN + 1])
{
	uint32_t crc = crc32_of(text, BODY_LEN);

	for (int i = CHECK_LEN - 1; i >= 0; i--) {
		out[i] = digits[crc % 62];
		crc /= 62;
	}
	out[CHECK_LEN] = '\0';
}

void
token_make(char text[TOKEN_MAX], char id[TOKEN_ID_LEN + 1], uint8_t hash[SHA256_LEN])
{
	char name[TOKEN_ID_LEN - sizeof(PREFIX) + 2], secret[SECRET_LEN + 1];
	char check[CHECK_LEN + 1];

	str_random62(name, sizeof(name) - 1);
	str_random62(secret, SECRET_LEN);
	snprintf(id, TOKEN_ID_LEN + 1, PREFIX "%s", name);
	snprintf(text, TOKEN_MAX, "%s_%s_", id, secret);
	make_check(text, check);
	memcpy(text + BODY_LEN + 1, check, sizeof(check));
	sha256_of(text, TEXT_LEN, hash);
}

/* Every separator and every digit in its place. */
static bool
shaped(const char *text)
{
	size_t i = sizeof(PREFIX) - 1;

	if (strlen(text) != TEXT_LEN || !str_starts(text, PREFIX))
		return false;
	for (; i < TEXT_LEN; i++) {
		bool underscore = i == TOKEN_ID_LEN || i == BODY_LEN;

		if (underscore ? text[i] != '_' : strchr(digits, text[i]) == NULL)
			return false;
	}
	return true;
}

bool
token_parse(const char *text, char id[TOKEN_ID_LEN + 1], uint8_t hash[SHA256_LEN])
{
	char check[CHECK_LEN + 1];

	if (!shaped(text))
		return false;
	make_check(text, check);
	if (!ct_equal(check, text + BODY_LEN + 1, CHECK_LEN))
		return false;
	memcpy(id, text, TOKEN_ID_LEN);
	id[TOKEN_ID_LEN] = '\0';
	sha256_of(text, TEXT_LEN, hash);
	return true;
}
