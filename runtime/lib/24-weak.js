/*
 * WeakMap, WeakSet, WeakRef, FinalizationRegistry.
 *
 * A weak map keeps a value in the tag of its key, under a name of its own, so the value
 * goes with the key.  #private members are weak maps once lowered: this is their speed.
 *
 * Nothing is collected early enough in a request to be missed: WeakRef holds its target,
 * and no finalizer is ever called, both of which the standard allows.
 */
(function (lib) {
'use strict';

var NAME = lib.hidden('name'), REF = lib.hidden('target');
var TAG = lib.hidden('tag');
var tagOf = lib.tagOf, constructing = lib.constructing, callable = lib.callable;
var lastName = 0;

function nameOf(object) {
	var name = object === undefined || object === null ? undefined : object[NAME];

	if (name === undefined)
		throw new TypeError('Method called on incompatible receiver ' +
		    lib.show(object));
	return name;
}

/* The tag that has this name, or undefined. */
function holder(key, name) {
	var tag;

	if (key === null || (typeof key !== 'object' && typeof key !== 'function'))
		return undefined;
	tag = key[TAG];
	if (tag === undefined || tag.owner !== key)
		tag = tagOf(key, false);
	return tag !== undefined && name in tag ? tag : undefined;
}

function keep(key, name, value) {
	if (!lib.isObject(key))
		throw new TypeError('Invalid value used as weak map key');
	tagOf(key, true)[name] = value;
}

lib.weakName = NAME;

function remove(key, name) {
	var tag = holder(key, name);

	return tag !== undefined && delete tag[name];
}

function WeakMap(entries) {
	var map = this, set;

	constructing(new.target, map, WeakMap, NAME);
	map[NAME] = 'w' + ++lastName;
	if (entries === undefined || entries === null)
		return;
	set = callable(map.set);
	lib.each(entries, function (entry) {
		if (!lib.isObject(entry))
			throw new TypeError('Iterator value ' + lib.show(entry) +
			    ' is not an entry object');
		set.call(map, entry[0], entry[1]);
	});
}
lib.methods(WeakMap.prototype, {
	'get'(key) {
		var name = this[NAME], tag;

		if (name === undefined || key === null || typeof key !== 'object') {
			name = nameOf(this);
			tag = holder(key, name);
		} else {
			tag = key[TAG];
			if (tag === undefined || tag.owner !== key)
				tag = tagOf(key, false);
		}
		return tag === undefined ? undefined : tag[name];
	},
	'set'(key, value) {
		keep(key, nameOf(this), value);
		return this;
	},
	has(key) {
		return holder(key, nameOf(this)) !== undefined;
	},
	'delete'(key) {
		return remove(key, nameOf(this));
	}
});
lib.tag(WeakMap.prototype, 'WeakMap');
lib.constructor('WeakMap', WeakMap, 0);

function WeakSet(items) {
	var set = this, add;

	constructing(new.target, set, WeakSet, NAME);
	set[NAME] = 'w' + ++lastName;
	if (items === undefined || items === null)
		return;
	add = callable(set.add);
	lib.each(items, function (item) {
		add.call(set, item);
	});
}
lib.methods(WeakSet.prototype, {
	add(item) {
		keep(item, nameOf(this), true);
		return this;
	},
	has(item) {
		return holder(item, nameOf(this)) !== undefined;
	},
	'delete'(item) {
		return remove(item, nameOf(this));
	}
});
lib.tag(WeakSet.prototype, 'WeakSet');
lib.constructor('WeakSet', WeakSet, 0);

function WeakRef(target) {
	constructing(new.target, this, WeakRef, REF);
	if (!lib.isObject(target))
		throw new TypeError('WeakRef: target must be an object');
	this[REF] = target;
}
lib.methods(WeakRef.prototype, {
	deref() {
		return this[REF];
	}
});
lib.tag(WeakRef.prototype, 'WeakRef');
lib.constructor('WeakRef', WeakRef, 1);

function FinalizationRegistry(cleanup) {
	constructing(new.target, this, FinalizationRegistry, REF);
	callable(cleanup, 'FinalizationRegistry: cleanup');
	this[REF] = cleanup;
}
lib.methods(FinalizationRegistry.prototype, {
	register(target) {
		if (!lib.isObject(target))
			throw new TypeError('register: invalid target');
	},
	unregister() {
		return false;
	}
}, 'register 2 unregister 1');
lib.tag(FinalizationRegistry.prototype, 'FinalizationRegistry');
lib.constructor('FinalizationRegistry', FinalizationRegistry, 1);
})(__lib);
