// What runtime/transpile.c calls: fzTranslate(source, kind).
import './shims.mjs';
import { translate } from './translate.mjs';

globalThis.fzTranslate = (source, kind) => {
	let made;
	try {
		made = translate(source, kind);
	} catch (e) {
		return { error: e instanceof RangeError ? 'The code is nested too deeply'
		    : 'The code cannot be translated: ' + e.message, line: 1, column: 1 };
	}
	if (made.js !== undefined)
		made.map = new Uint32Array(made.places);
	return made;
};
