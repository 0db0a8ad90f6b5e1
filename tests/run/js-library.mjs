// The library (runtime/lib) against Node: every snippet of tests/corpus/library runs in
// both, and what comes out must be the same text.  Nothing expected is stored; what Node
// does is right, and what its version lacks comes from core-js.
//
// A snippet begins in the first column and goes on in indented lines: an expression, or
// statements in braces that return.  Files called modern-*.js are translated for ours as a
// deploy would; the others go to the engine as they are.  known.json names the snippets
// that differ, with the reason; one that no longer differs is a failure, too.
//
// A few thousand URLs are put together from parts and compared in the same way.  At the end
// stand facts that Node cannot tell: what a script must not see, sizes, syntax Node lacks.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { createRequire } from 'node:module';
import { facts, heap_max } from '../corpus/library/facts.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const dir = path.join(root, 'tests/corpus/library');
const build = process.env.FAZT_BUILD ?? path.join(root, 'build');
const jsrun = path.join(build, 'tests/tools/jsrun');
const prelude = path.join(dir, 'show.js');
const require = createRequire(path.join(root, 'tests/package.json'));
const only = process.argv[2];

process.env.TZ = 'UTC';

function read(file) {
	const snippets = [];
	for (const line of fs.readFileSync(path.join(dir, file), 'utf8').split('\n')) {
		if (line.startsWith('//') || line.trim() === '')
			continue;
		if (/^\s/.test(line) || line.startsWith('}'))
			snippets[snippets.length - 1] += `\n${line}`;
		else
			snippets.push(line);
	}
	return snippets;
}

const body = (source) => source.startsWith('{') ? source : `return (${source}\n)`;
const wrap = (source) => `try {
	var outcome = (function () { ${body(source)} })();
	if (outcome !== null && typeof outcome === 'object' && typeof outcome.then === 'function')
		return outcome.then(show, function (e) { return 'rejects ' + show(e); });
	return show(outcome);
} catch (e) { return 'throws ' + show(e); }`;

async function inNode(snippets) {
	const out = [];
	for (const source of snippets) {
		let text;
		try {
			text = await new Function(wrap(source))();
		} catch (e) {
			text = `Node: ${e}`;
		}
		out.push(text);
	}
	return out;
}

function ourLines(bodies, options) {
	return execFileSync(jsrun, [...options, '-p', prelude], {
		input: bodies.join('\n//---\n'), maxBuffer: 1 << 28, timeout: 280000,
	}).toString().trimEnd().split('\n').map((line) => JSON.parse(line));
}

const inOurs = (bodies, ...options) => ourLines(bodies, options)
	.map((r) => 'value' in r ? r.value : `ours: ${r.error ?? r.thrown}: ${r.message}`);

let passed = 0, failed = 0, accepted = 0;
const known = JSON.parse(fs.readFileSync(path.join(dir, 'known.json'), 'utf8'));

function compare(file, sources, node, ours) {
	const reasons = known[file] ?? {};
	sources.forEach((source, i) => {
		const same = node[i] === ours[i];
		const reason = reasons[source.split('\n')[0]];
		if (reason !== undefined && !same) {
			accepted++;
		} else if (reason !== undefined || !same) {
			failed++;
			console.log(`${file}: ${source}\n   node ${node[i]}\n   ours ${ours[i]}` +
			    (same ? `\n   no longer differs: ${reason}` : ''));
		} else {
			passed++;
		}
	});
	for (const first of Object.keys(reasons))
		if (!sources.some((s) => s.split('\n')[0] === first)) {
			failed++;
			console.log(`${file}: known.json names what is not there: ${first}`);
		}
}

// --- URLs

function urls() {
	const schemes = ['', 'http:', 'https:', 'ftp:', 'ws:', 'file:', 'mailto:', 'x-y:', 'HTTP:', '1a:',
		'javascript:', 'blob:https:'];
	const slashes = ['', '/', '//', '///', '\\\\', '/\\'];
	const hosts = ['', 'example.com', 'EXAMPLE.com.', 'a b', '127.1', '0x7f.0.0.1', '256.1.1.1', '1.2.3',
		'1.2.3.4.5', '[::1]', '[1:2:3:4:5:6:7:8]', '[::ffff:1.2.3.4]', '[1::2::3]', 'user@h', 'u:p@h',
		'u:p:q@@h', 'h:80', 'h:443', 'h:', 'h:65536', 'h:x', '%41.com', 'a%00b', 'a_b', 'C:', 'C|',
		'localhost', '%zz', 'xn--mnchen-3ya.de', 'm\u00fcnchen.de', 'stra\u00dfe.de', '\u65e5\u672c',
		'0', '09', '0xg', 'a..b', '.', '..'];
	const paths = ['', '/', '/a/b/../c', '/./a', '/a//b', '/%2e%2E/x', '/C|/x', '/a b"<>`{}', '/\u00e9\ud83d\ude00',
		'/a\\b', 'x/y', '/..', '/a/.', '/a;b=1,c', '/%', '/\t\n/x'];
	const tails = ['', '?', '#', '?q=1&r=a b', '?\'"<>', '#f f`"', '?a#b?c#d', '?\u00e9#\u00e9'];
	const list = [];
	let n = 12345;
	const pick = (from) => from[(n = (n * 1103515245 + 12345) % 2147483648) % from.length];
	for (let i = 0; i < 4000; i++)
		list.push([pick(schemes) + pick(slashes) + pick(hosts) + pick(paths) + pick(tails),
			i % 3 === 0 ? undefined : pick(['http://b/c/d?e#f', 'file:///C:/a/b', 'mailto:x@y', 'x-y://h:1/p/q',
				'https://u:p@h:8/', 'x-y:/p/q'])]);
	return list;
}

const url_parts = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port',
	'pathname', 'search', 'hash'];

function urlSnippet(list) {
	return `var parts = ${JSON.stringify(url_parts)};
return ${escape(list)}.map(function (one) {
	var url;
	try {
		url = one.length < 2 || one[1] === null ? new URL(one[0]) : new URL(one[0], one[1]);
	} catch (e) {
		return e.name;
	}
	return parts.map(function (part) { return url[part]; }).join(' ');
});`;
}

const setters = [['protocol', ['https', 'ftp:', 'x', 'file', 'ws:y']], ['username', ['', 'a@b', '\u00e9']],
	['password', ['', 'p:q']], ['host', ['', 'x.y', 'h:81', 'h:81/p', 'a b', '[::2]:9', 'h:x']],
	['hostname', ['', 'x.y', 'h:81', '127.1']], ['port', ['', '80', '443', '9x', 'x', '70000', ' 8']],
	['pathname', ['', 'a/../b', '/x?y#z', '\\w']], ['search', ['', '?', 'a=b c', '?#']],
	['hash', ['', '#', 'x y', '#\u00e9']], ['href', ['http://new/', 'nope']]];

function setterSnippet() {
	return `var bases = ['http://u:p@h:8/a/b?c#d', 'https://h/', 'file:///C:/x', 'mailto:x', 'x-y://h:1/p'];
return bases.map(function (base) {
	return ${escape(setters)}.map(function (setter) {
		return setter[1].map(function (value) {
			var url = new URL(base);
			try { url[setter[0]] = value; } catch (e) { return e.name; }
			return url.href;
		});
	});
});`;
}

const escape = (value) => JSON.stringify(value).replace(/[\u007f-\uffff]/g,
	(c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

function compareURLs() {
	const list = urls();
	const flat = (value) => typeof value === 'string' ? [value] : value.flatMap(flat);
	for (const snippet of [urlSnippet(list), setterSnippet()]) {
		const node = flat(new Function(snippet)());
		const ours = flat(inOurs([snippet])[0]);
		node.forEach((text, i) => {
			// Node keeps ^ in paths or not, by its age
			if (text === ours[i]) {
				passed++;
			} else {
				failed++;
				console.log(`URL ${escape(list[i])}\n   node ${escape(text)}\n   ours ${escape(ours[i] ?? null)}`);
			}
		});
	}
}

// --- facts

function check(what, ours, expected) {
	if (ours === expected) {
		passed++;
	} else {
		failed++;
		console.log(`${what}\n   expected ${expected}\n   ours     ${ours}`);
	}
}

function checkFacts() {
	for (const [options, list] of facts)
		ourLines(list.map((fact) => fact[0]), options).forEach((line, i) => {
			delete line.stack;
			check(`${list[i][0]} ${options}`, JSON.stringify(line), JSON.stringify(list[i][1]));
		});
	const size = (...options) => JSON.parse(execFileSync(jsrun, [...options, '-m'])).heap;
	const least = size();
	check('bytes of a heap with the library', least <= heap_max ? 'few' : least, 'few');
	check('-l loads what a text wants', size('-l', 'x = new URL(y)') > least + 50000, true);
	check('-l loads no more', size('-l', 'x = y') === least, true);
	check('-e loads all', size('-e') > least + 100000, true);
}

// --- all

if (!fs.existsSync(jsrun)) {
	console.log(`no ${jsrun}: make tool-programs`);
	process.exit(1);
}
for (const name of ['esnext.map.group-by', 'es.map.group-by', 'es.object.group-by', 'es.promise.with-resolvers',
	'es.promise.try', 'es.set.union.v2', 'es.set.intersection.v2', 'es.set.difference.v2',
	'es.set.symmetric-difference.v2', 'es.set.is-subset-of.v2', 'es.set.is-superset-of.v2',
	'es.set.is-disjoint-from.v2', 'es.suppressed-error.constructor', 'web.url.parse'])
	try {
		require(`core-js/modules/${name}.js`);
	} catch (e) {
		if (e.code !== 'MODULE_NOT_FOUND')
			throw e;
	}
vm.runInThisContext(fs.readFileSync(prelude, 'utf8'));
for (const file of fs.readdirSync(dir).sort()) {
	if (!file.endsWith('.js') || file === 'show.js' || (only && !file.includes(only)))
		continue;
	const sources = read(file);
	const node = await inNode(sources);
	if (file.startsWith('modern-')) {
		compare(file, sources, node, inOurs(sources.map(wrap), '-x'));
		continue;
	}
	// what is loaded when it is used, and all of it from the start
	compare(file, sources, node, inOurs(sources.map(wrap)));
	compare(file, sources, node, inOurs(sources.map(wrap), '-e'));
}
if (!only || only === 'url')
	compareURLs();
if (!only || only === 'facts')
	checkFacts();
console.log(`${passed} the same as in Node, ${accepted} known to differ, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
