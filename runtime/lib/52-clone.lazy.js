/*
 * structuredClone: the values of the HTML standard's algorithm that exist here.
 */
(function (lib) {
'use strict';

var global = lib.global;
var classOf = Object.prototype.toString, apply = Reflect.apply;
var ERRORS = ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError',
	'URIError'];

function fail(value) {
	throw new global.DOMException((typeof value === 'symbol' ? 'Symbol' :
	    lib.show(value)) + ' could not be cloned.', 'DataCloneError');
}

function cloneError(error) {
	var name = String(error.name), C, copy, own;

	C = ERRORS.indexOf(name) >= 0 ? global[name] : global.Error;
	own = Object.getOwnPropertyDescriptor(error, 'message');
	copy = own !== undefined && 'value' in own ? new C(String(own.value)) : new C();
	own = Object.getOwnPropertyDescriptor(error, 'stack');
	lib.define(copy, 'stack', String(own === undefined ? error.stack : own.value));
	return copy;
}

/* A view with the same window on the clone of its buffer. */
function cloneView(view, seen) {
	var C = view instanceof DataView ? DataView : global[view[Symbol.toStringTag]];
	var buffer = clone(view.buffer, seen);

	return new C(buffer, view.byteOffset,
	    view instanceof DataView ? view.byteLength : view.length);
}

function cloneProperties(source, target, seen) {
	var keys = Object.keys(source), i;

	for (i = 0; i < keys.length; i++)
		if (lib.hop(source, keys[i]))
			lib.put(target, keys[i], clone(source[keys[i]], seen));
	return target;
}

/* The copy of an object, without what it holds; undefined if it is a plain one. */
function shell(value) {
	switch (apply(classOf, value, []).slice(8, -1)) {
	case 'Boolean':
	case 'Number':
	case 'String':
		return Object(value.valueOf());
	case 'Date':
		return new Date(value.getTime());
	case 'RegExp':
		return new RegExp(value.source, value.flags);
	case 'ArrayBuffer':
		return value.slice(0);
	case 'Error':
		return cloneError(value);
	case 'Array':
		return new Array(value.length);
	default:
		return undefined;
	}
}

function clone(value, seen) {
	var copy, table;

	if (typeof value === 'function' || typeof value === 'symbol')
		fail(value);
	if (!lib.isObject(value))
		return value;
	copy = seen.get(value);
	if (copy !== undefined)
		return copy;
	if (ArrayBuffer.isView(value)) {
		copy = cloneView(value, seen);
		seen.set(value, copy);
		return copy;
	}
	table = lib.mapOf(value) || lib.setOf(value);
	if (table !== undefined) {
		copy = lib.mapOf(value) ? new Map() : new Set();
		seen.set(value, copy);
		lib.walk(table, function (item, key) {
			if (lib.mapOf(copy))
				copy.set(clone(key, seen), clone(item, seen));
			else
				copy.add(clone(key, seen));
		});
		return copy;
	}
	if (lib.isOpaque(value))
		fail(value);
	copy = Array.isArray(value) ? new Array(value.length) : shell(value);
	if (copy !== undefined) {
		seen.set(value, copy);
		return Array.isArray(copy) ? cloneProperties(value, copy, seen) : copy;
	}
	copy = {};
	seen.set(value, copy);
	return cloneProperties(value, copy, seen);
}

var Map = global.Map, Set = global.Set;

/* Has it a state of the library that cannot be copied? */
lib.isOpaque = function (value) {
	return value instanceof global.Promise || value instanceof global.WeakMap ||
	    value instanceof global.WeakSet || value instanceof global.WeakRef;
};

lib.methods(global, {
	structuredClone(value) {
		if (arguments.length === 0)
			throw new TypeError('The "value" argument must be specified');
		return clone(value, new Map());
	}
});
})(__lib);
