/* manifest.json: what is read, what is told, and that nothing stops a version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "deploy/manifest.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
warn(void *arg, const char *file, int line, int column, const char *message)
{
	assert_string_equal(file, "manifest.json");
	assert_int_equal(line, 1);
	assert_int_equal(column, 1);
	assert_true(strlen(message) > 0);
	++*(int *)arg;
}

struct row {
	const char		*text;
	int			 warnings;
	bool			 spa;
	enum manifest_access	 private_access;
	enum manifest_data	 data;
	enum manifest_access	 preview_access;
	const char		*origins;	/* joined by a space */
};

#define STANDARD ACCESS_LOGIN, DATA_READONLY, ACCESS_PUBLIC

static const struct row rows[] = {
	{ NULL, 0, false, STANDARD, "" }, { "{}", 0, false, STANDARD, "" },
	{ "", 1, false, STANDARD, "" }, { "{", 1, false, STANDARD, "" },
	{ "[]", 1, false, STANDARD, "" }, { "7", 1, false, STANDARD, "" },
	{ "{\"spa\":true,\"spa\":false}", 1, false, STANDARD, "" },
	{ "{\"spa\":true}", 0, true, STANDARD, "" },
	{ "{\"spa\":false}", 0, false, STANDARD, "" },
	{ "{\"spa\":1}", 1, false, STANDARD, "" },
	{ "{\"spa\":\"true\"}", 1, false, STANDARD, "" },
	{ "{\"icons\":[{\"src\":\"a\"}],\"display\":\"standalone\",\"name\":7}", 0, false,
	    STANDARD, "" },
	{ "{\"private\":{\"access\":\"login\"}}", 0, false, STANDARD, "" },
	{ "{\"private\":{\"access\":\"admin\"}}", 0, false, ACCESS_ADMIN, DATA_READONLY,
	    ACCESS_PUBLIC, "" },
	{ "{\"private\":{\"access\":\"owner\"}}", 0, false, ACCESS_OWNER, DATA_READONLY,
	    ACCESS_PUBLIC, "" },
	{ "{\"private\":{\"access\":\"none\"}}", 0, false, ACCESS_NONE, DATA_READONLY,
	    ACCESS_PUBLIC, "" },
	/* A typing error must never open private files. */
	{ "{\"private\":{\"access\":\"public\"}}", 1, false, STANDARD, "" },
	{ "{\"private\":{\"access\":false}}", 1, false, STANDARD, "" },
	{ "{\"private\":\"none\"}", 1, false, STANDARD, "" },
	{ "{\"preview\":{\"data\":\"live\",\"access\":\"login\"}}", 0, false,
	    ACCESS_LOGIN,
	    DATA_LIVE, ACCESS_LOGIN, "" },
	{ "{\"preview\":{\"data\":\"none\",\"access\":\"admin\"}}", 0, false,
	    ACCESS_LOGIN,
	    DATA_NONE, ACCESS_ADMIN, "" },
	{ "{\"preview\":{\"data\":\"all\",\"access\":\"owner\"}}", 2, false, STANDARD,
	    "" },
	{ "{\"preview\":[]}", 1, false, STANDARD, "" },
	{ "{\"cors\":{\"credentials\":[\"https://x.example\",\"http://localhost:5173\"]}}", 0,
	    false, STANDARD, "https://x.example http://localhost:5173 " },
	{ "{\"cors\":{\"credentials\":[\"*\",\"https://x.example/\",\"https://\",\"null\",7,"
	    "\"https://X.example\",\"https://x:\",\"https://a@b\",\"https://x:8a\"]}}", 9,
	    false,
	    STANDARD, "" },
	{ "{\"cors\":{\"credentials\":\"https://x.example\"}}", 1, false, STANDARD, "" },
	{ "{\"cors\":7}", 1, false, STANDARD, "" },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		char origins[200] = "";
		int warnings = 0;
		struct manifest *m = manifest_parse(r->text,
		    r->text ? strlen(r->text) : 0,
		    warn, &warnings);

		for (char **p = m->cors_origins; *p != NULL; p++)
			snprintf(origins + strlen(origins),
			    sizeof(origins) - strlen(origins),
			    "%s ", *p);
		if (warnings != r->warnings || m->spa != r->spa ||
		    m->private_access != r->private_access || m->preview_data != r->data ||
		    m->preview_access != r->preview_access ||
		    strcmp(origins, r->origins) != 0)
			fail_msg("%s: %d warnings, origins %s", r->text, warnings,
			    origins);
		manifest_free(m);
		manifest_free(manifest_parse(r->text, r->text ? strlen(r->text) : 0, NULL,
		    NULL));
	}
}

static void
test_blobs(void **state)
{
	static const struct {
		const char	*text;
		int		 warnings;
		const char	*prefixes;
	} t[] = {
		{ NULL, 0, "public/ " }, { "{}", 0, "public/ " },
		{ "{\"blobs\":{}}", 0, "public/ " },
		{ "{\"blobs\":{\"public\":[]}}", 0, "" },
		{ "{\"blobs\":{\"public\":[\"a/\",\"b\",\"c/d/\"]}}", 0, "a/ b c/d/ " },
		{ "{\"blobs\":{\"public\":\"a/\"}}", 1, "public/ " },
		{ "{\"blobs\":{\"public\":null}}", 1, "public/ " },
		{ "{\"blobs\":[]}", 1, "public/ " },
		/* A slip of the pen must never open everything. */
		{ "{\"blobs\":{\"public\":[\"\",\"/\",\"/a\",\"a//b\",\"../a\",7,null]}}",
		    7, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		char all[200] = "";
		int warnings = 0;
		struct manifest *m = manifest_parse(t[i].text,
		    t[i].text ? strlen(t[i].text) : 0, warn, &warnings);

		for (char **p = m->blobs_public; *p != NULL; p++)
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s ", *p);
		if (warnings != t[i].warnings || strcmp(all, t[i].prefixes) != 0)
			fail_msg("%s: %d warnings, %s", t[i].text, warnings, all);
		manifest_free(m);
	}
}

static void
test_large(void **state)
{
	struct manifest *m;
	int warnings = 0;
	struct buf b;

	(void)state;
	buf_init(&b, MIB);
	buf_puts(&b, "{\"spa\":true,\"cors\":{\"credentials\":[\"https://x\"");
	for (int i = 0; i < 40; i++)
		buf_printf(&b, ",\"https://x%d.example\"", i);
	buf_puts(&b, "]}}");
	m = manifest_parse(b.data, b.len, warn, &warnings);
	assert_true(m->spa);
	assert_int_equal(warnings, 9);
	manifest_free(m);
	while (b.len <= LIMIT_MANIFEST)
		buf_puts(&b, "          ");
	warnings = 0;
	m = manifest_parse(b.data, b.len, warn, &warnings);
	assert_false(m->spa);
	assert_int_equal(warnings, 1);
	manifest_free(m);
	manifest_free(NULL);
	buf_fini(&b);
}

static void
test_words(void **state)
{
	enum manifest_access access = ACCESS_OWNER;
	enum manifest_data data = DATA_LIVE;

	(void)state;
	assert_false(manifest_preview_access_parse("", &access));
	assert_false(manifest_preview_access_parse("owner", &access));
	assert_false(manifest_preview_access_parse(NULL, &access));
	assert_int_equal(access, ACCESS_OWNER);
	assert_true(manifest_preview_access_parse("public", &access));
	assert_int_equal(access, ACCESS_PUBLIC);
	assert_false(manifest_preview_data_parse("", &data));
	assert_true(manifest_preview_data_parse("none", &data));
	assert_int_equal(data, DATA_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
