/*
 * String.prototype.localeCompare in the order people expect of a sorted list: letters of
 * either case and with any accent together, lower case first; digits before letters,
 * marks before digits.  The engine compares code units, which puts Z before a.
 *
 * It is the order of the Unicode root collation for ASCII and for letters that decompose
 * into an ASCII letter and accents; other letters follow, by code point.  Locales are not
 * told apart.
 */
(function (lib) {
'use strict';

// ASCII in root order; control characters are ignored.
var ORDER = "\t\n\x0b\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789" +
    'aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ';
var LETTERS = ORDER.indexOf('a');
var weights = [];
var charCodeAt = String.prototype.charCodeAt.call.bind(String.prototype.charCodeAt);

(function () {
	var i;

	for (i = 0; i < ORDER.length; i++)
		weights[ORDER.charCodeAt(i)] = i < LETTERS ? i + 1 :
		    LETTERS + 1 + ((i - LETTERS) >> 1);
})();

function isAccent(c) {
	return c >= 0x300 && c <= 0x36f;
}

/* Weight of the letter alone; 0 = ignored. */
function primary(c) {
	if (c < 128)
		return weights[c] || 0;
	return isAccent(c) ? 0 : 128 + c;
}

function primaries(s) {
	var result = [], i, w;

	for (i = 0; i < s.length; i++) {
		w = primary(charCodeAt(s, i));
		if (w !== 0)
			result[result.length] = w;
	}
	return result;
}

/* Runs of digits as one weight that grows with the number they stand for. */
function withNumbers(list) {
	var zero = weights[48], result = [], i, n;

	for (i = 0; i < list.length; i++) {
		if (list[i] < zero || list[i] > zero + 9) {
			result[result.length] = list[i] + (list[i] > zero + 9 ? 1e15 : 0);
			continue;
		}
		for (n = 0; list[i] >= zero && list[i] <= zero + 9; i++)
			n = n * 10 + list[i] - zero;
		i--;
		result[result.length] = zero + Math.min(n, 1e14);
	}
	return result;
}

function compareLists(a, b) {
	var n = Math.min(a.length, b.length), i;

	for (i = 0; i < n; i++)
		if (a[i] !== b[i])
			return a[i] < b[i] ? -1 : 1;
	return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

function only(s, pattern) {
	return s.replace(pattern, '');
}

/* sensitivity: base, accent, case or variant */
function collate(a, b, sensitivity, numeric) {
	var x, y, order;

	if (a === b)
		return 0;
	a = lib.normalize(a, 'NFD');
	b = lib.normalize(b, 'NFD');
	x = primaries(a);
	y = primaries(b);
	order = numeric ? compareLists(withNumbers(x), withNumbers(y)) : compareLists(x, y);
	if (order !== 0 || sensitivity === 'base')
		return order;
	if (sensitivity !== 'case') {
		x = only(a, /[^\u0300-\u036f]/g);
		y = only(b, /[^\u0300-\u036f]/g);
		if (x !== y)
			return x < y ? -1 : 1;
		if (sensitivity === 'accent')
			return 0;
	}
	x = only(a, /[\0-\x08\x0e-\x1f\u0300-\u036f]/g);
	y = only(b, /[\0-\x08\x0e-\x1f\u0300-\u036f]/g);
	// Same letters: the first that differs in case decides, lower before upper.
	return x === y ? 0 : x > y ? -1 : 1;
}
lib.collate = collate;

lib.methods(String.prototype, {
	localeCompare(that, locales, options) {
		var s = lib.text(this);

		if (options === undefined || options === null)
			return collate(s, String(that), 'variant', false);
		return collate(s, String(that), options.sensitivity || 'variant',
		    !!options.numeric);
	}
}, 'localeCompare 1');
})(__lib);
