/*
 * The tool box of the other files here: __lib, taken away by the last of them.
 *
 * The engine speaks ES5.1 and a little more; these scripts add what came later.  They run
 * once, in order of name, before the heap's snapshot is taken, so they may be slow to
 * start but must be small: every warm app carries them.  Hence methods in short form (no
 * prototype object each), states in hidden properties and not in closures, no copies of a
 * function that two places can share, and *.lazy.js for what few apps use.  A file is one
 * function, whose body is not indented.
 *
 * A script may do to its own world what it likes (replace Array.prototype.push, delete
 * Symbol), and the library may stumble over it then.  What the host itself calls, the
 * queue of jobs and the state of a promise, takes all it needs at the start.
 *
 * Hidden properties have keys that no enumeration shows and no trap of a Proxy sees; only
 * the host can make such keys (__host_hidden).
 */
(function (global) {
'use strict';

var defineProperty = Object.defineProperty;
var hasOwnProperty = Object.prototype.hasOwnProperty;
var isArray = Array.isArray, create = Object.create;
var indexOf = String.prototype.indexOf.call.bind(String.prototype.indexOf);
var hidden = global.__host_hidden;
var hop = hasOwnProperty.call.bind(hasOwnProperty);
var call = Function.prototype.call.bind(Function.prototype.call);
var classOf = Object.prototype.toString;
var descriptor = {
	value: undefined, writable: true, enumerable: false, configurable: true
};
var lib = {};

// Absent in the engine, and wanted by everything that comes after.
['asyncIterator', 'species', 'unscopables', 'dispose', 'asyncDispose'].forEach(
    function (name) {
	defineProperty(Symbol, name, { value: Symbol('Symbol.' + name) });
});

/* Define as the standard defines its own things: writable, not enumerable. */
function define(target, key, value) {
	descriptor.value = value;
	defineProperty(target, key, descriptor);
	descriptor.value = undefined;
}

function fix(f, key, value) {
	defineProperty(f, key, { value: value, configurable: true });
}

/* "@@iterator" stands for Symbol.iterator: a literal cannot say it. */
function keyOf(name) {
	return name.slice(0, 2) === '@@' ? Symbol[name.slice(2)] : name;
}

function nameOf(name) {
	return name.slice(0, 2) === '@@' ? '[Symbol.' + name.slice(2) + ']' : name;
}

/*
 * Put the functions and accessors of `table` on target.  lengths: of those whose
 * optional parameters do not count, "at 1 fill 1".
 */
function methods(target, table, lengths) {
	var names = Object.keys(table), words, i, own, f;

	for (i = 0; i < names.length; i++) {
		own = Object.getOwnPropertyDescriptor(table, names[i]);
		f = own.value;
		if (typeof f !== 'function') {
			own.enumerable = false;
			if (own.get !== undefined)
				fix(own.get, 'name', 'get ' + nameOf(names[i]));
			if (own.set !== undefined)
				fix(own.set, 'name', 'set ' + names[i]);
			defineProperty(target, keyOf(names[i]), own);
			continue;
		}
		// A second name of a function, or one that a literal gives no name.
		if (f.name === '' || f.name === undefined)
			fix(f, 'name', nameOf(names[i]));
		define(target, keyOf(names[i]), f);
	}
	words = lengths ? lengths.split(' ') : [];
	for (i = 0; i < words.length; i += 2)
		fix(target[keyOf(words[i])], 'length', +words[i + 1]);
}

function tag(proto, name) {
	defineProperty(proto, Symbol.toStringTag, { value: name, configurable: true });
}

/* A global constructor: its prototype cannot be replaced. */
function constructor(name, f, length) {
	if (hop(f, 'prototype'))
		defineProperty(f, 'prototype', { writable: false, enumerable: false });
	if (f.name !== name)
		fix(f, 'name', name);
	fix(f, 'length', length);
	define(global, name, f);
}

function isObject(value) {
	return value !== null && (typeof value === 'object' || typeof value === 'function');
}

/* ToIntegerOrInfinity */
function integer(value) {
	var n = +value;

	if (n !== n)
		return 0;
	return n < 0 ? Math_ceil(n) + 0 : Math_floor(n);
}

var Math_ceil = Math.ceil, Math_floor = Math.floor;

/* ToLength */
function lengthOf(object) {
	var n = object.length;

	if (typeof n !== 'number' || n !== n >>> 0)
		n = integer(n);
	return n > 0 ? (n < 9007199254740991 ? n : 9007199254740991) : 0;
}

/* An index that may count from the end, within 0 and length. */
function relative(value, length, absent) {
	var n;

	if (value === undefined)
		return absent;
	n = integer(value);
	if (n < 0)
		return n + length > 0 ? n + length : 0;
	return n < length ? n : length;
}

/* ToString: a symbol has none. */
function string(value) {
	if (typeof value === 'symbol')
		throw new TypeError('Cannot convert a Symbol value to a string');
	return String(value);
}

function callable(f, what) {
	if (typeof f !== 'function')
		throw new TypeError((what || show(f)) + ' is not a function');
	return f;
}

/* For messages: never runs code of a script. */
function show(value) {
	switch (typeof value) {
	case 'string':
		return '"' + value + '"';
	case 'object':
		return value === null ? 'null' : isArray(value) ? 'array' : 'object';
	case 'function':
		return 'function';
	case 'symbol':
		return 'symbol';
	default:
		return '' + value;
	}
}

function iteratorOf(value) {
	var f, it;

	f = value === undefined || value === null ? undefined : value[Symbol_iterator];
	if (typeof f !== 'function') {
		// the engine's arguments objects have no iterator of their own
		if (!isObject(value) || call(classOf, value) !== '[object Arguments]')
			throw new TypeError(show(value) + ' is not iterable');
		f = lib.arrayValues;
	}
	it = f.call(value);
	if (!isObject(it))
		throw new TypeError('Symbol.iterator did not give an object');
	return it;
}

var Symbol_iterator = Symbol.iterator;

/* One step: the result object, or undefined at the end. */
function step(it, next) {
	var result = next.call(it);

	if (!isObject(result))
		throw new TypeError('Iterator result is not an object');
	return result.done ? undefined : result;
}

/* Tell an iterator that no more is wanted because of an error that is thrown. */
function abandon(it) {
	var f;

	try {
		f = it['return'];
		if (f !== undefined && f !== null)
			f.call(it);
	} catch (e) {
		// the first error wins
	}
}

/*
 * visit(value, index) for everything an iterable gives.  An array that iterates as
 * arrays do needs no iterator.
 */
function each(iterable, visit) {
	var it, next, result, i = 0;

	if (isArray(iterable) && iterable[Symbol_iterator] === lib.arrayValues) {
		for (; i < iterable.length; i++)
			visit(iterable[i], i);
		return;
	}
	it = iteratorOf(iterable);
	next = it.next;
	for (;;) {
		result = step(it, next);
		if (result === undefined)
			return;
		result = result.value;
		try {
			visit(result, i++);
		} catch (e) {
			abandon(it);
			throw e;
		}
	}
}

/* The constructor to derive results from: SpeciesConstructor. */
function species(object, standard) {
	var c = object.constructor;

	if (c === standard || c === undefined)
		return standard;
	if (!isObject(c))
		throw new TypeError('object.constructor is not an object');
	c = c[Symbol.species];
	return c === undefined || c === null ? standard : c;
}

/*
 * Classes are lowered to functions: super(...) becomes Base.call(this, ...).  A
 * constructor of the library that is called so sets up this `this`; called in any
 * other way without new it throws.
 */
function constructing(target, object, base, slot) {
	if (target === undefined && (!(object instanceof base) || hop(object, slot)))
		throw new TypeError('Constructor ' + base.name + " requires 'new'");
}

/*
 * Scripts called *.lazy.js wait in the host until a name they define is used: most apps
 * never parse a URL, and all would carry it.  A host that cannot load them later has
 * run them with the others; then there is nothing to do.
 */
var hostLoad = global.__host_load;
var names = [], files = [], loaded = create(null);

function load(file) {
	if (hostLoad === undefined || loaded[file])
		return;
	loaded[file] = true;
	define(global, '__lib', lib);
	hostLoad(file + '.lazy.js');
	delete global.__lib;
}

/* Until the file is loaded, an accessor that loads it stands for what it defines. */
function stub(file, target, name, prefix) {
	var own = Object.getOwnPropertyDescriptor({
		get stub() {
			// still here after loading: a script has frozen the target
			if (loaded[file])
				return undefined;
			load(file);
			return target[name];
		},
		set stub(value) {
			define(target, name, value);
		}
	}, 'stub');

	own.enumerable = false;
	defineProperty(target, name, own);
	names[names.length] = prefix + name;
	files[files.length] = file;
}

/* prefix: of the names where an app's text has them */
function lazy(file, target, list, prefix) {
	list = hostLoad === undefined ? [] : list.split(' ');
	list.forEach(function (name) {
		stub(file, target, name, prefix || '');
	});
}

/*
 * For the host, before it takes the snapshot: load what a script of this text will
 * want, so that it is not loaded in every request.
 */
define(global, '__preload', function (text) {
	var i;

	for (i = 0; i < names.length; i++)
		if (!loaded[files[i]] && indexOf(text, names[i]) >= 0)
			load(files[i]);
});

lib.global = global;
lib.load = load;
lib.lazy = lazy;
// The engine's own, which others will stand for.
lib.engine = {
	TextEncoder: global.TextEncoder, TextDecoder: global.TextDecoder,
	encode: global.Duktape.enc, decode: global.Duktape.dec
};
lib.hidden = hidden;
lib.hop = hop;
lib.define = define;
lib.fix = fix;
lib.methods = methods;
lib.tag = tag;
lib.constructor = constructor;
lib.isObject = isObject;
lib.integer = integer;
lib.lengthOf = lengthOf;
lib.relative = relative;
lib.string = string;
lib.callable = callable;
lib.show = show;
lib.iteratorOf = iteratorOf;
lib.step = step;
lib.abandon = abandon;
lib.each = each;
lib.species = species;
lib.constructing = constructing;
define(global, '__lib', lib);
})(globalThis);
