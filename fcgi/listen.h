/*
 * Listening sockets: inherited (systemd's LISTEN_FDS, fd 0 of spawn-fcgi and
 * supervisord, "fd:N") or our own.  Specs: "unix:/path[,mode=0660][,group=NAME]",
 * "tcp:127.0.0.1:9000", "tcp:[::1]:9000" (loopback only), "fd:3".
 *
 * Thread contract: one thread, before the gate starts and after it stopped.
 */
#ifndef FCGI_LISTEN_H
#define FCGI_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define LISTEN_MAX 16

enum listen_protocol { LISTEN_FCGI, LISTEN_SCGI };

struct listener {
	int		 kind;		/* what epoll hands back, acceptor.h */
	int		 fd;
	enum listen_protocol protocol;
	bool		 is_unix;
	bool		 inherited;	/* not ours: never shut down, never unlinked */
	char		*path;		/* of our own unix socket */
	dev_t		 dev;
	ino_t		 ino;
	char		 name[128];	/* for people: the spec */
};

struct listeners {
	struct listener	 v[LISTEN_MAX];
	size_t		 n;
};

/*
 * Take what the service manager left: LISTEN_FDS for this process (names fcgi and scgi,
 * anything else counts as fcgi), else fd 0 if it is a listening socket.  No socket is no
 * error.  The variables are left alone.
 */
enum fz_err	 listen_inherit(struct listeners *, struct why *) MUST_CHECK;
/* FZ_CONFLICT when somebody listens there, FZ_VALIDATION_FAILED for a bad spec, FZ_IO. */
enum fz_err	 listen_open(struct listeners *, const char *spec, enum listen_protocol,
		    struct why *) MUST_CHECK;
/* Close all; unlink our own sockets unless somebody replaced the file. */
void		 listen_close(struct listeners *);

#endif
