/*
 * The SCGI reader, by the harness of fuzz_fcgi.c.
 */
#define TRANSPORT scgi_transport
#include "tests/fuzz/fuzz_fcgi.c"
