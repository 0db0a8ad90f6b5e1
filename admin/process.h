/*
 * What the kernel knows of this process, under the names every Prometheus client
 * library uses (process_cpu_seconds_total and so on).
 *
 * Thread contract: any thread.
 */
#ifndef ADMIN_PROCESS_H
#define ADMIN_PROCESS_H

#include <stdint.h>

#include "base/buf.h"

struct process {
	double		 cpu_s;		/* user and system */
	double		 started;	/* unix seconds */
	uint64_t	 resident;	/* bytes */
	uint64_t	 virtual_size;
	uint64_t	 open_fds;
	uint64_t	 max_fds;
	uint64_t	 threads;
};

/* What cannot be read stays 0. */
void	process_read(struct process *);
/* Lines in exposition format; what is 0 because it cannot be read is left out. */
void	process_print(struct buf *);

#endif
