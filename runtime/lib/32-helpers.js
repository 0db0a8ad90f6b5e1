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
	var NAME = lib.privateName;

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
		__assign: Object.assign,
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
			if (!isArray(to) || pack || arguments.length === 2)
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
			proto = base === null ? null : base === Array ? speciesArray : base.prototype;
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

	/* Array's methods that make arrays, for classes that extend Array. */
	var speciesArray = create(Array.prototype);

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

	['concat', 'filter', 'flat', 'flatMap', 'map', 'slice', 'splice'].forEach(function (name) {
		var f = Array.prototype[name];

		lib.define(speciesArray, name, function () {
			return like(this, apply(f, this, arguments));
		});
		lib.fix(speciesArray[name], 'name', name);
	});

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
			var tag;

			// a field: by far the most frequent
			if (kind === 'f' && typeof state !== 'function' && state[NAME] !== undefined) {
				tag = lib.privateTag(state, object);
				if (tag !== undefined)
					return tag[state[NAME]];
			}
			if (kind === 'a' && !f)
				throw new TypeError('Private accessor was defined without a getter');
			privately('read', object, state, f);
			if (kind === 'm')
				return f;
			if (kind === 'a')
				return f.call(object);
			return f ? f.value : state.get(object);
		},
		__classPrivateFieldSet(object, state, value, kind, f) {
			var tag;

			if (kind === 'f' && typeof state !== 'function' && state[NAME] !== undefined) {
				tag = lib.privateTag(state, object);
				if (tag !== undefined) {
					tag[state[NAME]] = value;
					return value;
				}
			}
			if (kind === 'm')
				throw new TypeError('Private method is not writable');
			if (kind === 'a' && !f)
				throw new TypeError('Private accessor was defined without a setter');
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

	/* --- decorators --- */

	function optional(f) {
		if (f !== undefined && typeof f !== 'function')
			throw new TypeError('Function expected');
		return f;
	}

	/* What a decorator of an accessor gave: {get, set, init}, each optional. */
	function decorateAccessor(own, given, initializers) {
		if (given === undefined)
			return;
		if (!isObject(given) || typeof given === 'function')
			throw new TypeError('Object expected');
		own.get = optional(given.get) || own.get;
		own.set = optional(given.set) || own.set;
		if (optional(given.init))
			initializers.unshift(given.init);
	}

	/* One decorator's own copy of the context. */
	function contextFor(context, add) {
		var copy = Object.assign({}, context);

		if (context.access !== undefined)
			copy.access = Object.assign({}, context.access);
		copy.addInitializer = add;
		return copy;
	}

	lib.methods(global, {
		__decorate(decorators, target, key, own) {
			var n = arguments.length, result, i;

			result = n < 3 ? target : own === null ?
			    getOwnPropertyDescriptor(target, key) : own;
			for (i = decorators.length - 1; i >= 0; i--)
				if (decorators[i])
					result = (n < 3 ? decorators[i](result) :
					    n > 3 ? decorators[i](target, key, result) :
					    decorators[i](target, key)) || result;
			if (n > 3 && result)
				defineProperty(target, key, result);
			return result;
		},
		__param(index, decorator) {
			return function (target, key) {
				decorator(target, key, index);
			};
		},
		__metadata(key, value) {
			if (typeof Reflect.metadata === 'function')
				return Reflect.metadata(key, value);
		},
		__esDecorate(C, own, decorators, context, initializers, extra) {
			var kind = context.kind, done = false, i, given, target = null;
			var key = kind === 'getter' ? 'get' : kind === 'setter' ? 'set' : 'value';

			function add(f) {
				if (done)
					throw new TypeError('Cannot add initializers after decoration ' +
					    'has completed');
				extra.push(optional(f || null));
			}
			if (!own && C)
				target = context['static'] ? C : C.prototype;
			if (!own)
				own = target ? getOwnPropertyDescriptor(target, context.name) : {};
			for (i = decorators.length - 1; i >= 0; i--) {
				given = (0, decorators[i])(kind === 'accessor' ?
				    { get: own.get, set: own.set } : own[key], contextFor(context, add));
				if (kind === 'accessor')
					decorateAccessor(own, given, initializers);
				else if (optional(given) && kind === 'field')
					initializers.unshift(given);
				else if (given)
					own[key] = given;
			}
			if (target)
				defineProperty(target, context.name, own);
			done = true;
		},
		__runInitializers(self, initializers, value) {
			var has = arguments.length > 2, i;

			for (i = 0; i < initializers.length; i++)
				value = has ? initializers[i].call(self, value) :
				    initializers[i].call(self);
			return has ? value : undefined;
		}
	});

	/* --- using --- */

	function fail(env, error) {
		env.error = env.hasError ? new global.SuppressedError(error, env.error,
		    'An error was suppressed during disposal.') : error;
		env.hasError = true;
	}

	lib.methods(global, {
		__addDisposableResource(env, value, async) {
			var dispose, sync = false;

			if (value === null || value === undefined) {
				if (async)
					env.stack.push({ async: true });
				return value;
			}
			if (!isObject(value))
				throw new TypeError('Object expected.');
			if (async)
				dispose = value[Symbol.asyncDispose];
			if (dispose === undefined) {
				dispose = value[Symbol.dispose];
				sync = true;
			}
			if (typeof dispose !== 'function')
				throw new TypeError('Object not disposable.');
			env.stack.push({ value: value, dispose: dispose, async: async, sync: sync });
			return value;
		},
		__disposeResources(env) {
			var awaits = false;

			function next() {
				var entry, result;

				while (env.stack.length > 0) {
					entry = env.stack.pop();
					awaits = awaits || entry.async;
					try {
						result = entry.dispose && entry.dispose.call(entry.value);
						if (entry.async)
							return Promise.resolve(entry.sync ? undefined : result)
							    .then(next, function (e) {
								fail(env, e);
								return next();
							});
					} catch (e) {
						fail(env, e);
					}
				}
				if (awaits)
					return env.hasError ? Promise.reject(env.error) :
					    Promise.resolve();
				if (env.hasError)
					throw env.error;
			}
			return next();
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
