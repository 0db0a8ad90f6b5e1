/*
 * Methods of typed arrays and ArrayBuffer.  What needs only a length and indexes is
 * Array's own function.
 */
(function (lib) {
'use strict';

var global = lib.global;
var arrayProto = Array.prototype;
var typedProto = Object.getPrototypeOf(Uint8Array.prototype);
var relative = lib.relative, integer = lib.integer, callable = lib.callable;
var isView = ArrayBuffer.isView;
var NAMES = ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array',
	'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array'];

function TypedArray() {
	throw new TypeError('Abstract class TypedArray not directly constructable');
}
Object.defineProperty(TypedArray, 'prototype', { value: typedProto, writable: false });
lib.define(typedProto, 'constructor', TypedArray);
lib.fix(TypedArray, 'length', 0);
NAMES.forEach(function (name) {
	Object.setPrototypeOf(global[name], TypedArray);
	lib.tag(global[name].prototype, name);
});
lib.tag(ArrayBuffer.prototype, 'ArrayBuffer');
lib.tag(DataView.prototype, 'DataView');

['at', 'copyWithin', 'entries', 'every', 'find', 'findIndex', 'findLast',
    'findLastIndex', 'forEach', 'includes', 'indexOf', 'join', 'keys', 'lastIndexOf',
    'reduce', 'reduceRight', 'reverse', 'some', 'values', 'toLocaleString', 'toString'
    ].forEach(function (name) {
	lib.define(typedProto, name, arrayProto[name]);
});
lib.define(typedProto, Symbol.iterator, typedProto.values);

function typed(value) {
	if (!lib.isObject(value) || !isView(value) || value.BYTES_PER_ELEMENT === undefined)
		throw new TypeError('this is not a typed array.');
	return value;
}

/* A typed array of the same class (or its species) with so many items. */
function like(array, length) {
	var C = lib.species(array, standard(array));

	return new C(length);
}

function standard(array) {
	return global[array[Symbol.toStringTag]];
}

/* Numbers ascending, -0 before 0, NaN last. */
function ascending(a, b) {
	if (a !== a || b !== b)
		return a === a ? -1 : b === b ? 1 : 0;
	if (a === 0 && b === 0)
		return 1 / a - 1 / b < 0 ? -1 : 1 / a === 1 / b ? 0 : 1;
	return a - b;
}

function sortInto(target, source, compare) {
	var items = [], i;

	if (compare !== undefined)
		callable(compare, 'The comparison function');
	for (i = 0; i < source.length; i++)
		items[i] = source[i];
	items = lib.mergeSort(items, compare || ascending);
	for (i = 0; i < items.length; i++)
		target[i] = items[i];
	return target;
}

lib.methods(typedProto, {
	fill(value, start, end) {
		var array = typed(this), i, n = array.length;

		value = +value;
		i = relative(start, n, 0);
		for (n = relative(end, n, n); i < n; i++)
			array[i] = value;
		return array;
	},
	map(callback, that) {
		var array = typed(this), n = array.length, result, i;

		callable(callback);
		result = like(array, n);
		for (i = 0; i < n; i++)
			result[i] = callback.call(that, array[i], i, array);
		return result;
	},
	filter(callback, that) {
		var array = typed(this), kept = [], result, i;

		callable(callback);
		for (i = 0; i < array.length; i++)
			if (callback.call(that, array[i], i, array))
				kept[kept.length] = array[i];
		result = like(array, kept.length);
		for (i = 0; i < kept.length; i++)
			result[i] = kept[i];
		return result;
	},
	slice(start, end) {
		var array = typed(this), from, to, result;

		from = relative(start, array.length, 0);
		to = relative(end, array.length, array.length);
		result = like(array, to > from ? to - from : 0);
		if (to > from)
			result.set(array.subarray(from, to));
		return result;
	},
	sort(compare) {
		return sortInto(typed(this), this, compare);
	},
	toSorted(compare) {
		return sortInto(new (standard(typed(this)))(this.length), this, compare);
	},
	toReversed() {
		return new (standard(typed(this)))(this).reverse();
	},
	'with'(index, value) {
		var array = typed(this), i = integer(index), result;

		if (i < 0)
			i += array.length;
		value = +value;
		if (i < 0 || i >= array.length)
			throw new RangeError('Invalid typed array index');
		result = new (standard(array))(array);
		result[i] = value;
		return result;
	},
	get length() {
		return typed(this).length;
	}
}, 'fill 1 map 1 filter 1');

lib.methods(TypedArray, {
	from(items, map, that) {
		var list, result, i;

		if (typeof this !== 'function')
			throw new TypeError(lib.show(this) + ' is not a constructor');
		list = map === undefined ? Array.from(items) : Array.from(items, map, that);
		result = new this(list.length);
		for (i = 0; i < list.length; i++)
			result[i] = list[i];
		return result;
	},
	of() {
		var result, i;

		if (typeof this !== 'function')
			throw new TypeError(lib.show(this) + ' is not a constructor');
		result = new this(arguments.length);
		for (i = 0; i < arguments.length; i++)
			result[i] = arguments[i];
		return result;
	},
	get '@@species'() {
		return this;
	}
}, 'from 1');

Object.defineProperty(ArrayBuffer, Symbol.species,
    Object.getOwnPropertyDescriptor(TypedArray, Symbol.species));
})(__lib);
