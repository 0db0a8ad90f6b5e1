/*
 * Texts that want to become markup, and the oracle: a page's skeleton (its tags and quotes)
 * must be the same whatever text is in it.
 */
#ifndef TESTS_UNIT_XSS_H
#define TESTS_UNIT_XSS_H

#include <stddef.h>

static const char *const xss[] = {
	"<script>alert(1)</script>",
	"\"><script>alert(1)</script>",
	"'><script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"<img src=x onerror=alert(1)>",
	"</title><script>alert(1)</script>",
	"</h1><svg onload=alert(1)>",
	"</textarea><svg/onload=alert(1)>",
	"\" autofocus onfocus=\"alert(1)",
	"' autofocus onfocus='alert(1)",
	"\" formaction=\"https://evil.example/\" x=\"",
	"</form><form action=\"https://evil.example/\">",
	"<base href=\"https://evil.example/\">",
	"<meta http-equiv=\"refresh\" content=\"0; url=https://evil.example/\">",
	"<link rel=stylesheet href=//evil.example/x.css>",
	"<!--",
	"<![CDATA[<script>alert(1)</script>]]>",
	"&lt;script&gt;alert(1)&lt;/script&gt;",
	"&#60;script&#62;alert(1)",
	"<iframe srcdoc=\"<script>alert(1)</script>\">",
	"/x?a=1&b=\"><b>bold</b>",
	"javascript:alert(1)//<b>",
};
#define XSS_COUNT (sizeof(xss) / sizeof(xss[0]))
#define XSS_SKELETON 4096

static inline void
xss_skeleton(char out[XSS_SKELETON], const char *page)
{
	size_t n = 0;

	for (; *page != '\0' && n < XSS_SKELETON - 1; page++)
		if (*page == '<' || *page == '>' || *page == '"' || *page == '\'')
			out[n++] = *page;
	out[n] = '\0';
}

#endif
