/*
 * status: what the running server says of itself, through the control socket.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "fcgi/command.h"
#include "fcgi/control.h"

static json_int_t
number(const json_t *doc, const char *group, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(doc, group), name));
}

static void
print(const json_t *doc)
{
	json_int_t up = json_integer_value(json_object_get(doc, "uptime_seconds"));

	printf("fazt-fcgi %s, %s, pid %lld, up %lldd %02lld:%02lld:%02lld\n",
	    json_string_value(json_object_get(doc, "version")),
	    json_string_value(json_object_get(doc, "domain")),
	    (long long)json_integer_value(json_object_get(doc, "pid")),
	    (long long)(up / 86400), (long long)(up / 3600 % 24), (long long)(up / 60 % 60),
	    (long long)(up % 60));
	printf("workers    %lld of %lld busy\n", (long long)number(doc, "workers", "busy"),
	    (long long)number(doc, "workers", "total"));
	printf("queue      %lld waiting, %lld parked, %lld connections\n",
	    (long long)number(doc, "queue", "waiting"),
	    (long long)number(doc, "queue", "parked"),
	    (long long)number(doc, "queue", "connections"));
	printf("scripts    %lld of %lld slots, %lld waiting, %lld apps quarantined\n",
	    (long long)number(doc, "scripts", "running"),
	    (long long)number(doc, "scripts", "slots"),
	    (long long)number(doc, "scripts", "waiting"),
	    (long long)number(doc, "scripts", "quarantined"));
	printf("requests   %lld served, %lld refused as too much\n",
	    (long long)number(doc, "requests", "served"),
	    (long long)number(doc, "requests", "shed"));
	printf("database   %.1f MiB, WAL %.1f MiB, %lld commits%s\n",
	    (double)number(doc, "database", "bytes") / (double)MIB,
	    (double)number(doc, "database", "wal_bytes") / (double)MIB,
	    (long long)number(doc, "database", "commits"),
	    json_is_true(json_object_get(json_object_get(doc, "database"), "full")) ?
	    ", DISK FULL: writes are refused" : "");
}

int
cmd_status(const struct command *c, int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "json", 'j', OPTION_FLAG, NULL, &as_json, "one JSON document" }, { 0 }
	};
	struct why why = { { 0 } };
	struct buf out;
	json_t *doc = NULL;
	int first, code = command_options(c, rows, argc, argv, &first);
	enum fz_err err;

	if (code >= 0)
		return code;
	buf_init(&out, 256 * KIB);
	err = control_ask(command_state(), "status", &out, &why);
	if (err == FZ_OK)
		err = json_parse(out.data, out.len, &doc, &why);
	if (err == FZ_OK && as_json)
		fwrite(out.data, 1, out.len, stdout);
	else if (err == FZ_OK)
		print(doc);
	json_decref(doc);
	buf_fini(&out);
	return err == FZ_OK ? 0 : command_fail(err, &why, "status");
}
