/*
 * Array.  What works for anything with a length the typed arrays take from here.
 */
(function (lib) {
'use strict';

var integer = lib.integer, lengthOf = lib.lengthOf, relative = lib.relative;
var callable = lib.callable;
var isArray = Array.isArray;
var arrayProto = Array.prototype;
var splice = arrayProto.splice;

function list(value) {
	if (value === undefined || value === null)
		throw new TypeError('Cannot convert undefined or null to object');
	return Object(value);
}
lib.list = list;

// The item that search found: f may have changed the array since.
var hit;

/* Index of the first item from `at` on (step 1 or -1) that f likes, or -1. */
function search(object, f, that, at, end, step) {
	var item;

	callable(f);
	for (; at !== end; at += step) {
		item = object[at];
		if (f.call(that, item, at, object)) {
			hit = item;
			return at;
		}
	}
	hit = undefined;
	return -1;
}

function flatten(source, depth, target) {
	var n = lengthOf(source), i, item;

	for (i = 0; i < n; i++) {
		if (!(i in source))
			continue;
		item = source[i];
		if (depth > 0 && isArray(item))
			flatten(item, depth - 1, target);
		else
			target[target.length] = item;
	}
	return target;
}

function copy(object) {
	var n = lengthOf(object), result = [], i;

	if (n > 4294967295)
		throw new RangeError('Invalid array length');
	for (i = 0; i < n; i++)
		result[i] = object[i];
	return result;
}

lib.methods(arrayProto, {
	at(index) {
		var object = list(this), n = lengthOf(object), i = integer(index);

		if (i < 0)
			i += n;
		return i < 0 || i >= n ? undefined : object[i];
	},
	find(predicate, that) {
		var object = list(this);

		search(object, predicate, that, 0, lengthOf(object), 1);
		return hit;
	},
	findIndex(predicate, that) {
		var object = list(this);

		return search(object, predicate, that, 0, lengthOf(object), 1);
	},
	findLast(predicate, that) {
		var object = list(this);

		search(object, predicate, that, lengthOf(object) - 1, -1, -1);
		return hit;
	},
	findLastIndex(predicate, that) {
		var object = list(this);

		return search(object, predicate, that, lengthOf(object) - 1, -1, -1);
	},
	includes(item, from) {
		var object = list(this), n = lengthOf(object), i, value;

		if (n === 0)
			return false;
		for (i = relative(from, n, 0); i < n; i++) {
			value = object[i];
			if (value === item || (value !== value && item !== item))
				return true;
		}
		return false;
	},
	fill(value, start, end) {
		var object = list(this), n = lengthOf(object), i;

		i = relative(start, n, 0);
		for (n = relative(end, n, n); i < n; i++)
			object[i] = value;
		return object;
	},
	copyWithin(target, start, end) {
		var object = list(this), n = lengthOf(object), to, from, count, step = 1;

		to = relative(target, n, 0);
		from = relative(start, n, 0);
		count = Math.min(relative(end, n, n) - from, n - to);
		if (from < to && to < from + count) {
			step = -1;
			from += count - 1;
			to += count - 1;
		}
		for (; count > 0; count--) {
			if (from in object)
				object[to] = object[from];
			else
				delete object[to];
			from += step;
			to += step;
		}
		return object;
	}
}, 'find 1 findIndex 1 findLast 1 findLastIndex 1 includes 1 fill 1 copyWithin 2');

lib.methods(arrayProto, {
	flat(depth) {
		var object = list(this), d = depth === undefined ? 1 : integer(depth);

		return flatten(object, d, []);
	},
	flatMap(callback, that) {
		var object = list(this), n = lengthOf(object), result = [], i, item;

		callable(callback);
		for (i = 0; i < n; i++) {
			if (!(i in object))
				continue;
			item = callback.call(that, object[i], i, object);
			if (isArray(item))
				flatten(item, 0, result);
			else
				result[result.length] = item;
		}
		return result;
	},
	toReversed() {
		return copy(list(this)).reverse();
	},
	toSorted(compare) {
		if (compare !== undefined)
			callable(compare, 'The comparison function');
		return lib.sort(copy(list(this)), compare);
	},
	toSpliced(start, count) {
		var object = copy(list(this));

		// without arguments the engine takes everything out
		if (arguments.length > 0)
			splice.apply(object, arguments);
		return object;
	},
	'with'(index, value) {
		var object = list(this), n = lengthOf(object), i = integer(index);

		if (i < 0)
			i += n;
		if (i < 0 || i >= n)
			throw new RangeError('Invalid index : ' + index);
		object = copy(object);
		object[i] = value;
		return object;
	}
}, 'flat 0 flatMap 1 toSpliced 2');

/*
 * A result for Array.from and Array.of called on C: an array, or what C constructs.
 * A function without a prototype is taken for one that does not.
 */
function fresh(C, length) {
	if (C === Array || typeof C !== 'function' || !lib.hop(C, 'prototype'))
		return [];
	return length === undefined ? new C() : new C(length);
}

lib.methods(Array, {
	from(items, map, that) {
		var result, n, i, f;

		if (map !== undefined)
			callable(map);
		if (items === undefined || items === null)
			throw new TypeError(String(items) + ' is not iterable');
		f = items[Symbol.iterator];
		if (f !== undefined && f !== null) {
			result = fresh(this);
			n = 0;
			lib.each(items, function (item, k) {
				if (map !== undefined)
					item = map.call(that, item, k);
				lib.put(result, n++, item);
			});
			result.length = n;
			return result;
		}
		items = Object(items);
		n = lengthOf(items);
		result = fresh(this, n);
		for (i = 0; i < n; i++)
			lib.put(result, i, map === undefined ? items[i] :
			    map.call(that, items[i], i));
		result.length = n;
		return result;
	},
	of() {
		var n = arguments.length, result = fresh(this, n), i;

		for (i = 0; i < n; i++)
			lib.put(result, i, arguments[i]);
		result.length = n;
		return result;
	},
	get '@@species'() {
		return this;
	}
}, 'from 1');

lib.fix(arrayProto, Symbol.unscopables, Object.assign(Object.create(null), {
	at: true, copyWithin: true, entries: true, fill: true, find: true,
	findIndex: true, findLast: true, findLastIndex: true, flat: true, flatMap: true,
	includes: true, keys: true, toReversed: true, toSorted: true, toSpliced: true,
	values: true
}));
})(__lib);
