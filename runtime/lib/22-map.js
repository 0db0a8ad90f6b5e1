/*
 * Map and Set.
 *
 * Items stand in arrays in the order they came, a removed one leaves a hole; three
 * objects without prototypes say where a key is: one for texts and symbols, one for
 * numbers, one for the rest.  An object as key gets a tag in a hidden property when it is
 * first used as one, and the tag's name is its key.  Objects that take no property (frozen
 * before) are found by going through a list.
 *
 * When most of a table is holes, or all of it is cleared, it is left to the iterators that
 * stand in it; table.next and table.holes tell them where to go on.
 */
(function (lib) {
'use strict';

var MAP = lib.hidden('map'), SET = lib.hidden('set'), TAG = lib.hidden('tag');
var create = Object.create;
var getPrototypeOf = Object.getPrototypeOf;
var constructing = lib.constructing, callable = lib.callable;
var KEYS = lib.KEYS, VALUES = lib.VALUES, ENTRIES = lib.ENTRIES, OF_SETS = 4;
var HOLE = create(null);
var FEW = 16;

/*
 * What the library knows about an object: its key in tables, and the values that weak
 * maps keep under their names (24-weak.js).  A Proxy shows the tag of its target, an
 * object that of its prototype: hence owner.
 */
function newTag(owner) {
	return { owner: owner, key: '' };
}

var lastKey = 0;
var odd = [], oddTags = [];

/* For what cannot carry a tag, or shows that of another. */
function oddTag(object, make) {
	var i = odd.lastIndexOf(object);

	if (i < 0) {
		if (!make)
			return undefined;
		i = odd.length;
		odd[i] = object;
		oddTags[i] = newTag(object);
	}
	return oddTags[i];
}

/* The tag of an object; if it has none, a new one or undefined. */
function tagOf(object, make) {
	var tag = object[TAG], proto;

	if (tag !== undefined) {
		if (tag.owner === object)
			return tag;
		proto = getPrototypeOf(object);
		if (proto === null || proto[TAG] !== tag)
			return oddTag(object, make);
	}
	if (!make)
		return odd.length === 0 ? undefined : oddTag(object, false);
	try {
		return object[TAG] = newTag(object);
	} catch (e) {
		return oddTag(object, true);
	}
}

lib.tagOf = tagOf;

function Table() {
	this.texts = create(null);
	this.numbers = undefined;
	this.others = undefined;
	this.keys = [];
	this.values = [];
	this.size = 0;
	this.next = undefined;	// where the items went
	this.holes = undefined;	// indexes that were holes then; undefined: cleared
}
Table.prototype = create(null);

/* Key in table.others; '' is that of none. */
function otherKey(key, make) {
	var tag;

	if (key !== null && (typeof key === 'object' || typeof key === 'function')) {
		tag = tagOf(key, make);
		if (tag === undefined)
			return '';
		if (tag.key === '' && make)
			tag.key = '#' + ++lastKey;
		return tag.key;
	}
	return '' + key;
}

/* Index of a key that is no text, or undefined. */
function find(table, key) {
	var index, tag;

	if (typeof key === 'number') {
		index = table.numbers;
		return index === undefined ? undefined : index[key];
	}
	if (typeof key === 'symbol')
		return table.texts[key];
	index = table.others;
	if (index === undefined)
		return undefined;
	if (typeof key === 'object' && key !== null) {
		tag = key[TAG];
		if (tag !== undefined && tag.owner === key)
			return index[tag.key];
	}
	return index[otherKey(key, false)];
}

function place(table, key) {
	return typeof key === 'string' ? table.texts[key] : find(table, key);
}

function insert(table, key, value) {
	var n = table.keys.length;

	table.keys[n] = key;
	table.values[n] = value;
	table.size++;
	if (typeof key === 'string' || typeof key === 'symbol') {
		table.texts[key] = n;
	} else if (typeof key === 'number') {
		if (table.numbers === undefined)
			table.numbers = create(null);
		table.numbers[key] = n;
	} else {
		if (table.others === undefined)
			table.others = create(null);
		table.others[otherKey(key, true)] = n;
	}
}

function put(table, key, value) {
	var i = place(table, key);

	if (i !== undefined)
		table.values[i] = value;
	else
		insert(table, key === 0 ? 0 : key, value);
}

function has(table, key) {
	return place(table, key) !== undefined;
}

/* Leave the table to its iterators; the items that remain go to a new one. */
function renew(object, slot, table) {
	var fresh = new Table(), holes = [], keys = table.keys, i;

	for (i = 0; i < keys.length; i++) {
		if (keys[i] === HOLE)
			holes[holes.length] = i;
		else
			insert(fresh, keys[i], table.values[i]);
	}
	table.next = fresh;
	table.holes = holes;
	object[slot] = fresh;
}

function remove(object, slot, table, key) {
	var i = place(table, key);

	if (i === undefined)
		return false;
	if (typeof key === 'string' || typeof key === 'symbol')
		delete table.texts[key];
	else if (typeof key === 'number')
		delete table.numbers[key];
	else
		delete table.others[otherKey(key, false)];
	table.keys[i] = HOLE;
	table.values[i] = undefined;
	table.size--;
	if (table.keys.length > FEW && table.size < table.keys.length >> 1)
		renew(object, slot, table);
	return true;
}

function clear(object, slot, table) {
	if (table.keys.length === 0)
		return;
	table.next = object[slot] = new Table();
	table.keys = table.values = [];
}

/* Where an iterator at `at` of a table that was left stands in the next one. */
function moved(table, at) {
	var holes = table.holes, n = 0;

	if (holes === undefined)
		return 0;
	while (n < holes.length && holes[n] < at)
		n++;
	return at - n;
}

var ITEMS = lib.hidden('items'), AT = lib.hidden('at'), KIND = lib.hidden('kind');

/* sort: 0 of maps, OF_SETS */
function step(it, sort) {
	var table = it[ITEMS], at = it[AT], kind = it[KIND], key;

	if (kind === undefined || (kind & OF_SETS) !== sort)
		throw new TypeError('next method called on incompatible receiver');
	while (table !== undefined && table.next !== undefined) {
		at = moved(table, at);
		table = table.next;
	}
	if (table !== undefined) {
		while (at < table.keys.length && table.keys[at] === HOLE)
			at++;
		if (at >= table.keys.length)
			table = undefined;
	}
	it[ITEMS] = table;
	it[AT] = at + 1;
	if (table === undefined)
		return { value: undefined, done: true };
	key = table.keys[at];
	kind &= ~OF_SETS;
	return {
		value: kind === KEYS ? key : kind === ENTRIES ? [key, table.values[at]] :
		    table.values[at],
		done: false
	};
}

var mapIterators = lib.iterators('Map Iterator', {
	next() {
		return step(this, 0);
	}
}.next);
var setIterators = lib.iterators('Set Iterator', {
	next() {
		return step(this, OF_SETS);
	}
}.next);

function iterate(proto, table, kind) {
	var it = create(proto);

	it[ITEMS] = table;
	it[AT] = 0;
	it[KIND] = kind;
	return it;
}

/* f(value, key) for each item, also for those that come while it runs. */
function walk(table, f) {
	var at = 0, key;

	for (;;) {
		while (table.next !== undefined) {
			at = moved(table, at);
			table = table.next;
		}
		if (at >= table.keys.length)
			return;
		key = table.keys[at++];
		if (key !== HOLE)
			f(table.values[at - 1], key);
	}
}

function mapOf(object) {
	var table = object === undefined || object === null ? undefined : object[MAP];

	if (table === undefined)
		throw new TypeError('Not a Map: ' + lib.show(object));
	return table;
}

function setOf(object) {
	var table = object === undefined || object === null ? undefined : object[SET];

	if (table === undefined)
		throw new TypeError('Not a Set: ' + lib.show(object));
	return table;
}
lib.mapOf = function (object) {
	return lib.isObject(object) ? object[MAP] : undefined;
};
lib.setOf = function (object) {
	return lib.isObject(object) ? object[SET] : undefined;
};
lib.walk = walk;

function Map(entries) {
	var map = this, add, direct;

	constructing(new.target, map, Map, MAP);
	map[MAP] = new Table();
	if (entries === undefined || entries === null)
		return;
	add = callable(map.set, "'undefined' returned for property 'set'");
	direct = add === mapSet;
	lib.each(entries, function (entry) {
		if (!lib.isObject(entry))
			throw new TypeError('Iterator value ' + lib.show(entry) +
			    ' is not an entry object');
		if (direct)
			put(map[MAP], entry[0], entry[1]);
		else
			add.call(map, entry[0], entry[1]);
	});
}
lib.methods(Map.prototype, {
	'get'(key) {
		var table = this[MAP], i;

		// without a table the next line throws the TypeError that is due
		i = typeof key === 'string' ? table.texts[key] : find(table, key);
		return i === undefined ? undefined : table.values[i];
	},
	'set'(key, value) {
		put(mapOf(this), key, value);
		return this;
	},
	has(key) {
		return has(mapOf(this), key);
	},
	'delete'(key) {
		return remove(this, MAP, mapOf(this), key);
	},
	clear() {
		clear(this, MAP, mapOf(this));
	},
	get size() {
		return mapOf(this).size;
	},
	forEach(f, that) {
		var map = this, table = mapOf(map);

		callable(f);
		walk(table, function (value, key) {
			f.call(that, value, key, map);
		});
	},
	keys() {
		return iterate(mapIterators, mapOf(this), KEYS);
	},
	values() {
		return iterate(mapIterators, mapOf(this), VALUES);
	},
	entries() {
		return iterate(mapIterators, mapOf(this), ENTRIES);
	}
}, 'forEach 1');
var mapSet = Map.prototype.set;
lib.define(Map.prototype, Symbol.iterator, Map.prototype.entries);
lib.methods(Map, {
	get '@@species'() {
		return this;
	},
	groupBy(items, callback) {
		var map = new Map(), table = map[MAP];

		lib.groups(items, callback, function (key) {
			var i = place(table, key);

			return i === undefined ? undefined : table.values[i];
		}, function (key, list) {
			put(table, key, list);
		});
		return map;
	}
});
lib.tag(Map.prototype, 'Map');
lib.constructor('Map', Map, 0);

function Set(items) {
	var set = this, add, direct;

	constructing(new.target, set, Set, SET);
	set[SET] = new Table();
	if (items === undefined || items === null)
		return;
	add = callable(set.add, "'undefined' returned for property 'add'");
	direct = add === setAdd;
	lib.each(items, function (item) {
		if (direct)
			put(set[SET], item, item === 0 ? 0 : item);
		else
			add.call(set, item);
	});
}
lib.methods(Set.prototype, {
	add(item) {
		put(setOf(this), item, item === 0 ? 0 : item);
		return this;
	},
	has(item) {
		return has(setOf(this), item);
	},
	'delete'(item) {
		return remove(this, SET, setOf(this), item);
	},
	clear() {
		clear(this, SET, setOf(this));
	},
	get size() {
		return setOf(this).size;
	},
	forEach(f, that) {
		var set = this, table = setOf(set);

		callable(f);
		walk(table, function (item) {
			f.call(that, item, item, set);
		});
	},
	values() {
		return iterate(setIterators, setOf(this), OF_SETS | VALUES);
	},
	entries() {
		return iterate(setIterators, setOf(this), OF_SETS | ENTRIES);
	}
}, 'forEach 1');
var setAdd = Set.prototype.add;
lib.define(Set.prototype, 'keys', Set.prototype.values);
lib.define(Set.prototype, Symbol.iterator, Set.prototype.values);
lib.methods(Set, {
	get '@@species'() {
		return this;
	}
});
lib.tag(Set.prototype, 'Set');
lib.constructor('Set', Set, 0);

lib.sets = { SET: SET, of: setOf, has: has, put: put, remove: remove };
})(__lib);
