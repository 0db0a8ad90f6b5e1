/*
 * What apps can require: every module of the library loads, and does what its
 * documentation says it does.
 */
#include "tests/unit/script_fixture.h"

struct check {
	const char	*expression;	/* of a module named m */
	const char	*want;		/* JSON of its value */
};

static void
run(const char *module, const struct check *v, size_t n)
{
	struct answer a;

	for (size_t i = 0; i < n; i++) {
		char src[2048];

		snprintf(src, sizeof(src), "const m = require('%s');\n"
		    "respond(200, { v: %s }, { 'Content-Type': 'application/json' })",
		    module, v[i].expression);
		script_eval(&a, src);
		if (a.status != 200 || strlen(a.body) < 6 ||
		    strlen(a.body) != strlen(v[i].want) + 6 ||
		    strncmp(a.body + 5, v[i].want, strlen(v[i].want)) != 0)
			fail_msg("%s: %s\n  want {\"v\":%s}\n  got  %s", module, v[i].expression,
			    v[i].want, a.body);
	}
}

static void
test_lodash(void **state)
{
	static const struct check v[] = {
		{ "typeof m", "\"function\"" },
		{ "m.chunk(['a', 'b', 'c', 'd'], 3)", "[[\"a\",\"b\",\"c\"],[\"d\"]]" },
		{ "m.groupBy([6.1, 4.2, 6.3], Math.floor)", "{\"4\":[4.2],\"6\":[6.1,6.3]}" },
		{ "m.debounce.name !== undefined && m.get({ a: [{ b: { c: 3 } }] }, 'a[0].b.c')",
		    "3" },
		{ "m.set({ a: [{ b: { c: 3 } }] }, ['x', '0', 'y', 'z'], 5).x",
		    "[{\"y\":{\"z\":5}}]" },
		{ "m.merge({ a: [{ b: 2 }, { d: 4 }] }, { a: [{ c: 3 }, { e: 5 }] })",
		    "{\"a\":[{\"b\":2,\"c\":3},{\"d\":4,\"e\":5}]}" },
		{ "m.sortBy([{ u: 'f', a: 48 }, { u: 'b', a: 34 }, { u: 'f', a: 40 }],"
		    " ['u', 'a']).map(x => x.a)", "[34,40,48]" },
		{ "m([1, 2, 3, 4]).filter(n => n % 2).map(n => n * n).sum()", "10" },
		{ "m.template('hello <%= user %>! <% _.forEach(list, function (x) { %><%- x %><% }) %>')"
		    "({ user: 'fred', list: ['<', '>'] })", "\"hello fred! &lt;&gt;\"" },
		{ "[m.camelCase('--foo-bar--'), m.kebabCase('fooBar'), m.startCase('fooBar'),"
		    " m.snakeCase('Foo Bar'), m.deburr('déjà vu')]",
		    "[\"fooBar\",\"foo-bar\",\"Foo Bar\",\"foo_bar\",\"deja vu\"]" },
		{ "[m.isEqual({ a: [1, new Date(0)] }, { a: [1, new Date(0)] }), m.isEmpty({}),"
		    " m.isPlainObject(new Map())]", "[true,true,false]" },
		{ "m.cloneDeep({ a: [{ b: 1 }], d: new Date(0) })",
		    "{\"a\":[{\"b\":1}],\"d\":\"1970-01-01T00:00:00.000Z\"}" },
		{ "[m.truncate('hi-diddly-ho there, neighborino', { length: 24, separator: ' ' }),"
		    " m.pad('abc', 8, '_-'), m.words('fred, barney, & pebbles')]",
		    "[\"hi-diddly-ho there,...\",\"_-abc_-_\",[\"fred\",\"barney\","
		    "\"pebbles\"]]" },
		{ "m.range(0, -4, -1)", "[0,-1,-2,-3]" },
		{ "[m.uniqBy([2.1, 1.2, 2.3], Math.floor), m.flattenDeep([1, [2, [3, [4]], 5]]),"
		    " m.zipObject(['a', 'b'], [1, 2])]", "[[2.1,1.2],[1,2,3,4,5],{\"a\":1,\"b\":2}]" },
		{ "m.size('😀')", "1" },
	};

	(void)state;
	run("lodash", v, COUNT(v));
}

static void
test_dayjs(void **state)
{
	static const struct check v[] = {
		{ "m('2018-08-08').isValid() && !m('not a date').isValid()", "true" },
		{ "m('2019-01-25').format('[YYYYescape] YYYY-MM-DDTHH:mm:ssZ[Z]')",
		    "\"YYYYescape 2019-01-25T00:00:00+00:00Z\"" },
		{ "m('2019-01-25').format('DD/MM/YYYY ddd MMM D h:mm A')",
		    "\"25/01/2019 Fri Jan 25 12:00 AM\"" },
		{ "m('2019-01-31').add(1, 'month').format('YYYY-MM-DD')", "\"2019-02-28\"" },
		{ "m('2019-01-25').subtract(7, 'day').toISOString()",
		    "\"2019-01-18T00:00:00.000Z\"" },
		{ "m('2019-01-25').diff(m('2018-06-05'), 'month', true).toFixed(3)",
		    "\"7.645\"" },
		{ "[m('2019-01-25').startOf('month').date(), m('2019-01-25').endOf('year').month(),"
		    " m('2019-02-01').daysInMonth()]", "[1,11,28]" },
		{ "[m('2010-10-20').isBefore('2010-10-21'), m('2010-10-20').isSame('2010-10-20',"
		    " 'year'), m('2010-10-20').isAfter(m('2011-01-01'))]", "[true,true,false]" },
		{ "m.unix(1318781876.721).valueOf()", "1318781876721" },
		{ "m(1318781876406).set('hour', 5).set('minute', 55).set('second', 15)"
		    ".toISOString()", "\"2011-10-16T05:55:15.406Z\"" },
		{ "JSON.stringify({ d: m('2020-02-29').clone() })",
		    "\"{\\\"d\\\":\\\"2020-02-29T00:00:00.000Z\\\"}\"" },
	};

	(void)state;
	run("dayjs", v, COUNT(v));
}

static void
test_validator(void **state)
{
	static const struct check v[] = {
		{ "[m.isEmail('foo@bar.com'), m.isEmail('not an email'),"
		    " m.isEmail('hé@example.org'), m.isEmail('a@b')]", "[true,false,true,false]" },
		{ "[m.isURL('https://example.com/a?b=c'), m.isURL('nope'), m.isURL('ftp://x.org')]",
		    "[true,false,true]" },
		{ "[m.isUUID('6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b'), m.isUUID('xyz')]",
		    "[true,false]" },
		{ "[m.isIP('127.0.0.1'), m.isIP('2001:db8::1', 6), m.isIP('256.0.0.1')]",
		    "[true,true,false]" },
		{ "[m.isCreditCard('4716461583322103'), m.isCreditCard('4716461583322104')]",
		    "[true,false]" },
		{ "[m.isISO8601('2020-02-29', { strict: true }), m.isISO8601('2021-02-29',"
		    " { strict: true })]", "[true,false]" },
		{ "[m.isAlpha('abc'), m.isAlpha('éè', 'fr-FR'), m.isAlpha('a1')]",
		    "[true,true,false]" },
		{ "m.escape('<a href=\"x\">\\'&</a>')",
		    "\"&lt;a href=&quot;x&quot;&gt;&#x27;&amp;&lt;&#x2F;a&gt;\"" },
		{ "m.normalizeEmail('Some.Name+tag@GMail.com')", "\"somename@gmail.com\"" },
		{ "[m.isStrongPassword('aA1!aaaa'), m.isMobilePhone('+4915112345678', 'de-DE'),"
		    " m.isIBAN('DE89370400440532013000')]", "[true,true,true]" },
		{ "[m.trim('  a '), m.toInt('12px'), m.isJSON('{\"a\":1}'), m.isHexColor('#ff0034'),"
		    " m.isSlug('a-b'), m.equals('a', 'a')]", "[\"a\",12,true,true,true,true]" },
		{ "(() => { try { m.isEmail(1) } catch (e) { return e.name } })()",
		    "\"TypeError\"" },
	};

	(void)state;
	run("validator", v, COUNT(v));
}

static void
test_uuid(void **state)
{
	static const struct check v[] = {
		{ "Object.keys(m).sort()", "[\"NIL\",\"default\",\"parse\",\"stringify\",\"v1\","
		    "\"v3\",\"v4\",\"v5\",\"validate\",\"version\"]" },
		{ "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/"
		    ".test(m.v4())", "true" },
		{ "m.v4() === m.v4()", "false" },
		{ "[m.validate(m.v1()), m.version(m.v1()), m.version(m.v4())]", "[true,1,4]" },
		{ "m.v1() === m.v1()", "false" },
		{ "m.v5('Hello, World!', '1b671a64-40d5-491e-99b0-da01ff1f3341')",
		    "\"630eb68f-e0fa-5ecc-887a-7c7a62614681\"" },
		{ "m.v5('hello.example.com', m.v5.DNS)",
		    "\"fdda765f-fc57-5604-a269-52a7df8164ec\"" },
		{ "m.v3('hello.example.com', m.v3.DNS)",
		    "\"9125a8dc-52ee-365b-a5aa-81b0b3681cf6\"" },
		{ "[m.validate('not a UUID'), m.validate(m.NIL)]", "[false,true]" },
		{ "(() => { try { m.version('x') } catch (e) { return e.message } })()",
		    "\"Invalid UUID\"" },
		{ "m.stringify(m.parse('6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b'))",
		    "\"6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b\"" },
	};
	struct answer a;
	char first[64];

	(void)state;
	run("uuid", v, COUNT(v));
	// nothing of one request is left for the next
	script_deploy("api/main.js", "respond(require('uuid').v4())", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	snprintf(first, sizeof(first), "%s", a.body);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_not_equal(a.body, first);
}

static void
test_zod(void **state)
{
	static const struct check v[] = {
		{ "[typeof m.z.object, m.default === m.z]", "[\"function\",true]" },
		{ "m.z.object({ name: m.z.string(), age: m.z.number().int().optional() })"
		    ".parse({ name: 'a', extra: 1 })", "{\"name\":\"a\"}" },
		{ "m.z.string().safeParse(12).error.issues[0]", "{\"code\":\"invalid_type\","
		    "\"expected\":\"string\",\"received\":\"number\",\"path\":[],\"message\":"
		    "\"Expected string, received number\"}" },
		{ "[m.z.string().email().safeParse('a@b.de').success,"
		    " m.z.string().url().safeParse('x').success, m.z.string().uuid().safeParse("
		    "'6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b').success,"
		    " m.z.string().datetime().safeParse('2020-01-01T00:00:00Z').success]",
		    "[true,false,true,true]" },
		{ "m.z.coerce.number().min(3).max(5).parse('4')", "4" },
		{ "m.z.array(m.z.union([m.z.string(), m.z.number()])).nonempty().parse(['a', 1])",
		    "[\"a\",1]" },
		{ "m.z.discriminatedUnion('t', [m.z.object({ t: m.z.literal('a'), x: m.z.string() }),"
		    " m.z.object({ t: m.z.literal('b') })]).parse({ t: 'a', x: 'y' })",
		    "{\"t\":\"a\",\"x\":\"y\"}" },
		{ "m.z.string().transform(s => s.length).refine(n => n > 2, 'short')"
		    ".safeParse('ab').error.format()", "{\"_errors\":[\"short\"]}" },
		{ "(() => { try { m.z.object({ a: m.z.object({ b: m.z.number() }) })"
		    ".parse({ a: { b: 'x' } }) } catch (e) { return [e instanceof m.z.ZodError,"
		    " e instanceof Error, e.name, e.flatten().fieldErrors, e.issues[0].path] } })()",
		    "[true,true,\"ZodError\",{\"a\":[\"Expected number, received string\"]},"
		    "[\"a\",\"b\"]]" },
		{ "m.z.enum(['x', 'y']).options.concat(m.z.record(m.z.number()).parse({ k: 1 }).k)",
		    "[\"x\",\"y\",1]" },
		{ "m.z.object({ d: m.z.date().default(() => new Date(0)), l: m.z.lazy(() =>"
		    " m.z.string()).nullable() }).strict().parse({ l: null })",
		    "{\"d\":\"1970-01-01T00:00:00.000Z\",\"l\":null}" },
		{ "await m.z.string().refine(async s => s === 'ok').parseAsync('ok')", "\"ok\"" },
		{ "[m.z.string().emoji().safeParse('😀').success,"
		    " m.z.string().emoji().safeParse('a').success, m.z.bigint === undefined]",
		    "[true,false,false]" },
	};

	(void)state;
	run("zod", v, COUNT(v));
}

static void
test_marked(void **state)
{
	static const struct check v[] = {
		{ "[typeof m.marked, typeof m.Marked, typeof m.default]",
		    "[\"function\",\"function\",\"function\"]" },
		{ "m.marked.parse('# Marked in *Node*')",
		    "\"<h1 id=\\\"marked-in-node\\\">Marked in <em>Node</em></h1>\\n\"" },
		{ "m.marked('**b** `c` ~~d~~ [l](https://x.org \"t\")')",
		    "\"<p><strong>b</strong> <code>c</code> <del>d</del> <a href=\\\"https://x.org\\\""
		    " title=\\\"t\\\">l</a></p>\\n\"" },
		{ "m.marked.parse('- a\\n- b\\n  1. c')", "\"<ul>\\n<li>a</li>\\n<li>b<ol>\\n"
		    "<li>c</li>\\n</ol>\\n</li>\\n</ul>\\n\"" },
		{ "m.marked.parse('| a | b |\\n|---|--:|\\n| 1 | 2 |').replace(/\\n/g, '')",
		    "\"<table><thead><tr><th>a</th><th align=\\\"right\\\">b</th></tr></thead><tbody>"
		    "<tr><td>1</td><td align=\\\"right\\\">2</td></tr></tbody></table>\"" },
		{ "m.marked.parse('```js\\nlet x = 1 < 2;\\n```')", "\"<pre><code class=\\\""
		    "language-js\\\">let x = 1 &lt; 2;\\n</code></pre>\\n\"" },
		{ "m.marked.parseInline('*a* \\\\*b\\\\* &amp; <i>c</i>')",
		    "\"<em>a</em> *b* &amp; <i>c</i>\"" },
		{ "m.marked.parse('> q\\n\\n---\\n\\n![i](a.png)\\n\\nline  \\nbreak')",
		    "\"<blockquote>\\n<p>q</p>\\n</blockquote>\\n<hr>\\n<p><img src=\\\"a.png\\\""
		    " alt=\\\"i\\\"></p>\\n<p>line<br>break</p>\\n\"" },
		{ "m.marked.lexer('# h\\n\\np').map(t => t.type)",
		    "[\"heading\",\"paragraph\"]" },
		{ "new m.Marked({ breaks: true }).parse('a\\nb')", "\"<p>a<br>b</p>\\n\"" },
		{ "(() => { const x = new m.Marked(); x.use({ renderer: { heading(t, d) {"
		    " return `<h${d + 1}>x</h${d + 1}>` } } }); return [x.parse('# a'),"
		    " m.marked.parse('# a')] })()", "[\"<h2>x</h2>\",\"<h1 id=\\\"a\\\">a</h1>\\n\"]" },
		{ "m.marked.parse('über https://example.org/x - [ ] todo')",
		    "\"<p>über <a href=\\\"https://example.org/x\\\">https://example.org/x</a>"
		    " - [ ] todo</p>\\n\"" },
	};

	(void)state;
	run("marked", v, COUNT(v));
}

static void
test_cheerio(void **state)
{
#define PAGE "m.load('<ul id=\"fruits\"><li class=\"apple\">Apple</li><li class=\"orange\">" \
	"Orange</li><li class=\"pear\">Pear</li></ul>')"
	static const struct check v[] = {
		{ "[typeof m.load, typeof m.default]", "[\"function\",\"object\"]" },
		{ PAGE "('.apple', '#fruits').text()", "\"Apple\"" },
		{ PAGE "('ul .pear').attr('class')", "\"pear\"" },
		{ PAGE "('li').map((i, el) => i + el.tagName).get()", "[\"0li\",\"1li\",\"2li\"]" },
		{ "(() => { const $ = " PAGE "; $('ul').append('<li>Plum</li>');"
		    " $('.apple').remove(); $('li').first().addClass('x').attr('data-a', '\"&');"
		    " return $.html('#fruits') })()",
		    "\"<ul id=\\\"fruits\\\"><li class=\\\"orange x\\\" data-a=\\\"&quot;&amp;\\\">"
		    "Orange</li><li class=\\\"pear\\\">Pear</li><li>Plum</li></ul>\"" },
		{ "m.load('<h2 class=\"title\">Hello world</h2>').html()", "\"<html><head></head>"
		    "<body><h2 class=\\\"title\\\">Hello world</h2></body></html>\"" },
		{ PAGE "('li:nth-child(2), li:contains(\"Pear\")').length", "2" },
		{ PAGE "('.orange').prev().text() + " PAGE "('.apple').nextAll().length", "\"Apple2\"" },
		{ PAGE "('li').filter((i, e) => i !== 1).eq(1).parent().attr('id')",
		    "\"fruits\"" },
		{ "m.load('<a href=x>t&eacute;xt &lt;<b>b</a>')('a').html()",
		    "\"téxt &lt;<b>b</b>\"" },
		{ "m.load('<x><y/></x>', { xml: true }).xml()", "\"<x><y/></x>\"" },
		{ "m.load('<p>😀 &#128512;</p>', null, false)('p').text().length", "5" },
		{ "m.load('<select><option value=1><option value=2 selected></select>')"
		    "('select').val()", "\"2\"" },
	};

	(void)state;
	run("cheerio", v, COUNT(v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lodash),
		cmocka_unit_test(test_dayjs),
		cmocka_unit_test(test_validator),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_zod),
		cmocka_unit_test(test_marked),
		cmocka_unit_test(test_cheerio),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
