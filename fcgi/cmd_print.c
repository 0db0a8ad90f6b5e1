/*
 * The commands that only print: openapi, snippet, config check, version.
 */
#include <archive.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "admin/openapi.h"
#include "base/embed.h"
#include "base/limits.h"
#include "fcgi/command.h"
#include "fcgi/routes.h"

int
cmd_openapi(const struct command *c, int argc, char **argv)
{
	struct node node = { .version = FAZT_VERSION, .admin_host = "admin.example.com",
		.domain = "example.com", .scheme = "https", .port_suffix = "",
		.routes = routes_all, .max_json = LIMIT_JSON_BODY,
		.max_archive = LIMIT_ARCHIVE_BODY };
	json_t *doc;
	int first, code = command_options(c, NULL, argc, argv, &first);

	if (code >= 0)
		return code;
	doc = openapi_document(&node);
	json_dumpf(doc, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(doc);
	return 0;
}

int
cmd_snippet(const struct command *c, int argc, char **argv)
{
	static const char *const files[][2] = {
		{ "caddy", "contrib/caddy/fazt.caddy" },
		{ "nginx", "contrib/nginx/fazt.conf" },
	};
	int first, code = command_options(c, NULL, argc, argv, &first);

	if (code >= 0)
		return code;
	if (argc - first != 1)
		return command_usage(c, "needs caddy or nginx");
	for (size_t i = 0; i < 2; i++)
		for (const struct embed *e = embed_snippets; e->path != NULL; e++)
			if (strcmp(argv[first], files[i][0]) == 0 &&
			    strcmp(e->path, files[i][1]) == 0) {
				fwrite(e->data, 1, e->len, stdout);
				return 0;
			}
	return command_usage(c, "knows caddy and nginx, not %s", argv[first]);
}

int
cmd_config(const struct command *c, int argc, char **argv)
{
	const char *file = NULL;
	const struct option_row rows[] = {
		{ "config", 'c', OPTION_TEXT, "FILE", &file, "the file to check" }, { 0 }
	};
	struct config config;
	struct why why = { { 0 } };
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	if (argc - first != 1 || strcmp(argv[first], "check") != 0)
		return command_usage(c, "knows only: config check");
	config_init(&config);
	err = config_load(&config, file, command_state(), &why);
	if (err == FZ_OK)
		err = config_verify(&config, &why);
	if (err == FZ_OK)
		printf("%s: ok\n", config.file == NULL ? "no file, defaults" : config.file);
	config_fini(&config);
	return err == FZ_OK ? 0 : command_fail(err, &why, "config");
}

int
cmd_version(const struct command *c, int argc, char **argv)
{
	int first, code = command_options(c, NULL, argc, argv, &first);

	if (code >= 0)
		return code;
	printf("fazt-fcgi %s\nsqlite %s\n%s\n%s\nzlib %s\ncurl %s\njansson %s\n",
	    FAZT_VERSION, sqlite3_libversion(), archive_version_string(),
	    OpenSSL_version(OPENSSL_VERSION), zlibVersion(),
	    curl_version_info(CURLVERSION_NOW)->version, jansson_version_str());
	return 0;
}
