/* fazt.app.s3 and respond.blob: bytes in and out, types, ranges, addresses, limits. */
#include "tests/unit/script_fixture.h"

#include "base/clock.h"
#include "runtime/blob_url.h"
#include "store/object.h"
#include "store/sql.h"

#define TRY "function t(f){try{return f()}catch(e){return [e.name,e.code||'-'," \
	"!!e.retryable].join(' ')}} var s3=fazt.app.s3;"
#define MESSAGE "function t(f){try{f();return '-'}catch(e){return e.message}}" \
	" var s3=fazt.app.s3;"
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static int64_t
number(const char *literal)
{
	struct reader *rd;
	int64_t n = -1;

	OK(reader_open(script_node.store, &rd));
	(void)!sql_get_int(rd, &n, literal, "");
	reader_close(rd);
	return n;
}

static void
test_put_get(void **state)
{
	static const struct {
		const char	*data;		/* as a script writes it */
		const char	*text;
		const char	*base64;
	} rows[] = {
		{ "'hello'", "hello", "aGVsbG8=" }, { "''", "", "" },
		{ "'gr\\u00fc\\u00df'", "gr\xc3\xbc\xc3\x9f", "Z3LDvMOf" },
		{ "'\\ud83d\\ude00'", "\xf0\x9f\x98\x80", "8J+YgA==" },
		{ "'a\\u0000b'", "a%00b", "YQBi" },
		{ "new Uint8Array([104, 105]).buffer", "hi", "aGk=" },
		{ "new Uint8Array([104, 105])", "hi", "aGk=" },
		{ "new Uint8Array([0, 104, 105, 0]).subarray(1, 3)", "hi", "aGk=" },
		{ "new Uint16Array([26984])", "hi", "aGk=" },
		{ "new Uint8Array(0)", "", "" },
		{ "new TextEncoder().encode('hi')", "hi", "aGk=" },
	};
	char source[600];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char want[200];

		(void)snprintf(source, sizeof(source), "var s3 = fazt.app.s3;"
		    "if (s3.put('d/f', %s, 'text/x') !== undefined) throw 1;"
		    "var f = s3.get('d/f'), t = s3.get('/d//f', {as: 'text'}),"
		    " b = s3.get('d/f', {as: 'buffer'});"
		    "if (!(b.data instanceof ArrayBuffer) || b.data.byteLength !== f.size)"
		    " throw new Error('buffer'); respond(200, t.data.replace('\\0', '%%00') +"
		    " '|' + f.data + '|' + f.mime + '|' + f.size, {'Content-Type': 'a/b'})",
		    rows[i].data);
		(void)snprintf(want, sizeof(want), "%s|%s|text/x|%d", rows[i].text,
		    rows[i].base64, (int)(strcmp(rows[i].text, "a%00b") == 0 ? 3 :
		    strlen(rows[i].text)));
		script_is(source, want);
	}
	script_is("var s3 = fazt.app.s3; s3.put('h', 'hello'); var g = s3.get('h'),"
	    " h = s3.head('h'); respond([g.hash, h.hash, h.mime, h.size,"
	    " Math.abs(h.updatedAt - Date.now()) < 60000, Object.keys(g).join(),"
	    " Object.keys(h).join()].join(' '))", HELLO " " HELLO
	    " application/octet-stream 5 true data,mime,size,hash mime,size,hash,updatedAt");
	script_is("var s3 = fazt.app.s3; s3.delete('h'); respond([s3.get('h'), s3.head('h'),"
	    " s3.delete('h')].join('|'))", "||");
	script_is("respond(JSON.stringify([fazt.app.s3.get('none'), fazt.app.s3.head('no')]))",
	    "[null,null]");
	script_is("fazt.storage.s3.put('x', '1'); respond(fazt.app.s3.get('x',"
	    " {as: 'text'}).data + (fazt.storage.s3 === fazt.app.s3))", "1true");
}

static void
test_arguments(void **state)
{
	static const struct {
		const char	*call;
		const char	*message;
	} rows[] = {
		{ "s3.put()", "s3.put requires path and data" },
		{ "s3.put('x')", "s3.put requires path and data" },
		{ "s3.put(1, 'x')", "s3.put requires path and data" },
		{ "s3.put('x', 1)", "s3.put requires path and data" },
		{ "s3.put('x', {})", "s3.put requires path and data" },
		{ "s3.put('x', null)", "s3.put requires path and data" },
		{ "s3.put('x', {name: 'a', type: 'b', size: 1})",
		    "s3.put requires path and data" },
		{ "s3.put('', 'x')", "s3.put: a path has 1 to 1024 bytes and no \"..\"" },
		{ "s3.put('/', 'x')", "s3.put: a path has 1 to 1024 bytes and no \"..\"" },
		{ "s3.put('a/../b', 'x')", "s3.put: a path has 1 to 1024 bytes and no \"..\"" },
		{ "s3.put('a\\nb', 'x')", "s3.put: a path has 1 to 1024 bytes and no \"..\"" },
		{ "s3.put('a\\u0000b', 'x')", "s3.put requires path and data" },
		{ "s3.put('x', 'x', 1)", "s3.put: mime must be a string" },
		{ "s3.put('x', 'x', '')", "s3.put: this is no media type" },
		{ "s3.put('x', 'x', 'a/b\\r\\nX: y')", "s3.put: this is no media type" },
		{ "s3.put('x', 'x', 'a/\\u00fc')", "s3.put: this is no media type" },
		{ "s3.get()", "s3.get requires a path" },
		{ "s3.get('..')", "s3.get: a path has 1 to 1024 bytes and no \"..\"" },
		{ "s3.get('x', {as: 'json'})",
		    "s3.get: as is \"base64\", \"buffer\" or \"text\"" },
		{ "s3.get('x', 'text')", "options must be an object" },
		{ "s3.head()", "s3.head requires a path" },
		{ "s3.delete()", "s3.delete requires a path" },
		{ "s3.list(1)", "s3.list: prefix must be a string" },
		{ "s3.list('', {limit: -1})", "s3.list: limit must be at least 1" },
		{ "s3.url()", "s3.url requires a path" },
		{ "s3.url('x', {expires: 0})", "s3.url: expires is 1 to 604800 seconds" },
		{ "s3.url('x', {expires: 604801})", "s3.url: expires is 1 to 604800 seconds" },
		{ "s3.url('x', {expires: NaN})", "option expires must be a number" },
		{ "s3.url('x', {method: 'POST'})", "s3.url: method is GET or PUT" },
		{ "s3.url('x', {method: 'get'})", "s3.url: method is GET or PUT" },
		{ "s3.url('x', {maxSize: 0})", "s3.url: maxSize must be at least 1" },
		{ "s3.url('x', {mime: 'a\\nb'})", "s3.url: this is no media type" },
		{ "s3.url('x', {download: 'a\\nb'})", "s3.url: this is no file name" },
		{ "s3.url('x', {download: ''})", "s3.url: this is no file name" },
		{ "respond.blob()", "respond.blob requires a path" },
		{ "respond.blob('x', 1)", "options must be an object" },
		{ "respond.blob('x', {scope: 'all'})",
		    "respond.blob: scope is \"app\" or \"user\"" },
		{ "respond.blob('x', {status: 99})",
		    "respond: status must be an integer from 200 to 599" },
		{ "respond.blob('x', {headers: 1})", "respond: headers must be an object" },
		{ "respond.blob('x', {headers: {'X-Sendfile': '/etc/passwd'}})",
		    "respond: header X-Sendfile belongs to the server" },
		{ "respond.blob('x', {cache: 'a\\r\\nb'})",
		    "respond.blob: bad value of cache" },
		{ "respond.blob('x', {download: '\\u0007'})",
		    "respond.blob: this is no file name" },
	};
	char source[400];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(source, sizeof(source), MESSAGE
		    "var m = t(function () { %s }); respond(m)", rows[i].call);
		script_is(source, rows[i].message);
		(void)snprintf(source, sizeof(source), TRY
		    "var m = t(function () { %s }); respond(m)", rows[i].call);
		script_is(source, "TypeError - false");
	}
}

static void
test_list(void **state)
{
	(void)state;
	script_is("var s3 = fazt.app.s3; ['l/b', 'l/a', 'm'].forEach(function (p) {"
	    " s3.put(p, p, 'text/plain') }); var l = s3.list('l/');"
	    "respond(l.map(function (o) { return [o.path, o.mime, o.size,"
	    " Math.abs(o.updatedAt - Date.now()) < 60000, Object.keys(o).length].join() })"
	    ".join(' '))", "l/a,text/plain,3,true,4 l/b,text/plain,3,true,4");
	script_is("var s3 = fazt.app.s3; respond(JSON.stringify([s3.list('/l/', {limit: 1,"
	    " keysOnly: true}), s3.list('l/', {after: 'l/a', keysOnly: true}),"
	    " s3.list('none')]))", "[[{\"path\":\"l/a\"}],[{\"path\":\"l/b\"}],[]]");
}

#define FORM "content-type: multipart/form-data; boundary=b"

static void
test_files(void **state)
{
	static const char form[] = "--b\r\nContent-Disposition: form-data; name=\"f\";"
	    " filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n"
	    "Content-Disposition: form-data; name=\"g\"; filename=\"b\"\r\n\r\n\r\n--b\r\n"
	    "Content-Disposition: form-data; name=\"h\"; filename=\"c\"\r\n"
	    "Content-Type: a/\xc3\xbc\r\n\r\nx\r\n--b--\r\n";
	struct answer a;

	(void)state;
	script_deploy("api/main.js", "var s3 = fazt.app.s3, f = request.files;"
	    "s3.put('f', f.f); s3.put('g', f.g); s3.put('o', f.f, 'image/png');"
	    "s3.put('h', f.h);"
	    "respond(200, [s3.get('f', {as: 'text'}).data, s3.head('f').mime,"
	    " s3.head('f').hash, s3.head('g').size, s3.head('g').mime, s3.head('o').mime,"
	    " s3.head('h').mime].join(' '))", NULL);
	script_ask_bytes(&a, "POST", "/api/x", form, sizeof(form) - 1, FORM, NULL);
	assert_string_equal(a.body, "hello text/plain " HELLO " 0 application/octet-stream"
	    " image/png application/octet-stream");
	/* A copy of the object is not the object. */
	script_deploy("api/main.js", "var f = request.files.f, o = {name: f.name,"
	    " type: f.type, size: f.size}; fazt.app.s3.put('f', o)", NULL);
	script_ask_bytes(&a, "POST", "/api/x", form, sizeof(form) - 1, FORM, NULL);
	assert_int_equal(a.status, 500);
	assert_non_null(strstr(a.body, "s3.put requires path and data"));
}

/* Far more than a heap holds goes from the request to the store and to the answer. */
static void
test_large_file(void **state)
{
	static const char head[] = "--b\r\nContent-Disposition: form-data; name=\"f\";"
	    " filename=\"a.bin\"\r\n\r\n";
	static const char tail[] = "\r\n--b--\r\n";
	size_t size = 40 * MIB, n = sizeof(head) - 1 + size + sizeof(tail) - 1;
	char *form = xmalloc(n), *p = form;
	struct answer a;

	(void)state;
	memcpy(p, head, sizeof(head) - 1);
	p += sizeof(head) - 1;
	for (size_t i = 0; i < size; i++)
		p[i] = (char)(i * 7 + i / 255);
	memcpy(p + size, tail, sizeof(tail) - 1);
	script_site.quota.heap_bytes = 4 * MIB;
	script_deploy("api/main.js", "fazt.app.s3.put('large', request.files.f);"
	    "respond(201)", NULL);
	script_ask_bytes(&a, "POST", "/api/x", form, n, FORM, NULL);
	assert_int_equal(a.status, 201);
	script_eval(&a, "respond.blob('large')");
	assert_int_equal(a.status, 200);
	assert_int_equal(a.len, size);
	assert_memory_equal(a.body, p, size);
	script_is(TRY "respond([t(function () { s3.get('large') }),"
	    " t(function () { s3.get('large', {as: 'buffer'}) }), s3.head('large').size]"
	    ".join())", "LimitError LIMIT_EXCEEDED false,LimitError LIMIT_EXCEEDED false,"
	    "41943040");
	script_plain();
	script_eval(&a, "fazt.app.s3.delete('large'); respond(204)");
	free(form);
}

static void
test_respond(void **state)
{
	struct answer a;

	(void)state;
	script_eval(&a, "fazt.app.s3.put('r', '0123456789', 'text/plain'); respond.blob('r')");
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "0123456789");
	assert_string_equal(script_header(&a, "Content-Type"), "text/plain");
	assert_string_equal(script_header(&a, "ETag"),
	    "\"84d89877f0d4041efb6bf91a16f0248f\"");
	assert_string_equal(script_header(&a, "Cache-Control"), "private, no-cache");
	assert_string_equal(script_header(&a, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(script_header(&a, "Content-Disposition"), "-");
	assert_string_equal(script_header(&a, "Accept-Ranges"), "bytes");
	script_ask(&a, "GET", "/api/x", NULL, "range: bytes=2-4", NULL);
	assert_int_equal(a.status, 206);
	assert_string_equal(a.body, "234");
	assert_string_equal(script_header(&a, "Content-Range"), "bytes 2-4/10");
	script_ask(&a, "GET", "/api/x", NULL, "range: bytes=99-", NULL);
	assert_int_equal(a.status, 416);
	script_ask(&a, "GET", "/api/x", NULL,
	    "if-none-match: \"84d89877f0d4041efb6bf91a16f0248f\"", NULL);
	assert_int_equal(a.status, 304);
	assert_int_equal(a.len, 0);
	script_ask(&a, "HEAD", "/api/x", NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.rs->source_len, 10);
	/* A POST has its answer, whatever it says about ranges and tags. */
	script_ask(&a, "POST", "/api/x", NULL, "range: bytes=2-4",
	    "if-none-match: \"84d89877f0d4041efb6bf91a16f0248f\"", NULL);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "0123456789");
	script_eval(&a, "respond.blob('r', {status: 201, download: 'b\\u00fcro.txt',"
	    " cache: 'private, max-age=60', headers: {'X-Own': 'yes'}})");
	assert_int_equal(a.status, 201);
	assert_string_equal(script_header(&a, "Content-Disposition"),
	    "attachment; filename=\"b__ro.txt\"; filename*=UTF-8''b%C3%BCro.txt");
	assert_string_equal(script_header(&a, "Cache-Control"), "private, max-age=60");
	assert_string_equal(script_header(&a, "X-Own"), "yes");
	assert_string_equal(script_header(&a, "ETag"), "-");
	script_eval(&a, "respond.blob('none')");
	assert_int_equal(a.status, 404);
	assert_string_equal(a.body, "{\"error\":\"Not found\",\"code\":\"NOT_FOUND\","
	    "\"id\":\"0123456789abcdef\"}");
	assert_string_equal(script_header(&a, "Content-Type"), "application/json");
}

static void
test_respond_order(void **state)
{
	struct answer a;

	(void)state;
	script_is("fazt.app.s3.put('r', 'blob', 'text/plain'); respond('first');"
	    "var x = respond.blob('r'); if (x.status !== 200) throw 1", "first");
	script_is("respond.blob('r'); respond('second')", "blob");
	script_eval(&a, "respond.blob('none'); respond.blob('r')");
	assert_int_equal(a.status, 404);
	/* An error after it takes the place of the answer. */
	script_eval(&a, "respond.blob('r'); throw new Error('late')");
	assert_int_equal(a.status, 500);
	assert_string_equal(script_header(&a, "ETag"), "-");
}

/* What is uploaded as a page is none here, unless the script vouches for it. */
static void
test_respond_types(void **state)
{
	struct answer a;

	(void)state;
	script_eval(&a, "fazt.app.s3.put('p', '<script>1</script>', 'text/html');"
	    "respond.blob('p')");
	assert_string_equal(script_header(&a, "Content-Type"), "text/html");
	assert_string_equal(script_header(&a, "Content-Disposition"), "attachment");
	assert_string_equal(script_header(&a, "Content-Security-Policy"), "sandbox");
	script_eval(&a, "respond.blob('p', {headers: {'Content-Type': 'text/html'}})");
	assert_string_equal(script_header(&a, "Content-Type"), "text/html");
	assert_string_equal(script_header(&a, "Content-Disposition"), "-");
	assert_string_equal(script_header(&a, "Content-Security-Policy"), "-");
	assert_string_equal(script_header(&a, "X-Content-Type-Options"), "nosniff");
}

/* The text s3.get gave, given back unchanged with another type, is the bytes. */
static void
test_served(void **state)
{
	struct answer a;

	(void)state;
	script_eval(&a, "var s3 = fazt.app.s3; s3.put('i', new Uint8Array([255, 0, 1]),"
	    " 'image/png'); var f = s3.get('i'); respond(200, f.data,"
	    " {'Content-Type': f.mime})");
	assert_int_equal(a.status, 200);
	assert_int_equal(a.len, 3);
	assert_memory_equal(a.body, "\xff\0\x01", 3);
	assert_string_equal(script_header(&a, "Content-Type"), "image/png");
	script_ask(&a, "GET", "/api/x", NULL, "range: bytes=1-", NULL);
	assert_int_equal(a.status, 206);
	assert_int_equal(a.len, 2);
	script_is("var f = fazt.app.s3.get('i'); respond(f.data)", "/wAB");
	script_is("var f = fazt.app.s3.get('i'); respond(200, f.data,"
	    " {'Content-Type': 'application/json'})", "/wAB");
	script_is("var f = fazt.app.s3.get('i'); respond(200, f.data + '',"
	    " {'Content-Type': 'application/json; charset=utf-8'})", "/wAB");
	script_is("fazt.app.s3.get('i'); respond(200, '/wA=', {'Content-Type': 'image/png'})",
	    "/wA=");
	/* Not read in this request: a text like any other. */
	script_is("respond(200, '/wAB', {'Content-Type': 'image/png'})", "/wAB");
}

static void
test_url(void **state)
{
	static const struct {
		const char	*opts;
		bool		 put;
		int64_t		 life;
		uint64_t	 max_size;
		const char	*mime;
		const char	*download;
	} rows[] = {
		{ "undefined", false, 3600, 0, "", "" }, { "{}", false, 3600, 0, "", "" },
		{ "{expires: 1}", false, 1, 0, "", "" },
		{ "{expires: 0.5 + 1}", false, 2, 0, "", "" },
		{ "{expires: 604800}", false, 604800, 0, "", "" },
		{ "{method: 'GET', download: 'gr\\u00fc & co.txt'}", false, 3600, 0, "",
		    "gr\xc3\xbc & co.txt" },
		{ "{method: 'PUT', maxSize: 1000.7, mime: 'image/png'}", true, 3600, 1000,
		    "image/png", "" },
		{ "{method: 'PUT', maxSize: 1e12}", true, 3600, OBJECT_MAX, "", "" },
	};
	char source[300];

	(void)state;
	script_as.user = 7;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		bool user = i >= COUNT(rows);
		const char *path = "d/gr\xc3\xbc & co?#%.txt", *query;
		struct request rq = { .node = &script_node };
		int64_t now = clock_wall_ms() / 1000;
		struct why why = { 0 };
		struct answer a;
		struct blob_url u;
		size_t r = i % COUNT(rows);

		(void)snprintf(source, sizeof(source), "respond(fazt.app.%ss3.url("
		    "'/d/gr\\u00fc & co?#%%.txt', %s))", user ? "user." : "", rows[r].opts);
		script_eval(&a, source);
		assert_int_equal(a.status, 200);
		rq.arena = script_arena;
		rq.method = rows[r].put ? METHOD_PUT : METHOD_GET;
		OK(path_normalise(script_arena, a.body, &rq.path, &query));
		rq.query = query;
		assert_string_equal(rq.path + strlen(BLOB_URL_FOLDER), path);
		OK(blob_url_read(&rq, script_app, path, &u, &why));
		assert_int_equal(u.put, rows[r].put);
		assert_int_equal(u.space.app, script_app);
		assert_int_equal(u.space.user, user ? 7 : 0);
		assert_in_range(u.expires - now, rows[r].life, rows[r].life + 3);
		assert_int_equal(u.max_size, rows[r].max_size);
		assert_string_equal(u.mime, rows[r].mime);
		assert_string_equal(u.download, rows[r].download);
		rq.args_parsed = false;
		assert_int_equal(blob_url_read(&rq, script_app + 1, path, &u, &why),
		    FZ_FORBIDDEN);
	}
	script_plain();
}

static void
test_users_and_apps(void **state)
{
	int64_t first = script_app;
	struct answer a;

	(void)state;
	script_is("var e = []; ['get', 'put', 'delete', 'list', 'head', 'url'].forEach("
	    "function (f) { try { fazt.app.user.s3[f]('k', 'x') } catch (x) {"
	    " e.push(x.code, x.message) } }); respond(e.join('|'))",
	    "LOGIN_REQUIRED|fazt.app.user.s3.get requires login"
	    "|LOGIN_REQUIRED|fazt.app.user.s3.put requires login"
	    "|LOGIN_REQUIRED|fazt.app.user.s3.delete requires login"
	    "|LOGIN_REQUIRED|fazt.app.user.s3.list requires login"
	    "|LOGIN_REQUIRED|fazt.app.user.s3.head requires login"
	    "|LOGIN_REQUIRED|fazt.app.user.s3.url requires login");
	script_eval(&a, "respond.blob('x', {scope: 'user'})");
	assert_int_equal(a.status, 401);
	script_is("fazt.app.s3.put('own', 'shared', 'text/plain'); respond('ok')", "ok");
	for (int user = 7; user < 9; user++) {
		char source[300], want[20];

		script_as.user = user;
		(void)snprintf(want, sizeof(want), "of %d", user);
		(void)snprintf(source, sizeof(source), "var u = fazt.app.user.s3;"
		    "var had = u.get('own'); u.put('own', '%s', 'text/plain');"
		    "if (had || u.list().length !== 1) throw 1;"
		    "respond.blob('own', {scope: 'user'})", want);
		script_is(source, want);
		script_is("respond.blob('own', {scope: 'app'})", "shared");
	}
	script_app = script_make_app("second");
	script_plain();
	script_as.user = 7;
	script_is("var s3 = fazt.app.s3, u = fazt.app.user.s3; respond([s3.get('own'),"
	    " s3.list().length, u.get('own'), u.list().length, s3.delete('own')].join())",
	    ",0,,0,");
	script_app = first;
	script_plain();
	script_is("respond(fazt.app.s3.get('own', {as: 'text'}).data)", "shared");
}

static void
test_modes(void **state)
{
	struct seal *seal = script_node.seal;
	struct answer a;

	(void)state;
	script_is("fazt.app.s3.put('m', 'text', 'text/plain'); respond('ok')", "ok");
	script_site.data_readonly = true;
	script_is(TRY "respond([s3.get('m', {as: 'text'}).data,"
	    " t(function () { s3.put('m', 'x') }), t(function () { s3.delete('m') }),"
	    " t(function () { s3.url('m', {method: 'PUT'}) }), s3.url('m').length > 60]"
	    ".join())", "text,StorageError READ_ONLY false,StorageError READ_ONLY false,"
	    "StorageError READ_ONLY false,true");
	script_is("respond.blob('m')", "text");
	script_site.data_none = true;
	script_is(TRY "respond([t(function () { s3.get('m') }),"
	    " t(function () { s3.put('m', 'x') }), t(function () { s3.list() }),"
	    " t(function () { s3.url('m') }), t(function () { respond.blob('m') })].join())",
	    "StorageError NOT_SUPPORTED false,StorageError NOT_SUPPORTED false,"
	    "StorageError NOT_SUPPORTED false,StorageError NOT_SUPPORTED false,"
	    "StorageError NOT_SUPPORTED false");
	script_plain();
	script_node.seal = NULL;
	script_eval(&a, TRY "respond(t(function () { s3.url('m') }))");
	assert_string_equal(a.body, "StorageError NOT_SUPPORTED false");
	script_node.seal = seal;
}

static void
test_limits(void **state)
{
	struct answer a;

	(void)state;
	script_site.quota.blob_bytes = 10000;
	script_is(TRY "var s = new Array(5001).join('x'); s3.list().forEach(function (o) {"
	    " s3.delete(o.path) }); fazt.app.user; s3.put('a', s); respond("
	    "t(function () { s3.put('b', s + 'xxxxx' + s) }) + ' ' + s3.list().length)",
	    "LimitError QUOTA_EXCEEDED false 1");
	script_eval(&a, "fazt.app.s3.put('b', new Array(10002).join('x'))");
	assert_int_equal(a.status, 429);
	script_plain();
	assert_int_equal(number("SELECT count(*) FROM upload"), 0);
}

/* A run that ends inside of put leaves an upload to nobody. */
static void
test_ended(void **state)
{
	struct answer a;

	(void)state;
	script_site.quota.wall_ms = 150;
	script_site.quota.cpu_ms = 10000;
	script_eval(&a, "var s = new Array(1000001).join('x'), i = 0;"
	    "for (;;) try { fazt.app.s3.put('t' + i % 3, s + i++) } catch (e) { }");
	assert_int_equal(a.status, 504);
	script_plain();
	assert_int_equal(number("SELECT count(*) FROM upload"), 0);
	script_is("fazt.app.s3.put('t', 'again'); respond(fazt.app.s3.get('t',"
	    " {as: 'text'}).data)", "again");
}

/* Storing is many transactions; looking is part of the one that is open. */
static void
test_transaction(void **state)
{
	(void)state;
	script_is(TRY "s3.put('tx', 'before', 'text/plain'); var r = fazt.tx(function () {"
	    " return [t(function () { s3.put('tx', 'x') }),"
	    " t(function () { s3.delete('tx') }), s3.get('tx', {as: 'text'}).data,"
	    " s3.head('tx').size, s3.list('tx').length, s3.url('tx').length > 60] });"
	    "respond(r.join())", "StorageError TX_NOT_ALLOWED false,"
	    "StorageError TX_NOT_ALLOWED false,before,6,1,true");
	script_is("fazt.tx(function () { respond.blob('tx') })", "before");
	script_is("fazt.app.s3.put('tx', 'after'); respond(fazt.app.s3.get('tx',"
	    " {as: 'text'}).data)", "after");
}

/* Host functions called from what an option or a value does. */
static void
test_reentry(void **state)
{
	struct answer a;

	(void)state;
	script_is("var s3 = fazt.app.s3; s3.put('re/gr\\u00fc', 'x'); s3.put('re/z', 'y');"
	    "var l = s3.list('re/', {get limit() { s3.get('re/gr\\u00fc'); return 1 },"
	    " get after() { s3.list('\\u00fc'); return 're/gr\\u00fc' },"
	    " get keysOnly() { s3.head('x'); return false }}); respond(l[0].path)", "re/z");
	script_eval(&a, "var s3 = fazt.app.s3; s3.put('re/gr\\u00fc', 'body', 'text/plain');"
	    "respond.blob('/re//gr\\u00fc', {get download() { s3.head('x'); return 'n' },"
	    " get status() { s3.list('\\u00fc'); return 200 },"
	    " get headers() { s3.list('\\u00e4'); return {get 'X-A'() { s3.head('y');"
	    " return 'gr\\u00fc' }} }})");
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "body");
	assert_string_equal(script_header(&a, "X-A"), "gr\xc3\xbc");
	assert_non_null(strstr(script_header(&a, "Content-Disposition"), "filename=\"n\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_get),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_large_file),
		cmocka_unit_test(test_respond),
		cmocka_unit_test(test_respond_order),
		cmocka_unit_test(test_respond_types),
		cmocka_unit_test(test_served),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_users_and_apps),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_transaction),
		cmocka_unit_test(test_reentry),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
