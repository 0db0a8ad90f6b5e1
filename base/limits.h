/*
 * Every maximum in one place.  "conf" = default that the configuration may
 * change, the rest is fixed.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB (1024UL)
#define MIB (1024UL * 1024UL)

/* Requests */
#define LIMIT_HEAD		(64 * KIB)	/* all header names and values */
#define LIMIT_HEADER		(16 * KIB)	/* one header */
#define LIMIT_PARAMS		256		/* FastCGI/SCGI variables */
#define LIMIT_PARAM_NAME	256
#define LIMIT_PATH		4096
#define LIMIT_FILE_PATH		1024
#define LIMIT_QUERY		(16 * KIB)
#define LIMIT_JSON_BODY		(1 * MIB)	/* conf */
#define LIMIT_JSON_DEPTH	64
#define LIMIT_ARCHIVE_BODY	(100 * MIB)	/* conf */
#define LIMIT_SPOOL_MEMORY	(64 * KIB)	/* larger bodies go to a file */
#define LIMIT_PARTS		100
#define LIMIT_PART_HEADER	(8 * KIB)
#define LIMIT_BOUNDARY		70
#define LIMIT_RESPONSE_JSON	(64 * MIB)
#define LIMIT_RESPONSE_HEADERS	(16 * KIB)
#define LIMIT_REQUEST_MS	10000		/* whole request without its body */
#define LIMIT_PARAMS_MS		5000		/* to receive the variables */
#define LIMIT_STALL_MS		30000		/* without progress of the peer */
#define LIMIT_BODY_RATE		1024		/* bytes a second, on average */
#define LIMIT_QUEUE		256		/* conf */
#define LIMIT_RATE		500		/* requests/s of one client, conf */
#define LIMIT_BURST		1000
#define LIMIT_IDEMPOTENCY_KEY	64

/* Archives and deploys */
#define LIMIT_ENTRIES		10000
#define LIMIT_FILE		(100 * MIB)
#define LIMIT_TREE		(500 * MIB)
#define LIMIT_RATIO		200
#define LIMIT_RATIO_FROM	(1 * MIB)
#define LIMIT_DEPLOYS_KEPT	100		/* the default of app.keep_deploys */
#define LIMIT_DEPLOYS_LAST	10		/* always kept besides the live one */
#define LIMIT_DEPLOYS_MINUTE	30
#define LIMIT_HEADER_RULES	200
#define LIMIT_REDIRECT_RULES	1000
#define LIMIT_MANIFEST		(256 * KIB)
#define LIMIT_COMPRESS_FROM	1024
#define LIMIT_COMPRESS_TO	(16 * MIB)	/* above it costs seconds of CPU */

/* Store */
#define LIMIT_CHUNK		(256 * KIB)
#define LIMIT_WRITERS_WAITING	1024
#define LIMIT_WRITE_WAIT_MS	2000
#define LIMIT_READ_TX_MS	2000
#define LIMIT_ACTIVITY_ROWS	500000
#define LIMIT_TRASH_DAYS	30
#define LIMIT_UPLOAD_S		3600
#define LIMIT_IDEMPOTENCY_S	86400

#endif
