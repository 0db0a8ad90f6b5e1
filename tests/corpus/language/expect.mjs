// expect.mjs: write expected.json, what Node makes of every piece of cases.js.  After a
// build, whose TypeScript lowers what Node does not read yet.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { createRequire } from 'node:module';

const here = path.dirname(new URL(import.meta.url).pathname);

export function pieces(text) {
	return text.split(/^\/\/--- /m).slice(1).map((part) => {
		const end = part.indexOf('\n');
		return { name: part.slice(0, end), source: part.slice(end + 1) };
	});
}

/* The same frame in Node and in the engine. */
export const frame = (source) => {
	const later = /\bawait\b/.test(source) ? 'async ' : '';
	return `${later}function run() {\n${source}\n}
(async () => {
	try {
		respond({ value: await run() });
	} catch (e) {
		respond({ error: e.name, message: e.message });
	}
})();\n`;
};

async function main() {
	const ts = createRequire(path.join(here, '../../../build/js/npm/package.json'))('typescript');
	const expected = {};
	for (const { name, source } of pieces(fs.readFileSync(path.join(here, 'cases.js'), 'utf8'))) {
		let got;
		let text = frame(source);
		if (/@dec|\baccessor\b/.test(source))
			text = ts.transpileModule(text, { compilerOptions: { target: 9 } }).outputText;
		const context = vm.createContext({ respond: (v) => { got = JSON.stringify(v); }, console });
		vm.runInContext(text, context);
		for (let i = 0; i < 2000 && got === undefined; i++)
			await null;
		await new Promise((r) => setTimeout(r, 0));
		expected[name] = JSON.parse(got);
	}
	fs.writeFileSync(path.join(here, 'expected.json'),
	    JSON.stringify(expected, null, '\t').replace(/[^\x00-\x7f]/g,
		(c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')) + '\n');
}
if (process.argv[1] === new URL(import.meta.url).pathname)
	await main();
