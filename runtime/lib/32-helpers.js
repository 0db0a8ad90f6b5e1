/*
 * What the TypeScript compiler expects of its run time when it writes ES5, as globals with
 * the names of its own helper library; and, from __const on, what our transpiler adds.
 * 31-async.js has those of generators and async functions.
 */
(function (lib) {
'use strict';

var global = lib.global, hop = lib.hop, isObject = lib.isObject;
var isArray = Array.isArray;
var ownKeys = Reflect.ownKeys, construct = Reflect.construct, apply = Reflect.apply;
var create = Object.create, defineProperty = Object.defineProperty;
var getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
var setPrototypeOf = Object.setPrototypeOf, getPrototypeOf = Object.getPrototypeOf;
var isEnumerable = Object.prototype.propertyIsEnumerable.call.bind(
    Object.prototype.propertyIsEnumerable);
var Symbol_iterator = Symbol.iterator;
var engineAssign = lib.engineAssign, symbolsOf = Object.getOwnPropertySymbols;
var NAME = lib.weakName, TAG = lib.hidden('tag');

function plainArray(items) {
	return isArray(items) && items[Symbol_iterator] === lib.arrayValues;
}

/*
 * for-of over an array: the cursor is its own iterator result, since lowered code
 * reads value and done before it asks for the next.
 */
function Cursor(items) {
	this.items = items;
	this.at = 0;
	this.value = undefined;
	this.done = false;
}
Cursor.prototype = create(lib.iteratorProto);
lib.define(Cursor.prototype, 'next', {
	next() {
		var items = this.items, at = this.at;

		if (items !== undefined && at < items.length) {
			this.value = items[at];
			this.at = at + 1;
		} else {
			this.items = this.value = undefined;
			this.done = true;
		}
		return this;
	}
}.next);

/* At most count items of an iterable, all if it is undefined. */
function read(items, count) {
	var result = [], it, next, item;

	it = lib.iteratorOf(items);
	next = it.next;
	while (count === undefined || result.length < count) {
		item = lib.step(it, next);
		if (item === undefined)
			return result;
		result[result.length] = item.value;
	}
	item = it['return'];
	if (item !== undefined && item !== null && !isObject(item.call(it)))
		throw new TypeError('Iterator result is not an object');
	return result;
}

/* --- objects, arrays, classes --- */

lib.methods(global, {
	__assign(target, source) {
		var symbols;

		engineAssign(target, source);
		if (isObject(source)) {
			symbols = symbolsOf(source);
			if (symbols.length > 0)
				Object.assign(target, source);
		}
		return target;
	},
	__rest(source, excluded) {
		var result = {}, keys, i;

		if (source === undefined || source === null)
			throw new TypeError('Cannot destructure undefined or null');
		keys = ownKeys(Object(source));
		for (i = 0; i < keys.length; i++)
			if (excluded.indexOf(keys[i]) < 0 && isEnumerable(source, keys[i]))
				lib.put(result, keys[i], source[keys[i]]);
		return result;
	},
	__spreadArray(to, from, pack) {
		var n = to.length, count = from.length, i;

		// `to` is a fresh array unless TypeScript asks for a packed copy
		if (pack !== false || !isArray(to))
			to = Array.prototype.slice.call(to);
		for (i = 0; i < count; i++)
			to[n + i] = from[i];
		return to;
	},
	__read(items, count) {
		if (!plainArray(items))
			return read(items, count);
		return count === undefined ? items : items.slice(0, count);
	},
	__values(items) {
		if (plainArray(items))
			return new Cursor(items);
		return lib.iteratorOf(items);
	},
	__makeTemplateObject(cooked, raw) {
		defineProperty(cooked, 'raw', { value: Object.freeze(raw) });
		return Object.freeze(cooked);
	},
	__extends(derived, base) {
		var proto;

		if (typeof base !== 'function' && base !== null)
			throw new TypeError('Class extends value ' + lib.show(base) +
			    ' is not a constructor or null');
		// its exec may be the class's own, which String's methods must ask then
		if (base === RegExp)
			lib.load('41-special');
		proto = base === Array ? arrayBase() : base && base.prototype;
		if (base !== null)
			setPrototypeOf(derived, base);
		if (proto !== null && !isObject(proto))
			throw new TypeError('Class extends value does not have valid ' +
			    'prototype property ' + lib.show(proto));
		derived.prototype = create(proto);
		lib.define(derived.prototype, 'constructor', derived);
	},
	__propKey(key) {
		return typeof key === 'symbol' ? key : '' + key;
	},
	__setFunctionName(f, name, prefix) {
		if (typeof name === 'symbol')
			name = name.description ? '[' + name.description + ']' : '';
		lib.fix(f, 'name', prefix ? prefix + ' ' + name : name);
		return f;
	}
});

function like(object, items) {
	var C = isArray(object) ? lib.species(object, Array) : Array, result, i;

	if (C === Array)
		return items;
	result = new C(0);
	for (i = 0; i < items.length; i++)
		if (i in items)
			lib.put(result, i, items[i]);
	result.length = items.length;
	return result;
}

var speciesArray;

/*
 * What a class that extends Array inherits from: Array's methods that make arrays make
 * such of the class.  The arrays of everybody else stay with the engine's.
 */
function arrayBase() {
	if (speciesArray !== undefined)
		return speciesArray;
	speciesArray = create(Array.prototype);
	['concat', 'filter', 'flat', 'flatMap', 'map', 'slice', 'splice'].forEach(
	    function (name) {
		var f = Array.prototype[name];

		lib.define(speciesArray, name, function () {
			return like(this, apply(f, this, arguments));
		});
		lib.fix(speciesArray[name], 'name', name);
	});
	return speciesArray;
}

/* --- modules --- */

function createBinding(to, from, key, name) {
	var own = getOwnPropertyDescriptor(from, key);

	if (own === undefined || (own.get ? !from.__esModule :
	    own.writable || own.configurable))
		own = {
			enumerable: true,
			'get'() {
				return from[key];
			}
		};
	defineProperty(to, name === undefined ? key : name, own);
}

lib.methods(global, {
	__createBinding: createBinding,
	__exportStar(from, exports) {
		var key;

		for (key in from)
			if (key !== 'default' && !hop(exports, key))
				createBinding(exports, from, key);
	},
	__importDefault(module) {
		return module && module.__esModule ? module : { 'default': module };
	},
	__importStar(module) {
		var result, keys, i;

		if (module && module.__esModule)
			return module;
		result = {};
		keys = module === undefined || module === null ? [] :
		    Object.getOwnPropertyNames(module);
		for (i = 0; i < keys.length; i++)
			if (keys[i] !== 'default')
				createBinding(result, module, keys[i]);
		lib.put(result, 'default', module);
		return result;
	}
});

/* --- #private --- */

function privately(verb, object, state, f) {
	if (typeof state === 'function' ? object !== state || !f : !state.has(object))
		throw new TypeError('Cannot ' + verb + ' private member ' +
		    (verb === 'read' ? 'from' : 'to') +
		    ' an object whose class did not declare it');
}

lib.methods(global, {
	__classPrivateFieldGet(object, state, kind, f) {
		var name, tag, value;

		// A field, by far the most frequent: WeakMap.prototype.get without calls.
		if (kind === 'f' && f === undefined && isObject(object)) {
			name = state[NAME];
			tag = object[TAG];
			if (tag !== undefined && name !== undefined && tag.owner === object) {
				value = tag[name];
				if (value !== undefined || name in tag)
					return value;
			}
		}
		if (kind === 'a' && !f)
			throw new TypeError('Private accessor without a getter');
		privately('read', object, state, f);
		if (kind === 'm')
			return f;
		if (kind === 'a')
			return f.call(object);
		return f ? f.value : state.get(object);
	},
	__classPrivateFieldSet(object, state, value, kind, f) {
		var name, tag;

		if (kind === 'f' && f === undefined && isObject(object)) {
			name = state[NAME];
			tag = object[TAG];
			if (tag !== undefined && tag.owner === object &&
			    name !== undefined && name in tag) {
				tag[name] = value;
				return value;
			}
		}
		if (kind === 'm')
			throw new TypeError('Private method is not writable');
		if (kind === 'a' && !f)
			throw new TypeError('Private accessor without a setter');
		privately('write', object, state, f);
		if (kind === 'a')
			f.call(object, value);
		else if (f)
			f.value = value;
		else
			state.set(object, value);
		return value;
	},
	__classPrivateFieldIn(state, object) {
		if (!isObject(object))
			throw new TypeError("Cannot use 'in' operator on non-object");
		return typeof state === 'function' ? object === state : state.has(object);
	}
});

/* --- what our transpiler adds --- */

function Constant(value) {
	this.value = value;
}
lib.methods(Constant.prototype, {
	get v() {
		return this.value;
	},
	set v(value) {
		throw new TypeError('Assignment to constant variable.');
	}
});

lib.methods(global, {
	/* `x += 1` on a constant is __const("x", x).v += 1 */
	__const(name, value) {
		return new Constant(value);
	},
	/* {__proto__: p} */
	__proto(proto, object) {
		return proto === null || isObject(proto) ? setPrototypeOf(object, proto) :
		    object;
	},
	/*
	 * super(...) of a class whose base comes from elsewhere.  What only the engine
	 * can construct is constructed and then made an instance of the class.
	 */
	__super(base, self, args) {
		var result;

		if (base === null || base === Object)
			return self;
		if (lib.isNative(base))
			return setPrototypeOf(construct(base, args), getPrototypeOf(self));
		result = apply(base, self, args);
		return isObject(result) ? result : self;
	},
	__name(f, name) {
		lib.fix(f, 'name', name);
		return f;
	}
});
})(__lib);
