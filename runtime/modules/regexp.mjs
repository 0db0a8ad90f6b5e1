// Regular expression literals the engine cannot read, rewritten to ones it can: the flags
// u s v are expressed in the pattern, y and named groups by the library's __re, d is
// dropped.  Lookbehind has no equivalent.
import rewritePattern from 'regexpu-core';
import { endLoops } from './loops.mjs';

const FEATURES = {
	unicodeFlag: 'transform',
	unicodeSetsFlag: 'transform',
	dotAllFlag: 'transform',
	namedGroups: 'transform',
	unicodePropertyEscapes: 'transform',
	modifiers: 'transform',
};
// What the engine's own parser refuses or reads differently: a brace or bracket that
// stands for itself, and escapes of the annex to the standard.
const ODD = /[{\]]|\\(?:[^dDwWsSbBtnrvfxu0-9^$\\.*+?()[\]{}|/]|0\d|c(?![A-Za-z]))/;

export class RegexpError extends Error {}

/* null = nothing to do; else { literal, names, sticky }. */
export function rewriteRegexp(text) {
	const end = text.lastIndexOf('/');
	const body = text.slice(1, end), flags = text.slice(end + 1);
	if (/\(\?<[=!]/.test(body.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]/g, '')))
		throw new RegexpError('Lookbehind in a regular expression is not supported');
	const modern = /[usvyd]/.test(flags) || body.indexOf('(?<') >= 0 ||
	    /\(\?[ims-]/.test(body);
	if (!modern && !ODD.test(body) && !/[^\x00-\x7f]/.test(body)) {
		const ending = endLoops(body);
		return ending === body ? null
		    : { literal: '/' + ending + '/' + flags, names: '', sticky: false };
	}
	const names = [];
	let pattern;
	try {
		pattern = rewritePattern(body, flags.replace(/[dgy]/g, ''), {
			...FEATURES,
			onNamedGroup: (name, index) => names.push(name + '=' + index),
		});
	} catch (e) {
		if (e instanceof RangeError)
			throw e;
		throw new RegexpError(/^Invalid|^Unsupported/.test(e.message) || modern
		    ? 'Invalid regular expression: ' + e.message.split('\n')[0]
		    : 'Invalid regular expression');
	}
	return {
		literal: '/' + (endLoops(pattern) || '(?:)') + '/' + flags.replace(/[usvyd]/g, ''),
		names: names.join(),
		sticky: flags.indexOf('y') >= 0,
	};
}
