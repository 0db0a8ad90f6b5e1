/*
 * The FastCGI 1.0 transport.  A reader is the part of libfcgi that a thread needs to
 * take variables apart.
 *
 * Thread contract: fastcgi_init once before any thread; a reader belongs to one thread.
 */
#ifndef FCGI_FASTCGI_H
#define FCGI_FASTCGI_H

#include "base/err.h"

struct fastcgi_reader;

/* Initialise libfcgi without letting it take over signals. */
enum fz_err		 fastcgi_init(struct why *) MUST_CHECK;
struct fastcgi_reader	*fastcgi_reader_new(void);
void			 fastcgi_reader_free(struct fastcgi_reader *);

#endif
