/*
 * Regular expressions beyond the engine's: named groups, the flags s, u, v and y, the
 * symbols of their protocol, matchAll.
 *
 * The engine's own expressions stay what they are.  One that needs more is an engine
 * expression too, of a translated source, with a note of what is different about it; its
 * prototype (special) has the exec that reads the note.  The transpiler makes them from
 * literals by __re; new RegExp makes them here.
 *
 * Not to be had: lookbehind, the flag d and, in new RegExp, \p{...} (all SyntaxError).
 */
(function (lib) {
'use strict';

var global = lib.global;
var Engine = lib.regexps.Engine, RegExp = lib.regexps.RegExp, NOTE = lib.regexps.NOTE;
var isRegExp = lib.regexps.isRegExp;
var proto = Engine.prototype;
var apply = Reflect.apply, isObject = lib.isObject, text = lib.text;
var engineExec = proto.exec, expression = lib.regexps.expression;
var engineReplace = lib.regexps.engineReplace, engineMatch = lib.regexps.engineMatch;
var engineSearch = lib.regexps.engineSearch, engineSplit = lib.regexps.engineSplit;
var slice = String.prototype.slice.call.bind(String.prototype.slice);
var indexOf = String.prototype.indexOf.call.bind(String.prototype.indexOf);

// The stubs of 90-lazy.js go: these are not to be changed.
['match', 'matchAll', 'replace', 'search', 'split'].forEach(function (name) {
	Object.defineProperty(Symbol, name, { value: Symbol('Symbol.' + name),
		writable: false, enumerable: false, configurable: false });
});

var Symbol_replace = Symbol.replace, Symbol_match = Symbol.match;
var Symbol_split = Symbol.split, Symbol_search = Symbol.search;

/* --- expressions with a note: {source, flags, names, sticky, global} --- */

var special = Object.create(proto);

/* names: [name, group, ...]; of two groups with one name the one that took part. */
function groupsOf(names, match) {
	var groups = Object.create(null), i;

	for (i = 0; i < names.length; i += 2)
		if (groups[names[i]] === undefined)
			groups[names[i]] = match[names[i + 1]];
	return groups;
}

lib.methods(special, {
	exec(string) {
		var note = this[NOTE], s = String(string), at = lib.integer(this.lastIndex);
		var match;

		match = apply(engineExec, this, [s]);
		if (note.sticky && match !== null && match.index !== at) {
			this.lastIndex = 0;
			return null;
		}
		if (match !== null && note.names !== null)
			match.groups = groupsOf(note.names, match);
		return match;
	},
	test(string) {
		return this.exec(string) !== null;
	},
	toString() {
		return '/' + this.source + '/' + this.flags;
	},
	get source() {
		return this[NOTE].source;
	},
	get flags() {
		return this[NOTE].flags;
	},
	get global() {
		return this[NOTE].global;
	}
});

function flag(name, letter) {
	var table = {
		get flag() {
			var note = isObject(this) ? this[NOTE] : undefined;

			if (note !== undefined)
				return indexOf(note.flags, letter) >= 0;
			if (this === proto)
				return undefined;
			if (!isRegExp(this))
				throw new TypeError('Not a RegExp: ' + lib.show(this));
			return false;
		}
	};
	var own = Object.getOwnPropertyDescriptor(table, 'flag');

	own.enumerable = false;
	lib.fix(own.get, 'name', 'get ' + name);
	Object.defineProperty(proto, name, own);
}
flag('sticky', 'y');
flag('unicode', 'u');
flag('unicodeSets', 'v');
flag('dotAll', 's');
flag('hasIndices', 'd');

// What the engine's expression of a special one is made of.
var engineSource = getter('source'), engineFlags = getter('flags');

function getter(name) {
	var f = Object.getOwnPropertyDescriptor(proto, name).get;

	return f.call.bind(f);
}

/* Note on an engine expression; sticky ones must have the engine's g. */
function annotate(regexp, source, flags, names) {
	regexp[NOTE] = {
		source: source, flags: flags, names: names,
		sticky: indexOf(flags, 'y') >= 0, global: indexOf(flags, 'g') >= 0
	};
	return Object.setPrototypeOf(regexp, special);
}

function sorted(flags) {
	return flags.split('').sort().join('');
}

lib.methods(global, {
	__re(regexp, names, sticky) {
		var list = null, parts, i;

		if (names) {
			list = names.split(/[=,]/);
			for (i = 1; i < list.length; i += 2)
				list[i] = +list[i];
		}
		if (!sticky)
			return annotate(regexp, regexp.source, regexp.flags, list);
		parts = sorted(regexp.flags + 'y');
		if (!regexp.global)
			return annotate(new Engine(regexp.source, regexp.flags + 'g'),
			    regexp.source, parts, list);
		return annotate(regexp, regexp.source, parts, list);
	}
});

/* The same, with other flags; s, u and v are in the translated source. */
function copy(regexp, flags) {
	var own = flags.replace(/[dsuvy]/g, '');

	if (indexOf(flags, 'y') >= 0 && indexOf(own, 'g') < 0)
		own += 'g';
	return annotate(new Engine(engineSource(regexp), own), regexp[NOTE].source, flags,
	    regexp[NOTE].names);
}

/* --- replacing --- */

/* What $1 or $10 stands for, `all` if there is no such group. */
function group(match, digits, all) {
	var n = match.length;

	if (digits.length === 2 && +digits >= n)
		return group(match, digits.charAt(0), all.slice(0, 2)) + digits.charAt(1);
	if (+digits === 0 || +digits >= n)
		return all;
	return match[+digits] === undefined ? '' : match[+digits];
}

/* $1 and the like in a replacement: GetSubstitution. */
function expand(template, s, match) {
	var at = match.index;

	function one(all, sign, digits, name) {
		var value;

		if (sign !== undefined)
			return sign === '$' ? '$' : sign === '&' ? match[0] :
			    sign === '`' ? slice(s, 0, at) : slice(s, at + match[0].length);
		if (digits !== undefined)
			return group(match, digits, all);
		if (match.groups === undefined)
			return '$<' + expand(slice(all, 2), s, match);
		value = match.groups[name];
		return value === undefined ? '' : String(value);
	}
	return indexOf(template, '$') < 0 ? template :
	    apply(engineReplace, template, [/\$(?:([$&`'])|(\d\d?)|<([^>]*)>)/g, one]);
}

function substitute(replacement, s, match) {
	var args, i;

	if (typeof replacement !== 'function')
		return expand(replacement, s, match);
	args = [];
	for (i = 0; i < match.length; i++)
		args[i] = match[i];
	args[i++] = match.index;
	args[i++] = s;
	if (match.groups !== undefined)
		args[i] = match.groups;
	return String(apply(replacement, undefined, args));
}

/* Go past an empty match. */
function advance(regexp, s) {
	var i = regexp.lastIndex;

	regexp.lastIndex = i + (regexp.unicode || regexp.unicodeSets ?
	    lib.width(s, i) : 1);
}

/* visit(match) for each match of a global expression, else for the first. */
function matches(regexp, s, visit) {
	var match, all = regexp.global;

	if (all)
		regexp.lastIndex = 0;
	for (match = regexp.exec(s); match !== null; match = regexp.exec(s)) {
		visit(match);
		if (!all)
			return;
		if (String(match[0]) === '')
			advance(regexp, s);
	}
}

function self(value) {
	if (!isObject(value))
		throw new TypeError('Not a RegExp: ' + lib.show(value));
	return value;
}

/*
 * The protocol.  String's methods below go straight to the engine for expressions
 * without a note, so these are for the others, and for who calls them by symbol.
 */
lib.methods(proto, {
	'@@replace'(string, replacement) {
		var regexp = self(this), s = String(string), from = 0, result = '';

		if (typeof replacement !== 'function')
			replacement = String(replacement);
		matches(regexp, s, function (match) {
			// the standard asks for it first
			lib.lengthOf(match);
			if (match.index < from)
				return;
			result += slice(s, from, match.index) +
			    substitute(replacement, s, match);
			from = match.index + match[0].length;
		});
		return result + slice(s, from);
	},
	'@@match'(string) {
		var regexp = self(this), s = String(string), found = [];

		if (!regexp.global)
			return regexp.exec(s);
		matches(regexp, s, function (match) {
			found[found.length] = String(match[0]);
		});
		return found.length === 0 ? null : found;
	},
	'@@search'(string) {
		var regexp = self(this), s = String(string), at = regexp.lastIndex, match;

		regexp.lastIndex = 0;
		match = regexp.exec(s);
		regexp.lastIndex = at;
		return match === null ? -1 : match.index;
	},
	'@@split'(string, limit) {
		var regexp = self(this);

		// y makes no difference here, and captures have no names
		if (regexp[NOTE] !== undefined)
			regexp = new Engine(engineSource(regexp), engineFlags(regexp));
		return apply(engineSplit, String(string), [isRegExp(regexp) ?
		    regexp : new RegExp(regexp), limit]);
	},
	'@@matchAll'(string) {
		var regexp = self(this), s = String(string), it, copy;

		copy = new RegExp(regexp, regexp.flags);
		copy.lastIndex = regexp.lastIndex;
		it = Object.create(matchIterators);
		it[NOTE] = { regexp: copy, s: s, done: false };
		return it;
	}
});
var regexpReplace = proto[Symbol_replace], regexpMatch = proto[Symbol_match];
var regexpSearch = proto[Symbol_search], regexpSplit = proto[Symbol_split];

var matchIterators = lib.iterators('RegExp String Iterator', {
	next() {
		var state = this[NOTE], match;

		if (state.done)
			return { value: undefined, done: true };
		match = state.regexp.exec(state.s);
		if (match === null) {
			state.done = true;
			return { value: undefined, done: true };
		}
		if (!state.regexp.global)
			state.done = true;
		else if (String(match[0]) === '')
			advance(state.regexp, state.s);
		return { value: match, done: false };
	}
}.next);

/* The method of the protocol to use instead of the engine's, or undefined. */
function method(pattern, symbol, standard) {
	var f = pattern[symbol];

	if (f === standard && pattern[NOTE] === undefined && isRegExp(pattern) &&
	    pattern.exec === engineExec)
		return undefined;
	return f === null ? undefined : f;
}

/*
 * For String.prototype's methods, which are told an object: an expression without a
 * note is still the engine's.
 */
lib.regexps.attach({
	copy(regexp, flags) {
		return copy(regexp, sorted(flags));
	},
	translate(source, flags) {
		lib.load('42-translate');
		return lib.translateRegExp(Engine, annotate, source, sorted(flags));
	},
	replace(s, pattern, replacement) {
		var f = method(pattern, Symbol_replace, regexpReplace);

		if (f !== undefined)
			return f.call(pattern, s, replacement);
		return apply(engineReplace, s, [pattern, replacement]);
	},
	match(s, pattern) {
		var f = method(pattern, Symbol_match, regexpMatch);

		if (f !== undefined)
			return f.call(pattern, s);
		return apply(engineMatch, s, [expression(pattern)]);
	},
	search(s, pattern) {
		var f = method(pattern, Symbol_search, regexpSearch);

		if (f !== undefined)
			return f.call(pattern, s);
		return apply(engineSearch, s, [expression(pattern)]);
	},
	split(s, separator, limit) {
		var f = method(separator, Symbol_split, regexpSplit);

		if (f !== undefined)
			return f.call(separator, s, limit);
		return apply(engineSplit, s, [separator, limit]);
	}
});

lib.methods(String.prototype, {
	matchAll(pattern) {
		var f;

		text(this);
		if (isRegExp(pattern) && indexOf(pattern.flags, 'g') < 0)
			throw new TypeError('String.prototype.matchAll called with a ' +
			    'non-global RegExp argument');
		f = isObject(pattern) ? pattern[Symbol.matchAll] : undefined;
		if (f !== undefined && f !== null)
			return f.call(pattern, this);
		return new RegExp(pattern, 'g')[Symbol.matchAll](text(this));
	}
});
})(__lib);
