/*
 * String.  What has to do with regular expressions is in 40-regexp.js.
 */
(function (lib) {
'use strict';

var integer = lib.integer, string = lib.string;
var charCodeAt = String.prototype.charCodeAt.call.bind(String.prototype.charCodeAt);
// The engine's \s has U+180E, which Unicode took back.
var SPACE = /[\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]/;

/* The text a method of String.prototype is called on. */
function text(value) {
	if (typeof value === 'string')
		return value;
	if (value === undefined || value === null)
		throw new TypeError('String.prototype method called on null or undefined');
	return string(value);
}
lib.text = text;

function padding(s, length, fill) {
	var n = lib.lengthOf({ length: length }) - s.length;

	fill = fill === undefined ? ' ' : string(fill);
	if (n <= 0 || fill === '')
		return '';
	if (n + s.length > 536870888)
		throw new RangeError('Invalid string length');
	return fill.repeat(Math.ceil(n / fill.length)).slice(0, n);
}

/* Index of a surrogate without its other half, from `at` on; -1 if there is none. */
function lone(s, at) {
	var i, c;

	if (at === 0 && !/[\ud800-\udfff]/.test(s))
		return -1;
	for (i = at; i < s.length; i++) {
		c = charCodeAt(s, i);
		if (c < 0xd800 || c > 0xdfff)
			continue;
		if (lib.width(s, i) === 1)
			return i;
		i++;
	}
	return -1;
}

lib.methods(String.prototype, {
	at(index) {
		var s = text(this), i = integer(index);

		if (i < 0)
			i += s.length;
		return i < 0 || i >= s.length ? undefined : s.charAt(i);
	},
	padStart(length, fill) {
		var s = text(this);

		return padding(s, length, fill) + s;
	},
	padEnd(length, fill) {
		var s = text(this);

		return s + padding(s, length, fill);
	},
	trimStart() {
		var s = text(this), i = 0;

		while (i < s.length && SPACE.test(s.charAt(i)))
			i++;
		return s.slice(i);
	},
	trimEnd() {
		var s = text(this), i = s.length;

		while (i > 0 && SPACE.test(s.charAt(i - 1)))
			i--;
		return s.slice(0, i);
	},
	isWellFormed() {
		return lone(text(this), 0) < 0;
	},
	toWellFormed() {
		var s = text(this), from = 0, result = '', i;

		for (i = lone(s, 0); i >= 0; i = lone(s, from)) {
			result += s.slice(from, i) + '\ufffd';
			from = i + 1;
		}
		return from === 0 ? s : result + s.slice(from);
	},
	normalize(form) {
		var s = text(this), f = form === undefined ? 'NFC' : string(form);

		if (f !== 'NFC' && f !== 'NFD' && f !== 'NFKC' && f !== 'NFKD')
			throw new RangeError('The normalization form should be one of ' +
			    'NFC, NFD, NFKC, NFKD.');
		return normalize(s, f);
	}
}, 'padStart 1 padEnd 1 normalize 0');
lib.define(String.prototype, 'trimLeft', String.prototype.trimStart);
lib.define(String.prototype, 'trimRight', String.prototype.trimEnd);

// Unicode's tables are the host's.
var hostNormalize = lib.global.__host_normalize;

function normalize(s, form) {
	return hostNormalize === undefined || /^[\0-\x7f]*$/.test(s) ? s :
	    hostNormalize(s, form);
}
lib.normalize = normalize;

lib.methods(String, {
	raw(strings) {
		var raw, n, result = '', i;

		raw = lib.list(lib.list(strings).raw);
		n = lib.lengthOf(raw);
		for (i = 0; i < n; i++) {
			result += string(raw[i]);
			if (i + 1 < n && i + 1 < arguments.length)
				result += string(arguments[i + 1]);
		}
		return result;
	}
});
})(__lib);
