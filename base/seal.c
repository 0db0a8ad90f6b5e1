/*
 * The master key itself seals nothing: every use has a key of its own, derived with HKDF
 * under a label, so that a mistake in one use (or a key that leaves the process, as those
 * of signed URLs may one day) tells nothing about another.
 *
 * A random nonce of 96 bits is safe for 2^32 messages under one key (NIST SP
 * 800-38D 8.3); a node that writes a variable every second needs a century for that.  The
 * context is authenticated but not stored: whoever opens a text says what it must be, so
 * a text copied to another row does not open.  The version byte is authenticated with it.
 *
 * What this refuses: a key file that others may read, because then it protects nothing.
 * A credential of the service manager belongs to root and shows the mask of an access
 * list as group bits, so those count only for files of our own.
 */
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16
#define HEX_LEN (2 * SEAL_KEY_LEN)

struct seal {
	uint8_t		 master[SEAL_KEY_LEN];
	uint8_t		 key[SEAL_KEY_LEN];	/* of sealed texts */
	EVP_CIPHER	*cipher;
	EVP_KDF		*kdf;
};

static void
derive(const struct seal *s, const char *label, const char *purpose, uint8_t *out)
{
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(s->kdf);
	OSSL_PARAM p[5];
	char digest[] = "SHA256";
	int ok;

	p[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)s->master,
	    SEAL_KEY_LEN);
	/* Several info parameters are joined by the library. */
	p[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)label,
	    strlen(label));
	p[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose,
	    strlen(purpose));
	p[4] = OSSL_PARAM_construct_end();
	ok = ctx != NULL && EVP_KDF_derive(ctx, out, SEAL_KEY_LEN, p) == 1;
	EVP_KDF_CTX_free(ctx);
	if (!ok)
		log_fatal("libcrypto failed to derive a key", NULL);
}

struct seal *
seal_of_key(const uint8_t key[SEAL_KEY_LEN])
{
	struct seal *s = xcalloc(1, sizeof(*s));

	memcpy(s->master, key, SEAL_KEY_LEN);
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	s->kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (s->cipher == NULL || s->kdf == NULL)
		log_fatal("libcrypto has no AES-256-GCM or no HKDF", NULL);
	derive(s, "fazt seal", "", s->key);
	return s;
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	EVP_CIPHER_free(s->cipher);
	EVP_KDF_free(s->kdf);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

void
seal_derive(const struct seal *s, const char *purpose, uint8_t out[SEAL_KEY_LEN])
{
	derive(s, "fazt purpose ", purpose, out);
}

static enum fz_err
check_mode(int fd, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return why_set(
		    why, FZ_IO, "cannot look at %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return why_set(why, FZ_VALIDATION_FAILED, "%s is no regular file", path);
	if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0 ||
	    ((st.st_mode & S_IRWXG) != 0 && st.st_uid != 0))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "others may use %s: give it the mode 0600", path);
	return FZ_OK;
}

/* Up to size bytes; *len is size when there may be more. */
static enum fz_err
read_all(int fd, const char *path, char *text, size_t size, size_t *len, struct why *why)
{
	ssize_t got;

	for (*len = 0; *len < size; *len += (size_t)got) {
		got = read(fd, text + *len, size - *len);
		if (got < 0)
			return why_set(why, FZ_IO, "cannot read %s: %s", path,
			    strerror(errno));
		if (got == 0)
			break;
	}
	return FZ_OK;
}

/* 32 bytes as they are, or 64 hex digits and perhaps an end of line. */
static bool
parse_key(uint8_t key[SEAL_KEY_LEN], const char *text, size_t len)
{
	if (len == SEAL_KEY_LEN) {
		memcpy(key, text, len);
		return true;
	}
	if (len == HEX_LEN + 1 && text[HEX_LEN] == '\n')
		len--;
	return str_unhex(key, SEAL_KEY_LEN, text, len);
}

enum fz_err
seal_open(const char *path, struct seal **out, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t key[SEAL_KEY_LEN];
	char text[HEX_LEN + 2];
	size_t len = 0;
	enum fz_err err;

	if (fd < 0)
		return why_set(why, errno == ENOENT ? FZ_NOT_FOUND : FZ_IO,
		    "cannot open %s: %s", path, strerror(errno));
	err = check_mode(fd, path, why);
	if (err == FZ_OK)
		err = read_all(fd, path, text, sizeof(text), &len, why);
	close(fd);
	if (err == FZ_OK && !parse_key(key, text, len))
		err = why_set(why, FZ_VALIDATION_FAILED,
		    "%s is no master key: 32 bytes or 64 hex digits", path);
	if (err == FZ_OK)
		*out = seal_of_key(key);
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(key, sizeof(key));
	return err;
}

/* Key, nonce and what is authenticated beside the text. */
static bool
begin(EVP_CIPHER_CTX *ctx, const struct seal *s, bool lock, const uint8_t *nonce,
    uint8_t version, const char *context)
{
	size_t n = strlen(context);
	int done;

	return n <= INT_MAX &&
	    EVP_CipherInit_ex2(ctx, s->cipher, s->key, nonce, lock, NULL) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &done, &version, 1) == 1 &&
	    (n == 0 || EVP_CipherUpdate(ctx, NULL, &done, (const uint8_t *)context,
	    (int)n) == 1);
}

static bool
crypt_text(EVP_CIPHER_CTX *ctx, const uint8_t *in, size_t len, uint8_t *out)
{
	int done = 0;

	if (len == 0)
		return true;
	return len <= INT_MAX && EVP_CipherUpdate(ctx, out, &done, in, (int)len) == 1 &&
	    (size_t)done == len;
}

enum fz_err
seal_lock(const struct seal *s, const char *context, const void *text, size_t len,
    uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *body = out + 1 + NONCE_LEN, none[TAG_LEN];
	int done = 0;
	bool ok;

	out[0] = VERSION;
	random_bytes(out + 1, NONCE_LEN);
	ok = ctx != NULL && begin(ctx, s, true, out + 1, VERSION, context) &&
	    crypt_text(ctx, text, len, body) &&
	    EVP_CipherFinal_ex(ctx, none, &done) == 1 && done == 0 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, body + len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? FZ_OK : FZ_IO;
}

enum fz_err
seal_unlock(const struct seal *s, const char *context, const void *sealed, size_t len,
    uint8_t *out)
{
	const uint8_t *in = sealed, *body = in + 1 + NONCE_LEN;
	uint8_t tag[TAG_LEN], none[TAG_LEN];
	EVP_CIPHER_CTX *ctx;
	int done = 0;
	bool ok;

	if (len < SEAL_EXTRA || in[0] != VERSION)
		return FZ_CORRUPT;
	len -= SEAL_EXTRA;
	memcpy(tag, body + len, TAG_LEN);
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL && begin(ctx, s, false, in + 1, in[0], context) &&
	    crypt_text(ctx, body, len, out) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
	    EVP_CipherFinal_ex(ctx, none, &done) == 1 && done == 0;
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		return FZ_OK;
	/* The text was written before it was known to be false. */
	OPENSSL_cleanse(out, len);
	return FZ_CORRUPT;
}
