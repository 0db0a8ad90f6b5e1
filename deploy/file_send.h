/*
 * A stored file as a download that no browser runs.
 * Thread contract: as the response.
 */
#ifndef DEPLOY_FILE_SEND_H
#define DEPLOY_FILE_SEND_H

#include "base/response.h"
#include "store/store.h"
#include "store/version.h"

/* 200 with its bytes; attachment, nosniff, sandbox; ETag by content. */
void	 file_send(struct store *, struct response *, const struct file *);

#endif
