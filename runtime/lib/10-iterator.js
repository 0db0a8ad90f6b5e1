/*
 * Iterators of arrays and strings, and what the library needs of Symbol.
 *
 * An iterator keeps its state in hidden properties, so next() is one function for all.
 */
(function (lib) {
'use strict';

var SOURCE = lib.hidden('source'), AT = lib.hidden('at'), KIND = lib.hidden('kind');
var create = Object.create;
var charCodeAt = String.prototype.charCodeAt.call.bind(String.prototype.charCodeAt);

var iteratorProto = {};
lib.methods(iteratorProto, {
	'@@iterator'() {
		return this;
	}
});
lib.iteratorProto = iteratorProto;

/* A prototype for iterators of one sort, as the standard has them. */
lib.iterators = function (tag, next) {
	var proto = create(iteratorProto);

	lib.define(proto, 'next', next);
	lib.fix(next, 'name', 'next');
	lib.tag(proto, tag);
	return proto;
};

lib.KEYS = 0;
lib.VALUES = 1;
lib.ENTRIES = 2;

function result(value, done) {
	return { value: value, done: done };
}
lib.result = result;

var arrayIterators = lib.iterators('Array Iterator', {
	next() {
		var source = this[SOURCE], i = this[AT], kind = this[KIND];

		if (kind === undefined)
			throw new TypeError('next method called on incompatible receiver');
		if (source === undefined || i >= source.length) {
			this[SOURCE] = undefined;
			return { value: undefined, done: true };
		}
		this[AT] = i + 1;
		return {
			value: kind === 1 ? source[i] : kind === 0 ? i : [i, source[i]],
			done: false
		};
	}
}.next);

function ArrayIterator(source, kind) {
	this[SOURCE] = source;
	this[AT] = 0;
	this[KIND] = kind;
}
ArrayIterator.prototype = arrayIterators;

function iterateArray(source, kind) {
	if (source === undefined || source === null)
		throw new TypeError('Cannot convert undefined or null to object');
	return new ArrayIterator(Object(source), kind);
}
lib.methods(Array.prototype, {
	keys() {
		return iterateArray(this, 0);
	},
	values() {
		return iterateArray(this, 1);
	},
	entries() {
		return iterateArray(this, 2);
	}
});
lib.arrayValues = Array.prototype.values;
lib.define(Array.prototype, Symbol.iterator, lib.arrayValues);

/* Units of the character at i: 2 for a surrogate pair. */
function width(s, i) {
	var c = charCodeAt(s, i);

	if (c < 0xd800 || c > 0xdbff || i + 1 >= s.length)
		return 1;
	c = charCodeAt(s, i + 1);
	return c >= 0xdc00 && c <= 0xdfff ? 2 : 1;
}
lib.width = width;

var stringIterators = lib.iterators('String Iterator', {
	next() {
		var s = this[SOURCE], i = this[AT], n;

		if (i === undefined)
			throw new TypeError('next method called on incompatible receiver');
		if (i >= s.length)
			return { value: undefined, done: true };
		n = width(s, i);
		this[AT] = i + n;
		return { value: s.substr(i, n), done: false };
	}
}.next);

function StringIterator(s) {
	this[SOURCE] = s;
	this[AT] = 0;
}
StringIterator.prototype = stringIterators;

lib.methods(String.prototype, {
	'@@iterator'() {
		if (this === undefined || this === null)
			throw new TypeError('String.prototype[Symbol.iterator] called on ' +
			    'null or undefined');
		return new StringIterator(String(this));
	}
});

lib.methods(Symbol.prototype, {
	get description() {
		// "Symbol(text)": the engine has no nearer way to it
		var s = Symbol.prototype.toString.call(this);

		return s === 'Symbol()' ? undefined : s.slice(7, -1);
	}
});
lib.tag(JSON, 'JSON');
lib.tag(Math, 'Math');
})(__lib);
