/*
 * The page on which a person approves or denies a device (RFC 8628): GET and POST /device.
 * Thread contract: any thread; works on its request.
 */
#ifndef AUTH_DEVICE_PAGE_H
#define AUTH_DEVICE_PAGE_H

#include "base/request.h"
#include "base/response.h"

#define DEVICE_CODE_LEN 9		/* XXXX-XXXX */
#define DEVICE_WEIGHT 9			/* of audit rows */

/* RFC 8628 6.1: no vowels, so no words; no digits, so nothing to mix up. */
extern const char device_page_letters[];

/* Handlers of the rows in device_http.c. */
enum fz_err	device_page_show(struct request *, struct response *) MUST_CHECK;
enum fz_err	device_page_decide(struct request *, struct response *) MUST_CHECK;

#endif
