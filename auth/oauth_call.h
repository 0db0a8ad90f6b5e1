/*
 * One question to a provider whose answer is JSON.
 * Thread contract: any thread; waits for the provider until the deadline.
 */
#ifndef AUTH_OAUTH_CALL_H
#define AUTH_OAUTH_CALL_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define OAUTH_REPLY_MAX (64UL * 1024)

struct oauth_call {
	struct arena	*arena;
	const char	*what;		/* "the token endpoint", for *why */
	const char	*url;
	const char	*ca_file;
	const char	*form;		/* POST this; NULL = GET */
	const char	*credentials;	/* of Authorization: "Bearer ..."; NULL = none */
	int64_t		 deadline;	/* clock_mono_ms */
};

/*
 * The answer, freed with the arena; its text, if text is not NULL, in the arena.
 * FZ_BAD_REQUEST for a 4xx and for what is no JSON, FZ_PAYLOAD_TOO_LARGE past
 * OAUTH_REPLY_MAX, FZ_TIMEOUT, FZ_SERVICE_UNAVAILABLE for all else.
 */
enum fz_err	 oauth_call(const struct oauth_call *, json_t **, const char **text,
		    struct why *) MUST_CHECK;

#endif
