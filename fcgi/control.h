/*
 * The control socket, STATE/control.sock (0600): the running server answers one word
 * with one JSON line.  Only its own user and root are heard (SO_PEERCRED).
 *
 * Thread contract: control_start/stop main thread; control_ask any process.
 */
#ifndef FCGI_CONTROL_H
#define FCGI_CONTROL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct control;

/* Write the answer to word into the buffer; called from the control thread. */
typedef void control_fn(void *arg, const char *word, struct buf *);

enum fz_err	control_start(const char *state_dir, control_fn *, void *arg,
		    struct control **, struct why *) MUST_CHECK;
void		control_stop(struct control *);

/* FZ_SERVICE_UNAVAILABLE when no server answers. */
enum fz_err	control_ask(const char *state_dir, const char *word, struct buf *,
		    struct why *) MUST_CHECK;
bool		control_running(const char *state_dir);

#endif
