/*
 * union and the like: of a set and anything with size, has and keys.
 */
(function (lib) {
'use strict';

var SET = lib.sets.SET, setOf = lib.sets.of, has = lib.sets.has;
var put = lib.sets.put, remove = lib.sets.remove, walk = lib.walk;
var callable = lib.callable, Set = lib.global.Set;

function record(other) {
	var size;

	if (!lib.isObject(other))
		throw new TypeError(lib.show(other) + ' is not a set-like object');
	size = +other.size;
	if (size !== size)
		throw new TypeError("The 'size' property must be a number");
	size = lib.integer(size);
	if (size < 0)
		throw new RangeError("'" + size + "' is an invalid size");
	return {
		set: other, size: size,
		has: callable(other.has, "The 'has' property"),
		keys: callable(other.keys, "The 'keys' property")
	};
}

/* visit(key) for the keys of a record; true from it stops. */
function eachKey(other, visit) {
	var it = other.keys.call(other.set), next, result;

	if (!lib.isObject(it))
		throw new TypeError('keys() did not return an iterator');
	next = it.next;
	for (result = lib.step(it, next); result !== undefined; result = lib.step(it, next))
		if (visit(result.value === 0 ? 0 : result.value)) {
			result = it['return'];
			if (result !== undefined && result !== null)
				result.call(it);
			return true;
		}
	return false;
}

/* walk that can stop: visit(item) true. */
function some(table, visit) {
	var found = false;

	walk(table, function (item) {
		if (!found && visit(item))
			found = true;
	});
	return found;
}

function add(set, item) {
	put(set[SET], item, item);
}

function copyOf(set) {
	var result = new Set();

	walk(set, function (item) {
		add(result, item);
	});
	return result;
}

lib.methods(Set.prototype, {
	union(other) {
		var set = setOf(this), result;

		other = record(other);
		result = copyOf(set);
		eachKey(other, function (key) {
			add(result, key);
		});
		return result;
	},
	intersection(other) {
		var set = setOf(this), result = new Set();

		other = record(other);
		if (set.size <= other.size)
			walk(set, function (item) {
				if (other.has.call(other.set, item))
					add(result, item);
			});
		else
			eachKey(other, function (key) {
				if (has(set, key))
					add(result, key);
			});
		return result;
	},
	difference(other) {
		var set = setOf(this), result;

		other = record(other);
		result = copyOf(set);
		if (set.size <= other.size)
			walk(set, function (item) {
				if (other.has.call(other.set, item))
					remove(result, SET, result[SET], item);
			});
		else
			eachKey(other, function (key) {
				remove(result, SET, result[SET], key);
			});
		return result;
	},
	symmetricDifference(other) {
		var set = setOf(this), result;

		other = record(other);
		result = copyOf(set);
		eachKey(other, function (key) {
			if (has(set, key))
				remove(result, SET, result[SET], key);
			else
				add(result, key);
		});
		return result;
	},
	isSubsetOf(other) {
		var set = setOf(this);

		other = record(other);
		return set.size <= other.size && !some(set, function (item) {
			return !other.has.call(other.set, item);
		});
	},
	isSupersetOf(other) {
		var set = setOf(this);

		other = record(other);
		return set.size >= other.size && !eachKey(other, function (key) {
			return !has(set, key);
		});
	},
	isDisjointFrom(other) {
		var set = setOf(this);

		other = record(other);
		if (set.size <= other.size)
			return !some(set, function (item) {
				return other.has.call(other.set, item);
			});
		return !eachKey(other, function (key) {
			return has(set, key);
		});
	}
});
})(__lib);
