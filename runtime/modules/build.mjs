// build.mjs OUT: the scripts that are embedded into the daemon, and the licences of what
// they are made of.  Runs beside node_modules.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { createHash } from 'node:crypto';
import * as esbuild from 'esbuild';
import swc from '@swc/core';
import ts from 'typescript';
import { cutTypescript } from './cut.mjs';
import { endLoops } from './loops.mjs';
import { rewriteRegexp } from './regexp.mjs';

const out = process.argv[2];
const modules = path.resolve('node_modules');

// What may be taken for granted when lowering code we know.
const ASSUMPTIONS = Object.fromEntries(`arrayLikeIsIterable setPublicClassFields
	setClassMethods constantSuper superIsCallableConstructor noDocumentAll
	ignoreFunctionLength ignoreToPrimitiveHint noClassCalls objectRestNoSymbols
	privateFieldsAsProperties pureGetters setComputedProperties setSpreadProperties
	skipForOfIteratorClosing mutableTemplateObject noNewArrows`.split(/\s+/)
    .map((name) => [name, true]));

function lower(code, name) {
	return swc.transformSync(code, {
		filename: name, swcrc: false, configFile: false, isModule: false,
		sourceMaps: false, minify: true,
		jsc: {
			target: 'es5', loose: false, parser: { syntax: 'ecmascript' },
			externalHelpers: false, assumptions: ASSUMPTIONS,
			minify: { compress: false, mangle: true,
				format: { comments: false, asciiOnly: true } },
		},
	}).code;
}

async function bundle(options) {
	const result = await esbuild.build({
		bundle: true, write: false, treeShaking: true, minifySyntax: true,
		legalComments: 'none', charset: 'ascii', logLevel: 'error', metafile: true,
		...options,
	});
	for (const file of Object.keys(result.metafile.inputs)) {
		const m = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
		if (m)
			used.add(m[1]);
	}
	return result.outputFiles[0].text;
}
const used = new Set(['@swc/core', 'typescript']);	// its helpers are in the result

/* --- the compiler --- */

// Unicode properties that patterns may name; every one is a table of its own.
const PROPERTIES = `Binary_Property: Alphabetic Any ASCII ASCII_Hex_Digit Cased Dash Emoji
	Emoji_Component Emoji_Modifier Emoji_Modifier_Base Emoji_Presentation
	Extended_Pictographic Hex_Digit ID_Continue ID_Start Ideographic Lowercase Math
	Quotation_Mark Regional_Indicator Uppercase Variation_Selector White_Space
	XID_Continue XID_Start
	Script Script_Extensions: Arabic Armenian Bengali Bopomofo Common Cyrillic Devanagari
	Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Inherited Kannada
	Katakana Khmer Lao Latin Malayalam Mongolian Myanmar Sinhala Tamil Telugu Thai Tibetan`;

function propertyFiles() {
	const root = path.join(modules, 'regenerate-unicode-properties');
	const list = fs.readdirSync(path.join(root, 'General_Category'))
	    .map((f) => 'General_Category/' + f.replace(/\.js$/, ''));
	for (const [, kinds, names] of PROPERTIES.matchAll(/([\w ]+): ([^:]*)(?=\n\t\w+ \w+:|$)/g))
		for (const kind of kinds.trim().split(/\s+/))
			for (const name of names.trim().split(/\s+/))
				list.push(kind + '/' + name);
	return list.filter((name) => fs.existsSync(path.join(root, name + '.js'))).sort();
}

/* regexpu loads its tables by computed names, which a bundle cannot. */
const tables = {
	name: 'tables',
	setup(build) {
		build.onLoad({ filter: /regexpu-core\/rewrite-pattern\.js$/ }, (args) => {
			const list = propertyFiles().map((name) => `${JSON.stringify(name)}: () =>
				require('regenerate-unicode-properties/${name}.js')`);
			const text = fs.readFileSync(args.path, 'utf8');
			const loads = /require\(`regenerate-unicode-properties\/\$\{[^`]*`\)/g;
			if (!loads.test(text))
				throw new Error('regexpu-core: not the version this script knows');
			return { loader: 'js', contents: text.replace(loads, '__table(path)')
			    .replace("'use strict';", `'use strict';
				const __tables = {${list.join(',')}};
				function __table(name) {
					if (!__tables[name])
						throw new SyntaxError('Unsupported property ' + name);
					return __tables[name]();
				}`) };
		});
	},
};

async function compiler() {
	const cut = path.resolve('typescript-cut.mjs');
	fs.writeFileSync(cut, cutTypescript(path.join(modules, 'typescript/lib/typescript.js')));
	const text = await bundle({
		entryPoints: ['entry.mjs'], format: 'iife', platform: 'neutral',
		mainFields: ['main'], alias: { 'typescript-cut': cut }, plugins: [tables],
		external: ['fs', 'path', 'os', 'crypto', 'inspector', 'perf_hooks'],
	});
	return lower(text, 'transpiler.js');
}

/* --- what apps can require --- */

// Random bytes come from the host each time: what a module keeps from the first call
// would be the same in every request.
const RNG = `export default function rng() {
	return typeof crypto !== 'undefined' && crypto.getRandomValues
	    ? crypto.getRandomValues(new Uint8Array(16))
	    : new Uint8Array(fazt.crypto.randomBytes(16));
}`;
const rng = {
	name: 'rng',
	setup(build) {
		build.onLoad({ filter: /uuid\/dist\/esm-browser\/rng\.js$/ },
		    () => ({ contents: RNG, loader: 'js' }));
	},
};
const same = (name) => `module.exports = require('${name}');`;
const LIBRARY = {
	cheerio: `import * as all from 'cheerio';
		module.exports = Object.assign({}, all, { default: all });`,
	dayjs: same('dayjs'),
	lodash: same('lodash'),
	marked: `import * as all from 'marked';
		import { Marked } from './marked.mjs';
		module.exports = Object.assign({}, all, { Marked, default: all.marked });`,
	uuid: `import * as all from 'uuid';
		module.exports = Object.assign({}, all, { default: all });`,
	validator: `import all from 'validator'; module.exports = all;`,
	zod: `import * as all from 'zod';
		module.exports = Object.assign({}, all, { default: all.z });`,
};
// Patterns made at run time, which are not translated: as a literal, and without a loop
// over nothing (loops.mjs).
const PATTERNS = [
	['zod', 'new RegExp(_emojiRegex, "u")',
	    String.raw`/^(\p{Extended_Pictographic}|\p{Emoji_Component})+$/u`],
	['marked', String.raw`.*(?:\\n|$))*)\\n*|$)`,
	    String.raw`(?:.+(?:\\n|$)|\\n))*)\\n*|$)`],
];

/* Rewrite every regular expression literal of a script. */
function regexps(code, name) {
	const file = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, false);
	const found = [];
	ts.forEachChild(file, function look(node) {
		if (node.kind === ts.SyntaxKind.RegularExpressionLiteral)
			found.push(node);
		ts.forEachChild(node, look);
	});
	for (const node of found.sort((a, b) => b.pos - a.pos)) {
		const r = rewriteRegexp(node.text);
		if (r === null)
			continue;
		const made = r.sticky || r.names !== ''
		    ? `__re(${r.literal},${JSON.stringify(r.names)},${r.sticky})` : r.literal;
		code = code.slice(0, node.end - node.text.length) + made + code.slice(node.end);
	}
	return code;
}

async function library(name) {
	let code = await bundle({
		stdin: { contents: LIBRARY[name], resolveDir: process.cwd() }, format: 'cjs',
		platform: 'browser', mainFields: ['browser', 'module', 'main'],
		conditions: ['browser', 'import'], plugins: [rng],
		define: { 'process.env.NODE_ENV': '"production"' },
	});
	for (const [module, from, to] of PATTERNS)
		if (module === name) {
			if (!code.includes(from))
				throw new Error(`${name}: not the version this script knows`);
			code = code.replaceAll(from, () => to);
		}
	if (/new RegExp\([^()]*,\s*["'`][gim]*[uysdv]/.test(code))
		throw new Error(`${name}: a pattern with a modern flag is made at run time`);
	code = lower('(function (exports, require, module) {' + regexps(code, name + '.js') +
	    '\n});', name + '.js');
	code = code.replace(/;\s*$/, '');
	checkPatterns(name, code);
	return code;
}

/* Does the module make patterns when it loads that the engine would fail on? */
function checkPatterns(name, code) {
	const context = vm.createContext({ __re: (regexp) => regexp });
	const made = [];
	const Native = vm.runInContext('RegExp', context);
	context.RegExp = new Proxy(Native, { construct(_, args) {
		made.push(args[0] instanceof Native ? args[0].source : String(args[0]));
		return Reflect.construct(Native, args);
	} });
	vm.runInContext(code, context)({}, () => ({}), { exports: {} });
	for (const pattern of made)
		if (endLoops(pattern) !== pattern)
			throw new Error(`${name}: loops over nothing: ${pattern}`);
}

/* --- licences --- */

function licence(name) {
	const root = path.join(modules, name);
	const about = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
	const files = fs.readdirSync(root).filter((f) =>
	    /^(licen[cs]e|copying|notice|thirdpartynotice)/i.test(f)).sort();
	const texts = files.map((f) => fs.readFileSync(path.join(root, f), 'utf8')
	    .replace(/\r\n/g, '\n').trim());
	return `${'='.repeat(72)}\n${name} ${about.version} (${about.license})\n` +
	    `${'='.repeat(72)}\n\n${texts.join('\n\n')}\n`;
}

const compiled = await compiler();
fs.writeFileSync(path.join(out, 'transpiler.js'), compiled);
for (const name of Object.keys(LIBRARY))
	fs.writeFileSync(path.join(out, name + '.js'), await library(name));
const version = JSON.parse(fs.readFileSync(path.join(modules, 'typescript/package.json'),
    'utf8')).version;
const hash = createHash('sha256').update(compiled).digest('hex').slice(0, 8);
fs.writeFileSync(path.join(out, 'tool.h'),
    `/* Made by runtime/modules/build.mjs. */\n#define TRANSPILE_TOOL "ts${version}-${hash}"\n`);
fs.writeFileSync(path.join(out, 'LICENSES.txt'),
    'The daemon carries scripts made of these packages.\n\n' +
    [...used].sort().map(licence).join('\n'));
