/*
 * Which process works on a row: "pid:start:boot", so that a later process can tell
 * what a killed one left unfinished, even when the pid or the boot is another one.
 * Thread contract: any thread.
 */
#ifndef STORE_OWNER_H
#define STORE_OWNER_H

#include <stdbool.h>

#define OWNER_LEN 64

/* This process. */
void	owner_self(char out[OWNER_LEN]);
/* Is that process still there?  False for a text that owner_self never wrote. */
bool	owner_alive(const char *);

#endif
