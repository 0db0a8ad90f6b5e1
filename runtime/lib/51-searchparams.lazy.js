/*
 * URLSearchParams: a list of pairs of texts, alone or the query of a URL, which then
 * follows every change.
 */
(function (lib) {
'use strict';

var PARAMS = lib.hidden('params');
var AT = lib.hidden('at'), KIND = lib.hidden('kind');
var KEYS = lib.KEYS, ENTRIES = lib.ENTRIES;

function text(value) {
	return String(value).toWellFormed();
}

function stateOf(params) {
	var state = lib.isObject(params) ? params[PARAMS] : undefined;

	if (state === undefined)
		throw new TypeError('Value of "this" must be of type URLSearchParams');
	return state;
}

function need(args, n) {
	if (args.length < n)
		throw new TypeError(n === 1 ? 'The "name" argument must be specified' :
		    'The "name" and "value" arguments must be specified');
}

function pairs(items) {
	var list = [];

	lib.each(items, function (item) {
		var pair;

		if (!lib.isObject(item) || typeof item[Symbol.iterator] !== 'function')
			throw new TypeError('Each pair must be iterable');
		pair = Array.from(item);
		if (pair.length !== 2)
			throw new TypeError('Each pair must be iterable');
		list.push([text(pair[0]), text(pair[1])]);
	});
	return list;
}

function fields(object) {
	var list = [], keys = Reflect.ownKeys(object), places = {}, i, key, own;

	for (i = 0; i < keys.length; i++) {
		own = Object.getOwnPropertyDescriptor(object, keys[i]);
		if (own === undefined || !own.enumerable)
			continue;
		key = text(keys[i]);
		own = text(object[keys[i]]);
		if (lib.hop(places, key)) {
			list[places[key]][1] = own;
			continue;
		}
		places[key] = list.length;
		list.push([key, own]);
	}
	return list;
}

function listOf(init) {
	if (init === undefined || init === null)
		return [];
	if (lib.isObject(init)) {
		if (init[Symbol.iterator] !== undefined && init[Symbol.iterator] !== null)
			return pairs(init);
		return fields(init);
	}
	init = text(init);
	return lib.parseForm(init.charAt(0) === '?' ? init.slice(1) : init);
}

function URLSearchParams(init) {
	lib.constructing(new.target, this, URLSearchParams, PARAMS);
	this[PARAMS] = { list: listOf(init), url: undefined };
}

/* The list of a URL's params has changed. */
function changed(state) {
	if (state.url !== undefined)
		lib.updateQuery(state.url, lib.formEncode(state.list));
}

lib.paramsOf = function (record) {
	var params = new URLSearchParams();

	params[PARAMS].url = record;
	return params;
};
lib.setParams = function (params, list) {
	params[PARAMS].list = list;
};

/* Pairs with that name, and value unless it is undefined, kept or taken out. */
function filter(list, name, value, wanted) {
	return list.filter(function (pair) {
		var is = pair[0] === name && (value === undefined || pair[1] === value);

		return is === wanted;
	});
}

var iterators = lib.iterators('URLSearchParams Iterator', {
	next() {
		var state = this[PARAMS], at = this[AT], kind = this[KIND], pair;

		if (state === undefined)
			throw new TypeError('next method called on incompatible receiver');
		pair = state.list[at];
		if (pair === undefined)
			return { value: undefined, done: true };
		this[AT] = at + 1;
		return {
			value: kind === ENTRIES ? [pair[0], pair[1]] :
			    kind === KEYS ? pair[0] : pair[1],
			done: false
		};
	}
}.next);

function iterate(params, kind) {
	var it = Object.create(iterators);

	it[PARAMS] = stateOf(params);
	it[AT] = 0;
	it[KIND] = kind;
	return it;
}

lib.methods(URLSearchParams.prototype, {
	append(name, value) {
		var state = stateOf(this);

		need(arguments, 2);
		state.list.push([text(name), text(value)]);
		changed(state);
	},
	'delete'(name, value) {
		var state = stateOf(this);

		need(arguments, 1);
		state.list = filter(state.list, text(name),
		    value === undefined ? undefined : text(value), false);
		changed(state);
	},
	'get'(name) {
		var found;

		need(arguments, 1);
		found = filter(stateOf(this).list, text(name), undefined, true);
		return found.length > 0 ? found[0][1] : null;
	},
	getAll(name) {
		need(arguments, 1);
		return filter(stateOf(this).list, text(name), undefined, true)
		    .map(function (pair) {
			return pair[1];
		});
	},
	has(name, value) {
		need(arguments, 1);
		return filter(stateOf(this).list, text(name),
		    value === undefined ? undefined : text(value), true).length > 0;
	},
	'set'(name, value) {
		var state = stateOf(this), found = false;

		need(arguments, 2);
		name = text(name);
		value = text(value);
		state.list = state.list.filter(function (pair) {
			if (pair[0] !== name)
				return true;
			if (found)
				return false;
			found = true;
			pair[1] = value;
			return true;
		});
		if (!found)
			state.list.push([name, value]);
		changed(state);
	},
	sort() {
		var state = stateOf(this);

		state.list = lib.mergeSort(state.list, function (a, b) {
			return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
		});
		changed(state);
	},
	forEach(callback, that) {
		var state = stateOf(this), i;

		lib.callable(callback, 'The "callback" argument');
		for (i = 0; i < state.list.length; i++)
			callback.call(that, state.list[i][1], state.list[i][0], this);
	},
	keys() {
		return iterate(this, 0);
	},
	values() {
		return iterate(this, 1);
	},
	entries() {
		return iterate(this, 2);
	},
	toString() {
		return lib.formEncode(stateOf(this).list);
	},
	get size() {
		return stateOf(this).list.length;
	}
}, 'delete 1 has 1 forEach 1');
lib.define(URLSearchParams.prototype, Symbol.iterator, URLSearchParams.prototype.entries);
lib.tag(URLSearchParams.prototype, 'URLSearchParams');
lib.constructor('URLSearchParams', URLSearchParams, 0);
})(__lib);
