/*
 * Object and Reflect.
 */
(function (lib) {
'use strict';

var hop = lib.hop, each = lib.each, callable = lib.callable;
var keys = Object.keys, ownKeys = Reflect.ownKeys;
var getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
var defineProperty = Object.defineProperty;
var create = Object.create;
var construct = Reflect.construct;
var apply = Reflect.apply;
var isEnumerable = Object.prototype.propertyIsEnumerable.call.bind(
    Object.prototype.propertyIsEnumerable);

function toKey(value) {
	return typeof value === 'symbol' ? value : String(value);
}
lib.toKey = toKey;

function some(object) {
	if (object === undefined || object === null)
		throw new TypeError('Cannot convert undefined or null to object');
	return Object(object);
}

/* ToPrimitive without a hint. */
lib.toPrimitive = function (object) {
	var f = object[Symbol.toPrimitive], value;

	if (f !== undefined && f !== null) {
		value = f.call(object, 'default');
	} else {
		value = typeof object.valueOf === 'function' ? object.valueOf() : object;
		if (lib.isObject(value) && typeof object.toString === 'function')
			value = object.toString();
	}
	if (lib.isObject(value))
		throw new TypeError('Cannot convert object to primitive value');
	return value;
};

/* An own property even where the prototype has a setter or a constant. */
function put(object, key, value) {
	defineProperty(object, key,
	    { value: value, writable: true, enumerable: true, configurable: true });
}
lib.put = put;

/* Lists of the items of each group, in a null object or by set(key, list). */
function groups(items, key, find, add) {
	if (items === undefined || items === null)
		throw new TypeError(String(items) + ' is not iterable');
	callable(key);
	each(items, function (item, i) {
		var k = key(item, i), list = find(k);

		if (list === undefined)
			add(k, [item]);
		else
			list[list.length] = item;
	});
}
lib.groups = groups;

var engineAssign = lib.engineAssign = Object.assign;
var symbolsOf = Object.getOwnPropertySymbols;

lib.methods(Object, {
	/* The engine's forgets symbols. */
	assign(target) {
		var i, k, source, symbols;

		target = apply(engineAssign, undefined, arguments);
		for (i = 1; i < arguments.length; i++) {
			source = arguments[i];
			if (!lib.isObject(source))
				continue;
			symbols = symbolsOf(source);
			for (k = 0; k < symbols.length; k++)
				if (isEnumerable(source, symbols[k]))
					target[symbols[k]] = source[symbols[k]];
		}
		return target;
	},
	values(object) {
		var names, values = [], i;

		object = some(object);
		names = keys(object);
		for (i = 0; i < names.length; i++)
			if (isEnumerable(object, names[i]))
				values[values.length] = object[names[i]];
		return values;
	},
	entries(object) {
		var names, entries = [], i;

		object = some(object);
		names = keys(object);
		for (i = 0; i < names.length; i++)
			if (isEnumerable(object, names[i]))
				entries[entries.length] = [names[i], object[names[i]]];
		return entries;
	},
	fromEntries(entries) {
		var object = {};

		each(entries, function (entry) {
			if (!lib.isObject(entry))
				throw new TypeError('Iterator value ' + lib.show(entry) +
				    ' is not an entry object');
			put(object, toKey(entry[0]), entry[1]);
		});
		return object;
	},
	hasOwn(object, key) {
		return hop(some(object), key);
	},
	getOwnPropertyDescriptors(object) {
		var result = {}, names, i, d;

		object = some(object);
		names = ownKeys(object);
		for (i = 0; i < names.length; i++) {
			d = getOwnPropertyDescriptor(object, names[i]);
			if (d !== undefined)
				put(result, names[i], d);
		}
		return result;
	},
	groupBy(items, callback) {
		var object = create(null);

		groups(items, callback, function (key) {
			return object[toKey(key)];
		}, function (key, list) {
			object[toKey(key)] = list;
		});
		return object;
	}
}, 'assign 2');

// Constructors that only the engine can run, whatever `this` they are called with.
var natives = [Array, Function, String, Number, Boolean, RegExp, Date, Proxy,
	ArrayBuffer, DataView, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array,
	Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array];

lib.natives = natives;
lib.isNative = function (f) {
	var i;

	for (i = 0; i < natives.length; i++)
		if (natives[i] === f)
			return true;
	return false;
};

/*
 * The engine constructs only what newTarget itself is.  For another newTarget its
 * prototype is given to the result: exact for functions, and for the constructors
 * of the library, which take a `this` that is already theirs.
 */
lib.methods(Reflect, {
	construct(target, args, newTarget) {
		var object, result;

		if (arguments.length < 3 || newTarget === target)
			return construct(target, args);
		if (typeof newTarget !== 'function' || typeof target !== 'function')
			throw new TypeError(lib.show(newTarget) + ' is not a constructor');
		if (lib.isNative(target)) {
			object = construct(target, args);
			return Object.setPrototypeOf(object, newTarget.prototype);
		}
		object = create(lib.isObject(newTarget.prototype) ?
		    newTarget.prototype : Object.prototype);
		result = apply(target, object, args);
		return lib.isObject(result) ? result : object;
	}
}, 'construct 2');
lib.tag(Reflect, 'Reflect');
})(__lib);
