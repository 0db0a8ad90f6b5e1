// The library (runtime/lib) against the slices of test262, the standard's own tests, that
// are about what it adds or what the transpiler needs it for.  The tests come from npm, as
// the archive they are (unpacked they would be 32,000 files), and are translated as a deploy
// would, by the same script, which here runs in Node.
//
// tests/corpus/library/test262.json says for each reason which tests are known to fail.
// One that is not in it must pass, one that is must fail.  Run with a word to see the
// failures of the tests whose path has it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import zlib from 'node:zlib';
import { createHash } from 'node:crypto';

const root = path.resolve(import.meta.dirname, '../..');
const build = process.env.FAZT_BUILD ?? path.join(root, 'build');
const jsrun = path.join(build, 'tests/tools/jsrun');
const known_file = path.join(root, 'tests/corpus/library/test262.json');
const only = process.argv[2];

const slices = ['built-ins/Map', 'built-ins/Set', 'built-ins/WeakMap', 'built-ins/WeakSet',
	'built-ins/MapIteratorPrototype', 'built-ins/SetIteratorPrototype', 'built-ins/Promise',
	'built-ins/ArrayIteratorPrototype', 'built-ins/StringIteratorPrototype', 'built-ins/Array/from',
	'built-ins/Array/of', ...['entries', 'fill', 'find', 'findIndex', 'flatMap', 'includes', 'keys',
		'copyWithin', 'values', 'sort', 'Symbol.iterator'].map((n) => `built-ins/Array/prototype/${n}`),
	...['padStart', 'padEnd', 'trimStart', 'trimEnd', 'matchAll', 'normalize', 'Symbol.iterator',
		'localeCompare', 'replace', 'split', 'match', 'search'].map((n) => `built-ins/String/prototype/${n}`),
	'built-ins/String/raw', ...['entries', 'values', 'getOwnPropertyDescriptors',
		'assign'].map((n) => `built-ins/Object/${n}`), 'built-ins/Reflect/construct', 'built-ins/Error',
	'built-ins/NativeErrors', ...['acosh', 'asinh', 'atanh', 'cbrt', 'cosh', 'expm1', 'fround', 'log1p', 'sinh',
		'tanh'].map((n) => `built-ins/Math/${n}`), 'built-ins/Date/parse', 'built-ins/Date/UTC',
	'built-ins/Date/prototype/toString', 'built-ins/Date/prototype/toUTCString', 'built-ins/Symbol/prototype',
	'built-ins/Date/prototype/toDateString', 'built-ins/Date/prototype/toTimeString',
	...['fill', 'find', 'findIndex', 'includes', 'map', 'filter', 'slice', 'sort', 'entries', 'keys', 'values', 'join',
		'every'].map((n) => `built-ins/TypedArray/prototype/${n}`), 'built-ins/TypedArray/from', 'built-ins/TypedArray/of',
	'built-ins/GeneratorPrototype', 'built-ins/AsyncGeneratorPrototype', 'built-ins/AsyncFromSyncIteratorPrototype',
	'built-ins/AsyncIteratorPrototype', 'built-ins/RegExp/named-groups', 'built-ins/RegExp/dotall',
	'built-ins/RegExp/prototype/Symbol.replace', 'built-ins/RegExp/prototype/Symbol.match',
	'built-ins/RegExp/prototype/Symbol.matchAll', 'built-ins/RegExp/prototype/sticky',
	'built-ins/RegExp/prototype/Symbol.search', 'built-ins/RegExp/prototype/exec',
	'language/statements/for-of', 'language/expressions/generators', 'language/statements/generators',
	'language/statements/for-await-of', 'language/expressions/async-generator', 'language/expressions/await',
	'language/statements/async-function', 'language/expressions/yield', 'language/expressions/array',
	'language/statements/class/subclass', 'language/expressions/template-literal'];
// What no script here can have, library or not.
const absent = ['BigInt', 'SharedArrayBuffer', 'Atomics', 'cross-realm', 'regexp-lookbehind', 'tail-call-optimization',
	'regexp-unicode-property-escapes', 'IsHTMLDDA', 'caller', 'dynamic-import', 'import.meta', 'u180e',
	'Array.prototype.flatten'];

const transpiler = ['runtime/prebuilt', 'build/js'].map((d) => path.join(root, d, 'transpiler.js'))
	.find((f) => fs.existsSync(f));
if (transpiler === undefined) {
	console.log('no build/js/transpiler.js: make');
	process.exit(1);
}
const context = vm.createContext({});
vm.runInContext(fs.readFileSync(transpiler, 'utf8'), context, { filename: transpiler });

const archive = { name: '@gerhobbelt/test262@3.0.0-4', file: 'gerhobbelt-test262-3.0.0-4.tgz',
	sha512: 'FQEKku39qtlJEIRFVAxXHFu6vQcC1yS0y4Mta5nDo2WZFL8DITsgMptiTIoK9ori6Q530HB6SiCdVYlFLLHVeA==' };

function fetchArchive() {
	const dir = path.join(root, 'build/test262'), file = path.join(dir, archive.file);
	if (!fs.existsSync(file)) {
		fs.mkdirSync(dir, { recursive: true });
		try {
			execFileSync('npm', ['pack', archive.name, '--pack-destination', dir, '--silent'],
				{ stdio: 'pipe', timeout: 120000 });
		} catch {
			console.log(`npm does not get ${archive.name}`);
			process.exit(77);
		}
	}
	const bytes = fs.readFileSync(file);
	if (createHash('sha512').update(bytes).digest('base64') !== archive.sha512) {
		console.log(`${file} is not what it was`);
		process.exit(1);
	}
	return zlib.gunzipSync(bytes);
}

// name -> text of the files of a tar (ustar, names with prefixes)
function untar(tar) {
	const entries = new Map();
	const field = (at, n) => tar.toString('latin1', at, at + n).replace(/\0.*$/s, '');
	for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
		const size = parseInt(field(at + 124, 12), 8), prefix = field(at + 345, 155);
		if (field(at + 156, 1) === '0')
			entries.set((prefix ? `${prefix}/` : '') + field(at, 100),
				tar.toString('utf8', at + 512, at + 512 + size));
		at += 512 + Math.ceil(size / 512) * 512;
	}
	return entries;
}

const suite = untar(fetchArchive());
const textOf = (name) => suite.get(`package/${name}`);
const names = [...suite.keys()].filter((n) => n.startsWith('package/test/') && n.endsWith('.js') &&
	!n.includes('_FIXTURE')).map((n) => n.slice('package/test/'.length)).sort();

function files(slice) {
	const list = names.filter((n) => n === `${slice}.js` || n.startsWith(`${slice}/`));
	if (list.length === 0)
		throw new Error(`no slice ${slice}`);
	return list;
}

function frontMatter(text) {
	const yaml = /\/\*---([\s\S]*?)---\*\//.exec(text)?.[1] ?? '';
	const list = (name) => {
		const flow = new RegExp(`^${name}:\\s*\\[([^\\]]*)\\]`, 'm').exec(yaml);
		if (flow)
			return flow[1].split(',').map((s) => s.trim()).filter(Boolean);
		const block = new RegExp(`^${name}:\\s*\\n((?:\\s+- .*\\n?)+)`, 'm').exec(yaml);
		return block ? block[1].split('\n').map((s) => s.replace(/^\s+- /, '').trim()).filter(Boolean) : [];
	};
	return { flags: list('flags'), includes: list('includes'), features: list('features'),
		negative: /^negative:\s*\n\s+phase:\s*(\w+)\s*\n\s+type:\s*(\w+)/m.exec(yaml) };
}

// The text of a function of four arguments.
function translate(text, kind = 1) {
	const made = context.fzTranslate(text, kind);
	return made.js ?? `(function () { throw new SyntaxError(${JSON.stringify(made.error)}); })`;
}

// The harness is global code: the function around it goes.
const helpers = new Set(['assert.js', 'sta.js']);
function prelude() {
	const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-test262-')), 'harness.js');
	const texts = [...helpers].map((name) =>
		translate(textOf(`harness/${name}`), 0)
			.replace(/^\(function \([^)]*\) \{/, '').replace(/\}\)\s*$/, ''));
	fs.writeFileSync(file, `var global = globalThis, $262 = { global: globalThis, detachArrayBuffer: function () {
throw new Test262Error('cannot detach'); } };\n${texts.join('\n')}`);
	return file;
}

// A test as a snippet, or null if it is not for us.
function snippet(file) {
	const text = textOf(`test/${file}`);
	const { flags, includes, features, negative } = frontMatter(text);
	if (flags.some((f) => ['module', 'raw', 'CanBlockIsFalse'].includes(f)) || (negative && negative[1] !== 'runtime') ||
	    features.some((f) => absent.includes(f)) || text.includes('createRealm'))
		return null;
	includes.forEach((name) => helpers.add(name));
	const call = `(${translate((flags.includes('onlyStrict') ? '"use strict";\n' : '') + text)})({}, undefined, {}, {});`;
	if (flags.includes('async'))
		return `return new Promise(function ($yes, $no) {
globalThis.$DONE = function (e) { if (e) $no(e); else $yes('passed'); };\n${call}\n});`;
	if (negative)
		return `try {\n${call}\n} catch (e) { return e.name === '${negative[2]}' ? 'passed' : 'wrong error'; }`;
	return `${call}\nreturn 'passed';`;
}

function run(snippets) {
	const out = execFileSync(jsrun, ['-p', harness], { input: snippets.join('\n//---\n'), maxBuffer: 1 << 28, timeout: 240000 });
	return out.toString().trimEnd().split('\n').map((line) => {
		const r = JSON.parse(line);
		return r.value === 'passed' ? null : `${r.error ?? r.value ?? r.thrown}: ${r.message ?? ''}`;
	});
}

const known = fs.existsSync(known_file) ? JSON.parse(fs.readFileSync(known_file, 'utf8')) : {};
const reasons = new Map(Object.entries(known).flatMap(([reason, list]) => list.map((name) => [name, reason])));
const tests = [];
// Under a sanitizer the engine takes its time: one test in twenty.
const every = /address|thread/.test(build) ? 20 : 1;
let count = 0;
for (const slice of slices) {
	for (const file of files(slice)) {
		const name = file.replace(/\.js$/, '');
		if ((only && !name.includes(only)) || count++ % every !== 0)
			continue;
		const text = snippet(file);
		if (text !== null)
			tests.push({ name, text });
	}
}
const harness = prelude();
let passed = 0, expected = 0, wrong = 0;
const seen = new Set();
for (let i = 0; i < tests.length; i += 400) {
	const part = tests.slice(i, i + 400);
	run(part.map((t) => t.text)).forEach((failure, k) => {
		const { name } = part[k];
		seen.add(name);
		if (failure === null && !reasons.has(name)) {
			passed++;
		} else if (failure !== null && reasons.has(name) && !only) {
			expected++;
		} else {
			wrong++;
			console.log(failure === null ? `${name}: passes, although known for "${reasons.get(name)}"` :
				`${name}: ${failure.slice(0, 300)}`);
		}
	});
}
for (const name of only || every > 1 ? [] : reasons.keys())
	if (!seen.has(name)) {
		wrong++;
		console.log(`${name}: in test262.json, but there is no such test`);
	}
fs.rmSync(path.dirname(harness), { recursive: true });
console.log(`${passed} passed, ${expected} known to fail, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
