/*
 * A store in a folder of its own, a node, and requests against them, for the tests of
 * deploy/.  Header only: each test is one program.
 */
#ifndef TESTS_DEPLOY_FIXTURE_H
#define TESTS_DEPLOY_FIXTURE_H

#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/route.h"
#include "deploy/archive.h"
#include "deploy/staging.h"
#include "store/alias.h"

struct fixture {
	char		 dir[64];
	struct node	 node;
	struct arena	*arena;
	struct request	 rq;
	struct response	 rs;
	bool		 open;
};

static inline void
fixture_open(struct fixture *f)
{
	struct store_options so = { .readers = 4, .may_create = true };
	char path[96];
	struct why why = { 0 };

	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/fazt-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(path, sizeof(path), "%s/data.db", f->dir);
	so.path = path;
	if (store_open(&so, &f->node.store, &why) != FZ_OK)
		fail_msg("store_open: %s", why.text);
	f->node.domain = "example.com";
	f->node.admin_host = "admin.example.com";
	f->node.auth_host = "login.example.com";
	f->node.scheme = "https";
	f->node.port_suffix = "";
	f->node.state_dir = f->node.tmp_dir = f->dir;
	f->node.max_json = LIMIT_JSON_BODY;
	f->node.max_archive = LIMIT_ARCHIVE_BODY;
}

static inline void
fixture_end_request(struct fixture *f)
{
	if (!f->open)
		return;
	response_fini(&f->rs);
	spool_free(f->rq.body);
	arena_free(f->arena);
	f->open = false;
}

static inline void
fixture_close(struct fixture *f)
{
	struct dirent *e;
	char path[400];
	DIR *d;

	fixture_end_request(f);
	store_close(f->node.store);
	d = opendir(f->dir);
	while (d != NULL) {
		e = readdir(d);
		if (e == NULL)
			break;
		snprintf(path, sizeof(path), "%s/%s", f->dir, e->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(f->dir);
}

/* A fresh request of the owner. */
static inline void
fixture_request(struct fixture *f)
{
	fixture_end_request(f);
	f->open = true;
	f->arena = arena_new();
	memset(&f->rq, 0, sizeof(f->rq));
	f->rq.arena = f->arena;
	f->rq.node = &f->node;
	f->rq.query = "";
	f->rq.path = "/";
	f->rq.ip = "127.0.0.1";
	f->rq.content_type = "";
	f->rq.caller.role = ROLE_OWNER;
	f->rq.caller.user_uid = "fazt_usr_000000000000";
	f->rq.caller.name = "ann";
	response_init(&f->rs, f->arena);
}

static inline void
fixture_body(struct fixture *f, const char *type, const void *p, size_t n)
{
	f->rq.content_type = type;
	f->rq.content_length = (int64_t)n;
	f->rq.body = spool_new(f->dir, LIMIT_ARCHIVE_BODY);
	assert_int_equal(spool_add(f->rq.body, p, n), FZ_OK);
}

/* Rows of a table, to see that a refused deploy left nothing. */
static inline int64_t
fixture_count_versions(struct fixture *f)
{
	struct reader *rd;
	struct version *v;
	int64_t total = -1;
	size_t n;

	assert_int_equal(reader_open(f->node.store, &rd), FZ_OK);
	assert_int_equal(version_list(rd, f->arena, 0, 0, 1, &v, &n, &total), FZ_OK);
	reader_close(rd);
	return total;
}

static inline const char *
fixture_detail(struct fixture *f, const char *name)
{
	const char *s = json_string_value(json_object_get(f->rs.details, name));

	return s != NULL ? s : "";
}

#endif
