/*
 * Time.  Deadlines and rates use the monotonic clock, everything stored uses
 * the wall clock in milliseconds since 1970.
 * Thread contract: any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t	clock_mono_ms(void);
int64_t	clock_mono_us(void);
int64_t	clock_wall_ms(void);

#define CLOCK_RFC3339_LEN 32
#define CLOCK_HTTP_LEN 32
/* "2026-03-01T10:00:00Z" */
void	clock_rfc3339(char out[CLOCK_RFC3339_LEN], int64_t wall_ms);
bool	clock_parse_rfc3339(const char *, int64_t *wall_ms);
/* IMF-fixdate of RFC 9110 5.6.7, whole seconds. */
void	clock_http(char out[CLOCK_HTTP_LEN], int64_t wall_ms);
/* All three forms of RFC 9110 5.6.7. */
bool	clock_parse_http(const char *, int64_t *wall_ms);

#endif
