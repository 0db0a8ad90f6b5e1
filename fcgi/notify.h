/*
 * sd_notify(3) and the watchdog of systemd.service(5), without libsystemd.  Without
 * NOTIFY_SOCKET everything here does nothing.
 *
 * Thread contract: any thread, as long as nobody changes the environment.
 */
#ifndef FCGI_NOTIFY_H
#define FCGI_NOTIFY_H

#include <stdint.h>

void	notify_ready(void);
void	notify_stopping(void);
/* A reload begins; notify_ready ends it. */
void	notify_reloading(void);
void	notify_watchdog(void);
/* One line for "systemctl status"; control bytes are replaced. */
void	notify_status(const char *);
/* How often to call notify_watchdog (half of WATCHDOG_USEC), 0 = not wanted. */
int64_t	notify_interval_ms(void);

#endif
