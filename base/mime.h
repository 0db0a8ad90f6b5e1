/*
 * Content types by file name, and what follows from a type.
 * Source: IANA media types; JavaScript is text/javascript (RFC 9239).
 * Thread contract: immutable tables.
 */
#ifndef BASE_MIME_H
#define BASE_MIME_H

#include <stdbool.h>
#include <stddef.h>

/* "text/html; charset=utf-8"; application/octet-stream when unknown. */
const char	*mime_of(const char *path);
/* Worth compressing: text, JSON, XML, SVG, wasm, fonts without own compression. */
bool		 mime_is_text(const char *type);
/* A browser would run it as a document: HTML, XHTML, SVG, XML; malformed types too. */
bool		 mime_is_active(const char *type);
/* A Content-Type names this media type ("application/json"), whatever its parameters. */
bool		 mime_is(const char *content_type, const char *type);
/* One or more token bytes (RFC 9110 5.6.2). */
bool		 mime_token(const char *, size_t);

#endif
