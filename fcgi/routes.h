/*
 * All tables of the admin API, in one list.
 * Thread contract: immutable.
 */
#ifndef FCGI_ROUTES_H
#define FCGI_ROUTES_H

#include "base/route.h"

extern const struct route *const routes_all[];

#endif
