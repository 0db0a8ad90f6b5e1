/*
 * RegExp's constructor, and what needs nothing but the engine's own expressions.
 *
 * Named groups, the flags s, u, v and y, the protocol by symbols and matchAll are in
 * 41-special.lazy.js.  The first expression or symbol that wants them loads it; until then
 * String's methods go straight to the engine.
 */
(function (lib) {
'use strict';

var global = lib.global;
var Engine = global.RegExp;
var proto = Engine.prototype;
var NOTE = lib.hidden('regexp');
var apply = Reflect.apply, isObject = lib.isObject, string = lib.string;
var indexOf = String.prototype.indexOf.call.bind(String.prototype.indexOf);
var classOf = Object.prototype.toString;

function isRegExp(value) {
	return isObject(value) && apply(classOf, value, []) === '[object RegExp]';
}

// One getter for flags that the engine's expressions never have.
var without = Object.getOwnPropertyDescriptor({
	get flag() {
		if (this === proto)
			return undefined;
		if (!isRegExp(this))
			throw new TypeError('Not a RegExp: ' + lib.show(this));
		return false;
	}
}, 'flag');

without.enumerable = false;
['sticky', 'unicode', 'unicodeSets', 'dotAll', 'hasIndices'].forEach(function (name) {
	Object.defineProperty(proto, name, without);
});

// What 41-special.lazy.js does instead of the engine: set when it is loaded.
var special;

function attach(functions) {
	special = functions;
}

function made(name, regexp, flags) {
	lib.load('41-special');
	return special[name](regexp, flags);
}

function RegExp(pattern, flags) {
	var is = isRegExp(pattern), source, regexp;

	if (new.target === undefined && is && flags === undefined &&
	    !(this instanceof Engine) && pattern.constructor === RegExp)
		return pattern;
	source = is ? pattern.source : pattern === undefined ? '' : string(pattern);
	flags = flags === undefined ? (is ? pattern.flags : '') : string(flags);
	if (/[^dgimsuvy]|(.).*\1/.test(flags) || /u.*v|v.*u/.test(flags))
		throw new SyntaxError("Invalid flags supplied to RegExp constructor '" +
		    flags + "'");
	if (is && pattern[NOTE] !== undefined)
		regexp = made('copy', pattern, flags);
	else if (!/[dsuvy]/.test(flags) && indexOf(source, '(?<') < 0)
		regexp = new Engine(source, flags);
	else
		regexp = made('translate', source, flags);
	if (new.target === undefined && this instanceof Engine && this !== proto)
		Object.setPrototypeOf(regexp, Object.getPrototypeOf(this));
	return regexp;
}
RegExp.prototype = proto;
lib.constructor('RegExp', RegExp, 2);
lib.define(proto, 'constructor', RegExp);
lib.natives[lib.natives.length] = RegExp;
lib.methods(RegExp, {
	get '@@species'() {
		return this;
	}
});

var engine = String.prototype;
var engineReplace = engine.replace, engineMatch = engine.match;
var engineSearch = engine.search, engineSplit = engine.split;

/* What String.prototype.match and search make of what is no expression. */
function expression(pattern) {
	return isRegExp(pattern) ? pattern : new RegExp(pattern);
}

lib.methods(String.prototype, {
	replace(pattern, replacement) {
		if (special !== undefined && isObject(pattern))
			return special.replace(this, pattern, replacement);
		return engineReplace.call(this, pattern, replacement);
	},
	match(pattern) {
		if (special !== undefined && isObject(pattern))
			return special.match(this, pattern);
		return engineMatch.call(this, expression(pattern));
	},
	search(pattern) {
		if (special !== undefined && isObject(pattern))
			return special.search(this, pattern);
		return engineSearch.call(this, expression(pattern));
	},
	split(separator, limit) {
		if (special !== undefined && isObject(separator))
			return special.split(this, separator, limit);
		return engineSplit.call(this, separator, limit);
	},
	replaceAll(pattern, replacement) {
		var s, f;

		if (isRegExp(pattern)) {
			if (indexOf(pattern.flags, 'g') < 0)
				throw new TypeError('replaceAll needs a global RegExp');
			return lib.text(this).replace(pattern, replacement);
		}
		if (isObject(pattern)) {
			f = pattern[Symbol.replace];
			if (f !== undefined && f !== null)
				return f.call(pattern, this, replacement);
		}
		s = lib.text(this);
		pattern = string(pattern).replace(/[\\^$.*+?()[\]{}|\/]/g, '\\$&');
		if (typeof replacement !== 'function')
			replacement = string(replacement);
		return engineReplace.call(s, new Engine(pattern, 'g'), replacement);
	}
});

lib.regexps = {
	Engine: Engine, RegExp: RegExp, NOTE: NOTE, isRegExp: isRegExp, attach: attach,
	expression: expression, engineReplace: engineReplace, engineMatch: engineMatch,
	engineSearch: engineSearch, engineSplit: engineSplit
};
})(__lib);
