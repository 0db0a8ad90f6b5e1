/*
 * The source of a regular expression with named groups or the flags s, u, v in what the
 * engine understands: groups by number, classes of code units, characters above U+FFFF as
 * surrogate pairs.
 */
(function (lib) {
'use strict';

var PAIR = '[\\ud800-\\udbff][\\udc00-\\udfff]';
var fromCharCode = String.fromCharCode;

function bad(source, why) {
	throw new SyntaxError('Invalid regular expression: /' + source + '/: ' + why);
}

function hex4(n) {
	return '\\u' + ('000' + n.toString(16)).slice(-4);
}

/* A code point as engine source; outside of classes. */
function character(c) {
	if (c < 0x10000)
		return hex4(c);
	c -= 0x10000;
	return '(?:' + hex4(0xd800 + (c >> 10)) + hex4(0xdc00 + (c & 0x3ff)) + ')';
}

/* Alternatives of pairs for the code points lo to hi, all above U+FFFF. */
function pairs(lo, hi) {
	var h1 = 0xd800 + ((lo - 0x10000) >> 10), l1 = 0xdc00 + (lo & 0x3ff);
	var h2 = 0xd800 + ((hi - 0x10000) >> 10), l2 = 0xdc00 + (hi & 0x3ff);
	var result = [];

	function range(first, last, from, to) {
		result.push('[' + hex4(first) + '-' + hex4(last) + '][' + hex4(from) + '-' +
		    hex4(to) + ']');
	}
	if (h1 === h2) {
		range(h1, h1, l1, l2);
		return result;
	}
	if (l1 !== 0xdc00)
		range(h1, h1++, l1, 0xdfff);
	if (l2 !== 0xdfff)
		range(h2, h2--, 0xdc00, l2);
	if (h1 <= h2)
		range(h1, h2, 0xdc00, 0xdfff);
	return result;
}

function Translation(source, flags) {
	this.source = source;
	this.at = 0;
	this.unicode = /[uv]/.test(flags);
	this.sets = flags.indexOf('v') >= 0;
	this.dotAll = flags.indexOf('s') >= 0;
	this.names = [];
	this.groups = 0;
}

lib.methods(Translation.prototype, {
	/* The code point at this.at, which moves past it. */
	next() {
		var c = this.source.charCodeAt(this.at), n;

		n = this.unicode ? lib.width(this.source, this.at) : 1;
		this.at += n;
		return n === 1 ? c : 0x10000 + ((c & 0x3ff) << 10) +
		    (this.source.charCodeAt(this.at - 1) & 0x3ff);
	},
	/* Find names first: \k may come before its group. */
	collect() {
		var pattern = new RegExp('\\\\[\\s\\S]|' +
		    '\\[(?:\\\\[\\s\\S]|[^\\]\\\\])*\\]|' + '\\((?!\\?)|\\(\\?<([^=!>][^>]*)>', 'g');
		var match;

		while ((match = pattern.exec(this.source)) !== null) {
			if (match[0].charAt(0) !== '(')
				continue;
			this.groups++;
			if (match[1] === undefined)
				continue;
			if (!/^[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*$/.test(match[1]))
				bad(this.source, 'Invalid capture group name');
			this.names.push(match[1], this.groups);
		}
	},
	/* \k<name>, of one or several groups. */
	reference() {
		var end = this.source.indexOf('>', this.at), name, result = '', i;

		if (this.source.charAt(this.at) !== '<' || end < 0)
			bad(this.source, 'Invalid named reference');
		name = this.source.slice(this.at + 1, end);
		this.at = end + 1;
		for (i = 0; i < this.names.length; i += 2)
			if (this.names[i] === name)
				result += '\\' + this.names[i + 1] + '(?:)';
		if (result === '')
			bad(this.source, 'Invalid named capture referenced');
		return result;
	},
	/*
	 * An escape after its backslash: a code point, or the text of a class or an
	 * assertion.
	 */
	escape(inClass) {
		var rest = this.source.slice(this.at, this.at + 12), match, c;

		if (rest === '')
			bad(this.source, '\\ at end of pattern');
		if (this.unicode && /^[pP]\{/.test(rest))
			bad(this.source, 'Property names are not supported at run time');
		match = this.unicode ? /^u\{([0-9a-fA-F]+)\}/.exec(rest) : null;
		if (match !== null) {
			this.at += match[0].length;
			c = parseInt(match[1], 16);
			if (c > 0x10ffff)
				bad(this.source, 'Invalid Unicode escape');
			return c;
		}
		match = /^u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?/.exec(rest);
		if (match !== null && this.unicode) {
			c = parseInt(match[1], 16);
			if (match[2] !== undefined && c >= 0xd800 && c <= 0xdbff) {
				this.at += match[0].length;
				return 0x10000 + ((c & 0x3ff) << 10) +
				    (parseInt(match[2], 16) & 0x3ff);
			}
			this.at += 5;
			return c;
		}
		if (rest.charAt(0) === 'k' && !inClass &&
		    (this.unicode || this.names.length > 0)) {
			this.at++;
			return this.reference();
		}
		match = /^(?:c[A-Za-z]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|\d+)/.exec(rest);
		if (match !== null) {
			this.at += match[0].length;
			return '\\' + match[0];
		}
		if (this.unicode && /^[A-Za-z]/.test(rest) &&
		    !(inClass ? /^[bdDfnrsStvwW]/ : /^[bBdDfnrsStvwW]/).test(rest))
			bad(this.source, 'Invalid escape');
		this.at++;
		return '\\' + rest.charAt(0);
	},
	/* One member of a class: a code point, or the text of an escape. */
	member() {
		var c = this.next();

		if (c === 0x5c)
			return this.escape(true);
		if (this.sets && (c === 0x5b ||
		    /^(?:&&|--)/.test(this.source.slice(this.at - 1))))
			bad(this.source, 'Set notation is not supported at run time');
		return c;
	},
	/* After the opening bracket. */
	charClass() {
		var source = this.source, negated = source.charAt(this.at) === '^';
		var units = '', astral = [], lo, hi, self = this;

		function add(from, to) {
			if (typeof from === 'string' || typeof to === 'string') {
				units += (typeof from === 'string' ? from : hex4(from)) +
				    (to === from ? '' : '-' + (typeof to === 'string' ? to :
				    hex4(to)));
				return;
			}
			if (from > to)
				bad(source, 'Range out of order in character class');
			if (from < 0x10000)
				units += hex4(from) + '-' + hex4(Math.min(to, 0xffff));
			if (to > 0xffff)
				astral = astral.concat(pairs(Math.max(from, 0x10000), to));
		}
		if (negated)
			this.at++;
		while (source.charAt(this.at) !== ']') {
			if (this.at >= source.length)
				bad(source, 'Unterminated character class');
			lo = hi = this.member();
			if (/^-[^\]]/.test(source.slice(this.at, this.at + 2))) {
				this.at++;
				hi = this.member();
			}
			add(lo, hi);
		}
		this.at++;
		if (!this.unicode)
			return '[' + (negated ? '^' : '') + units + ']';
		if (negated) {
			units = '(?:' + PAIR + '|[^' + units + '])';
			return astral.length === 0 ? units :
			    '(?:(?!' + astral.join('|') + ')' + units + ')';
		}
		if (astral.length === 0)
			return '[' + units + ']';
		if (units !== '')
			astral.push('[' + units + ']');
		return '(?:' + astral.join('|') + ')';
	},
	dot() {
		var one = this.dotAll ? '[\\s\\S]' : '.';

		return this.unicode ? '(?:' + PAIR + '|' + one + ')' : one;
	},
	translate() {
		var result = '', source = this.source, c, match;

		this.collect();
		while (this.at < source.length) {
			c = this.next();
			if (c === 0x5c) {
				c = this.escape(false);
				result += typeof c === 'string' ? c : character(c);
			} else if (c === 0x5b) {
				result += this.charClass();
			} else if (c === 0x2e) {
				result += this.dot();
			} else if (c === 0x28) {
				match = /^\?<(?![=!])[^>]*>/.exec(source.slice(this.at));
				if (/^\?<[=!]/.test(source.slice(this.at)))
					bad(source, 'Lookbehind is not supported');
				result += '(';
				this.at += match === null ? 0 : match[0].length;
			} else if (c > 0xffff) {
				result += character(c);
			} else {
				result += fromCharCode(c);
			}
		}
		return result;
	}
});

/* A special expression of source and (sorted) flags; see 41-special.lazy.js. */
lib.translateRegExp = function (Engine, annotate, source, flags) {
	var t = new Translation(source, flags), own, translated, i, k;

	if (flags.indexOf('d') >= 0)
		bad(source, 'The flag d is not supported');
	translated = t.translate();
	for (i = 0; i < t.names.length; i += 2)
		for (k = 0; k < i; k += 2)
			if (t.names[k] === t.names[i] && source.indexOf('|') < 0)
				bad(source, 'Duplicate capture group name');
	own = flags.replace(/[suvy]/g, '');
	if (flags.indexOf('y') >= 0 && own.indexOf('g') < 0)
		own += 'g';
	return annotate(new Engine(translated, own), source === '' ? '(?:)' : source, flags,
	    t.names.length > 0 ? t.names : null);
};
})(__lib);
