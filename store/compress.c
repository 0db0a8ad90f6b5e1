/*
 * Two encoders behind one call.  Neither library's simple interface will do: they want
 * the whole content in memory, and ours may be pieces in the file.  Output leaves
 * in pieces of 16 KiB through the sink, which is also how a compression that does not
 * pay is given up: the sink says no.
 *
 * The window of brotli follows the size of the content: at the default of 4 MiB
 * a page of 2 KiB would touch memory made for a book.  Its quality is 7: on a script of
 * 1.4 MB that is 2 % larger than 9 with 15 MiB of memory instead of 39, and 12 % larger
 * than 11 in a fortieth of the time; a deploy compresses on the machine that serves.
 */
#include "store/compress.h"

#include <brotli/encode.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#define OUT_SIZE 16384
#define GZIP_WINDOW (15 + 16)		/* 15 bits, and 16 asks for a gzip header */
#define GZIP_LEVEL 9
#define BROTLI_QUALITY 7

struct compress {
	enum compress_kind kind;
	compress_sink	 sink;
	void		*arg;
	z_stream	 z;
	bool		 z_ready;
	BrotliEncoderState *br;
	uint8_t		 out[OUT_SIZE];
};

static uint32_t
window_bits(uint64_t size)
{
	uint32_t bits = BROTLI_MIN_WINDOW_BITS;

	while (bits < BROTLI_DEFAULT_WINDOW && (UINT64_C(1) << bits) - 16 < size)
		bits++;
	return bits;
}

static void
brotli_start(struct compress *c, uint64_t size)
{
	c->br = BrotliEncoderCreateInstance(NULL, NULL, NULL);
	if (c->br == NULL)
		return;
	BrotliEncoderSetParameter(c->br, BROTLI_PARAM_QUALITY, BROTLI_QUALITY);
	BrotliEncoderSetParameter(c->br, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
	BrotliEncoderSetParameter(c->br, BROTLI_PARAM_LGWIN, window_bits(size));
	BrotliEncoderSetParameter(c->br, BROTLI_PARAM_SIZE_HINT,
	    size < UINT32_MAX ? (uint32_t)size : UINT32_MAX);
}

struct compress *
compress_new(enum compress_kind kind, uint64_t size, compress_sink sink, void *arg)
{
	struct compress *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	c->sink = sink;
	c->arg = arg;
	if (kind == COMPRESS_BROTLI)
		brotli_start(c, size);
	else
		c->z_ready = deflateInit2(&c->z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW,
		    9, Z_DEFAULT_STRATEGY) == Z_OK;
	return c;
}

static enum fz_err
gzip_add(struct compress *c, const void *p, size_t n, bool last)
{
	enum fz_err err = FZ_OK;
	int rc;

	if (!c->z_ready || n > UINT32_MAX)
		return FZ_OVERLOADED;
	c->z.next_in = (Bytef *)(uintptr_t)p;
	c->z.avail_in = (uInt)n;
	do {
		c->z.next_out = c->out;
		c->z.avail_out = OUT_SIZE;
		rc = deflate(&c->z, last ? Z_FINISH : Z_NO_FLUSH);
		if (rc == Z_STREAM_ERROR)
			return FZ_INTERNAL_ERROR;
		if (c->z.avail_out < OUT_SIZE)
			err = c->sink(c->arg, c->out, OUT_SIZE - c->z.avail_out);
	} while (err == FZ_OK && (last ? rc != Z_STREAM_END : c->z.avail_out == 0));
	return err;
}

static enum fz_err
brotli_add(struct compress *c, const void *p, size_t n, bool last)
{
	BrotliEncoderOperation op = last ? BROTLI_OPERATION_FINISH :
	    BROTLI_OPERATION_PROCESS;
	const uint8_t *in = p;
	enum fz_err err = FZ_OK;
	size_t room;
	uint8_t *out;

	if (c->br == NULL)
		return FZ_OVERLOADED;
	do {
		out = c->out;
		room = OUT_SIZE;
		if (!BrotliEncoderCompressStream(c->br, op, &n, &in, &room, &out, NULL))
			return FZ_OVERLOADED;
		if (room < OUT_SIZE)
			err = c->sink(c->arg, c->out, OUT_SIZE - room);
	} while (err == FZ_OK && (n > 0 || BrotliEncoderHasMoreOutput(c->br) ||
	    (last && !BrotliEncoderIsFinished(c->br))));
	return err;
}

enum fz_err
compress_add(struct compress *c, const void *p, size_t n, bool last)
{
	if (c->kind == COMPRESS_BROTLI)
		return brotli_add(c, p, n, last);
	return gzip_add(c, p, n, last);
}

void
compress_free(struct compress *c)
{
	if (c == NULL)
		return;
	if (c->z_ready)
		deflateEnd(&c->z);
	if (c->br != NULL)
		BrotliEncoderDestroyInstance(c->br);
	free(c);
}
