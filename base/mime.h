/*
 * Content types by file name, and what follows from a type.
 * Source: IANA media types; JavaScript is text/javascript (RFC 9239).
 * Thread contract: immutable tables.
 */
#ifndef BASE_MIME_H
#define BASE_MIME_H

#include <stdbool.h>

/* "text/html; charset=utf-8"; application/octet-stream when unknown. */
const char	*mime_of(const char *path);
/* Worth compressing: text, JSON, XML, SVG, wasm, fonts without own compression. */
bool		 mime_is_text(const char *type);
/* A browser would run it as a document: HTML, XHTML, SVG, XML. */
bool		 mime_is_active(const char *type);

#endif
