/*
 * The data of an app as files of JSON lines, for an archive (deploy/transfer.h).
 *
 *	data/kv.ndjson		{"key","user","expires","value"}
 *	data/docs/<n>.ndjson	{"collection","user","indexes":[..]}, and of that
 *				collection {"id","created","updated","data"}, until the
 *				next such line
 *	data/blobs.ndjson	{"path","user","mime","size","sha256","updated"}
 *
 * user is a uid or null for what all share; times are ms since 1970, expires null for
 * never.  value and data are texts as the store has them and come last in their line.  A
 * file that would get too long goes on in kv-2, blobs-2 and the next number of docs; each
 * of docs begins with a collection.  What a user owns who is gone is left out.
 *
 * Thread contract: as the request.
 */
#ifndef DEPLOY_DATADUMP_H
#define DEPLOY_DATADUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/request.h"
#include "base/spool.h"
#include "store/store.h"

#define DATADUMP_PIECE (32UL * 1024 * 1024)	/* bytes of a file, about */
#define DATADUMP_MAX (1024UL * 1024 * 1024)	/* of all files */

struct datadump_piece {
	const char	*name;		/* in the request's arena */
	struct spool	*spool;
};

/* A content that blobs.ndjson names, once however often. */
struct datadump_blob {
	int64_t		 blob;
	uint64_t	 size;
	uint8_t		 sha256[32];
};

struct datadump {
	struct datadump_piece *pieces;
	size_t		 npieces;
	struct datadump_blob *blobs;
	size_t		 nblobs;
	int64_t		 kv;
	int64_t		 docs;
	int64_t		 objects;
	bool		 one_moment;	/* read in one snapshot */
};

/*
 * Read it all.  One snapshot, that of *rd, for as long as one may be held; what takes
 * longer is read in several, *rd then being another reader.  Contents are not read: they
 * never change, but may be gone when they are wanted.  FZ_PAYLOAD_TOO_LARGE past
 * DATADUMP_MAX, FZ_STORAGE_FULL.  *rd is the caller's to close, NULL if it was lost.
 */
enum fz_err	 datadump_take(struct request *, struct reader **rd, int64_t app,
		    struct datadump *) MUST_CHECK;
/* For a zeroed one too. */
void		 datadump_free(struct datadump *);

#endif
