/*
 * The one error enum of the project and the one table that maps it to what an
 * HTTP client sees: a status and a code (docs: the code is frozen, the text is
 * for people).  FZ_OK is 0.  Functions that can fail return enum fz_err and
 * leave their out-parameters untouched on failure.
 *
 * Thread contract: immutable tables, any thread.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* X(name, HTTP status, default text for people) */
#define FZ_ERRORS(X) \
	/* 400 */ \
	X(BAD_REQUEST, 400, "The request is malformed") \
	X(VALIDATION_FAILED, 400, "A field has an invalid value") \
	X(INVALID_JSON, 400, "The body is not valid JSON") \
	X(MISSING_FIELD, 400, "A required field is missing") \
	X(SQL_ERROR, 400, "The SQL statement failed") \
	X(DS_BAD_QUERY, 400, "The query is malformed") \
	X(DS_BAD_UPDATE, 400, "The changes are malformed") \
	X(KV_NOT_NUMBER, 400, "The value is not a number") \
	X(LIMIT_EXCEEDED, 400, "This is more than one call may take") \
	X(TX_NESTED, 400, "A transaction cannot hold another") \
	X(TX_NOT_ALLOWED, 400, "This cannot be done inside a transaction") \
	/* 401 */ \
	X(UNAUTHORIZED, 401, "Sign in or send an API key") \
	X(INVALID_CREDENTIALS, 401, "Wrong name or password") \
	X(LOGIN_REQUIRED, 401, "This needs a signed-in user") \
	X(SESSION_EXPIRED, 401, "The session has ended") \
	X(INVALID_API_KEY, 401, "The API key is unknown, revoked or expired") \
	/* 403 */ \
	X(FORBIDDEN, 403, "You may not do this") \
	X(SYSTEM_APP, 403, "This app is part of the system") \
	X(SYSTEM_ALIAS, 403, "This alias is part of the system") \
	X(SCOPE_REQUIRED, 403, "The API key lacks a scope") \
	X(READ_ONLY, 403, "Storage is read-only here") \
	X(CSRF_REJECTED, 403, "The request came from another site") \
	X(REAUTH_REQUIRED, 403, "Prove your password again") \
	X(SQL_READ_ONLY, 403, "Only reading is allowed here") \
	/* 404 */ \
	X(NOT_FOUND, 404, "Not found") \
	X(RESERVED, 404, "This name is reserved") \
	X(APP_NOT_FOUND, 404, "No such app") \
	X(FILE_NOT_FOUND, 404, "No such file") \
	X(ALIAS_NOT_FOUND, 404, "No such alias") \
	X(SITE_NOT_FOUND, 404, "No such site") \
	X(USER_NOT_FOUND, 404, "No such user") \
	X(REDIRECT_NOT_FOUND, 404, "No such redirect") \
	X(WEBHOOK_NOT_FOUND, 404, "No such webhook") \
	X(DEPLOY_NOT_FOUND, 404, "No such deploy") \
	X(KEY_NOT_FOUND, 404, "No such key") \
	X(SESSION_NOT_FOUND, 404, "No such session") \
	X(INVITE_NOT_FOUND, 404, "No such invite") \
	X(PROVIDER_NOT_FOUND, 404, "No such provider") \
	X(DOMAIN_NOT_FOUND, 404, "No such domain") \
	X(JOB_NOT_FOUND, 404, "No such job") \
	X(CRON_NOT_FOUND, 404, "No such cron entry") \
	X(BACKUP_NOT_FOUND, 404, "No such backup") \
	/* 405 - 426 */ \
	X(METHOD_NOT_ALLOWED, 405, "This method is not allowed here") \
	X(CONFLICT, 409, "This conflicts with what exists") \
	X(BLOBS_MISSING, 409, "Some files have not been uploaded yet") \
	X(DS_DUPLICATE, 409, "A document with this value exists") \
	X(DOMAIN_TAKEN, 409, "This domain belongs to another app") \
	X(LAST_OWNER, 409, "The last owner stays") \
	X(IDEMPOTENCY_MISMATCH, 409, "This Idempotency-Key belongs to another request") \
	X(PRECONDITION_FAILED, 412, "The live deploy is another one") \
	X(PAYLOAD_TOO_LARGE, 413, "The body is too large") \
	X(URI_TOO_LONG, 414, "The path is too long") \
	X(UNSUPPORTED_MEDIA_TYPE, 415, "This content type is not accepted here") \
	X(MISDIRECTED, 421, "This host is not served here") \
	X(ARCHIVE_INVALID, 422, "The archive cannot be read") \
	X(ARCHIVE_UNSAFE, 422, "The archive holds an entry that is refused") \
	X(HASH_MISMATCH, 422, "The bytes do not have the announced hash") \
	X(BUILD_REQUIRED, 422, "This project must be built first") \
	X(UPGRADE_REQUIRED, 426, "This address speaks WebSocket only") \
	/* 429 */ \
	X(RATE_LIMIT_EXCEEDED, 429, "Too many requests") \
	X(QUOTA_EXCEEDED, 429, "A quota of this app is used up") \
	/* 431 - 507 */ \
	X(HEADERS_TOO_LARGE, 431, "The request headers are too large") \
	X(INTERNAL_ERROR, 500, "Internal error") \
	X(MEMORY_LIMIT, 500, "The script used too much memory") \
	X(NOT_SUPPORTED, 501, "Not supported") \
	X(SERVICE_UNAVAILABLE, 503, "The service is not available") \
	X(OVERLOADED, 503, "The server is busy, try again") \
	X(MAINTENANCE, 503, "Under maintenance") \
	X(TIMEOUT, 504, "This took too long") \
	X(STORAGE_FULL, 507, "The disk is full")

enum fz_err {
	FZ_OK = 0,
#define X(name, status, text) FZ_##name,
	FZ_ERRORS(X)
#undef X
	/* Below: never shown to a client as such. */
	FZ_AGAIN,	/* the peer has sent or taken all it will for now */
	FZ_CLOSED,	/* the peer is gone, nobody to answer */
	FZ_IO,		/* a system call or SQLite failed: 500 INTERNAL_ERROR */
	FZ_CORRUPT,	/* a file is damaged: 503 SERVICE_UNAVAILABLE */
	FZ_ERR_COUNT
};

/* HTTP status of an error; 200 for FZ_OK, 500 for what is not a client's. */
int		 err_status(enum fz_err);

/* Code as in "APP_NOT_FOUND"; "INTERNAL_ERROR" for what is not a client's. */
const char	*err_code(enum fz_err);

/* Default text for people; never NULL. */
const char	*err_text(enum fz_err);

/*
 * A reason for people, owned by the caller, filled where an error arises and
 * somebody will read it (config, deploy, archive, script).  Initialise to {0}.
 */
struct why {
	char	text[400];
};

/* Fill *why (may be NULL) and return err, so that "return why_set(...)" works. */
enum fz_err	 why_set(struct why *, enum fz_err, const char *fmt, ...) PRINTF(3, 4);

#endif
