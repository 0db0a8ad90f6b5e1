/*
 * Argon2id with 46 MiB and one pass (RFC 9106; the first of the equal choices that OWASP
 * names): 50-100 ms of one core, and a guesser pays the same memory for every try.
 *
 * That cost is also a weapon against us: fifty sign-ins at once would take every core
 * and 2 GiB.  So there is a counter that lets two hash, eight wait, and answers the
 * rest at once that the server is busy.  It belongs to the process, like the memory it
 * rations, which is why it is the one mutable object of this file.
 *
 * Checking without a stored hash (no such user, no password set) does the same work, so
 * that the time tells nothing.
 */
#include "auth/password.h"

#include <argon2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/password_common.h"
#include "base/digest.h"
#include "base/str.h"

#define MEMORY_KIB (46 * 1024)
#define PASSES 1
#define LANES 1
#define SALT_LEN 16
#define HASH_LEN 32

#define WAITING_MAX 8

static struct {
	pthread_mutex_t	 lock;		/* guards running and waiting */
	pthread_cond_t	 freed;
	unsigned	 running;
	unsigned	 waiting;
} turn = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 };

/* On a small machine the other core is for those who do not sign in. */
static unsigned
running_max(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) < 4 ? 1 : 2;
}

static enum fz_err
turn_take(void)
{
	unsigned most = running_max();
	enum fz_err err = FZ_OVERLOADED;

	pthread_mutex_lock(&turn.lock);
	if (turn.running < most || turn.waiting < WAITING_MAX) {
		turn.waiting++;
		while (turn.running >= most)
			pthread_cond_wait(&turn.freed, &turn.lock);
		turn.waiting--;
		turn.running++;
		err = FZ_OK;
	}
	pthread_mutex_unlock(&turn.lock);
	return err;
}

static void
turn_give(void)
{
	pthread_mutex_lock(&turn.lock);
	turn.running--;
	pthread_cond_signal(&turn.freed);
	pthread_mutex_unlock(&turn.lock);
}

static int
compare(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

static bool
is_common(const char *s, size_t len)
{
	char low[32];

	if (len >= sizeof(low))
		return false;
	memcpy(low, s, len);
	low[len] = '\0';
	str_lower(low);
	return bsearch(low, password_common,
	    sizeof(password_common) / sizeof(password_common[0]),
	    sizeof(password_common[0]), compare) != NULL;
}

static bool
one_byte_repeated(const char *s, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (s[i] != s[0])
			return false;
	return true;
}

enum fz_err
password_ok(const char *s, size_t len, struct why *why)
{
	if (len < PASSWORD_MIN)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "the password must have at least %d bytes", PASSWORD_MIN);
	if (len > PASSWORD_MAX)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "the password must have at most %d bytes", PASSWORD_MAX);
	if (one_byte_repeated(s, len) || is_common(s, len))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "this password is among the first that are guessed");
	return FZ_OK;
}

static enum fz_err
from_argon2(int rc)
{
	return rc == ARGON2_MEMORY_ALLOCATION_ERROR ? FZ_OVERLOADED : FZ_INTERNAL_ERROR;
}

enum fz_err
password_hash(const char *s, size_t len, char phc[PASSWORD_PHC_MAX])
{
	char out[PASSWORD_PHC_MAX];
	uint8_t salt[SALT_LEN];
	enum fz_err err;
	int rc;

	err = turn_take();
	if (err != FZ_OK)
		return err;
	random_bytes(salt, sizeof(salt));
	rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, s, len, salt, sizeof(salt),
	    HASH_LEN, out, sizeof(out));
	turn_give();
	if (rc != ARGON2_OK)
		return from_argon2(rc);
	memcpy(phc, out, sizeof(out));
	return FZ_OK;
}

/* As much work as a check, for nothing. */
static int
pretend(const char *s, size_t len)
{
	static const uint8_t salt[SALT_LEN] = { 1 };
	uint8_t out[HASH_LEN];
	int rc = argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, s, len, salt, sizeof(salt),
	    out, sizeof(out));

	return rc == ARGON2_OK ? ARGON2_VERIFY_MISMATCH : rc;
}

enum fz_err
password_check(const char *phc, const char *s, size_t len, bool *ok)
{
	enum fz_err err;
	int rc;

	if (len > PASSWORD_MAX) {
		*ok = false;
		return FZ_OK;
	}
	err = turn_take();
	if (err != FZ_OK)
		return err;
	rc = phc != NULL ? argon2id_verify(phc, s, len) : pretend(s, len);
	turn_give();
	if (rc != ARGON2_OK && rc != ARGON2_VERIFY_MISMATCH)
		return from_argon2(rc);
	*ok = rc == ARGON2_OK;
	return FZ_OK;
}

/* RFC 9106 names; the digits of "m=...,t=...,p=...".  What cannot be read is stale too. */
bool
password_stale(const char *phc)
{
	unsigned memory, passes, lanes;

	if (phc == NULL)
		return false;
	if (sscanf(phc, "$argon2id$v=19$m=%9u,t=%9u,p=%9u$", &memory, &passes, &lanes) != 3)
		return true;
	return (uint64_t)memory * passes < (uint64_t)MEMORY_KIB * PASSES;
}

void
password_generate(char out[23])
{
	str_random62(out, 22);
}
