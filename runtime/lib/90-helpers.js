/*
 * What the TypeScript compiler expects of its run time when it writes ES5: the functions
 * of its helper library, as globals.
 */
(function (global) {
	'use strict';

	var hop = Object.prototype.hasOwnProperty;
	var slice = Array.prototype.slice;
	var apply = Function.prototype.call.bind(Function.prototype.apply);
	var iterator = Symbol.iterator;

	function iteratorOf(value) {
		var method = value !== null && value !== undefined ? value[iterator] : undefined;

		if (typeof method !== 'function')
			throw new TypeError(String(value) + ' is not iterable');
		return method.call(value);
	}

	function toArray(value) {
		if (Array.isArray(value))
			return value;
		return Array.from(value);
	}

	var helpers = {
		__assign: Object.assign,
		__rest: function (source, excluded) {
			var result = {}, keys = Reflect.ownKeys(source), i, key;

			for (i = 0; i < keys.length; i++) {
				key = keys[i];
				if (excluded.indexOf(key) < 0 &&
				    Object.prototype.propertyIsEnumerable.call(source, key))
					result[key] = source[key];
			}
			return result;
		},
		__extends: function (derived, base) {
			if (typeof base !== 'function' && base !== null)
				throw new TypeError('Class extends value ' + String(base) +
				    ' is not a constructor or null');
			if (base === null) {
				derived.prototype = Object.create(null);
			} else {
				Object.setPrototypeOf(derived, base);
				derived.prototype = Object.create(base.prototype);
			}
			Object.defineProperty(derived.prototype, 'constructor',
			    { value: derived, writable: true, configurable: true });
		},
		__spreadArray: function (to, from, pack) {
			var i, n = from.length, result = slice.call(to);

			for (i = 0; i < n; i++)
				result.push(from[i]);
			return result;
		},
		__read: function (source, count) {
			var result = [], it, step, done = false;

			if (Array.isArray(source))
				return count === undefined ? slice.call(source) :
				    slice.call(source, 0, count);
			it = iteratorOf(source);
			try {
				while (count === undefined || count-- > 0) {
					step = it.next();
					if (step.done) {
						done = true;
						break;
					}
					result.push(step.value);
				}
			} finally {
				if (!done && it['return'])
					it['return']();
			}
			return result;
		},
		__values: function (source) {
			var i = 0;

			if (!Array.isArray(source))
				return iteratorOf(source);
			return {
				next: function () {
					if (source === undefined || i >= source.length) {
						source = undefined;
						return { value: undefined, done: true };
					}
					return { value: source[i++], done: false };
				}
			};
		},
		__makeTemplateObject: function (cooked, raw) {
			Object.defineProperty(cooked, 'raw', { value: raw });
			return cooked;
		},
		__createBinding: function (to, from, key, name) {
			Object.defineProperty(to, name === undefined ? key : name, {
				enumerable: true, configurable: true,
				get: function () { return from[key]; }
			});
		},
		__exportStar: function (from, to) {
			Object.keys(from).forEach(function (key) {
				if (key !== 'default' && !hop.call(to, key))
					helpers.__createBinding(to, from, key);
			});
		},
		__importDefault: function (module) {
			return module && module.__esModule ? module : { 'default': module };
		},
		__importStar: function (module) {
			var result = {};

			if (module && module.__esModule)
				return module;
			if (module !== null && module !== undefined)
				Object.keys(module).forEach(function (key) {
					if (key !== 'default')
						helpers.__createBinding(result, module, key);
				});
			result['default'] = module;
			return result;
		},
		__classPrivateFieldGet: function (object, state, kind, f) {
			if (typeof state === 'function' ? object !== state || !f :
			    !state.has(object))
				throw new TypeError('Cannot read private member from an object ' +
				    'whose class did not declare it');
			return kind === 'm' ? f : kind === 'a' ? f.call(object) :
			    f ? f.value : state.get(object);
		},
		__classPrivateFieldSet: function (object, state, value, kind, f) {
			if (kind === 'm')
				throw new TypeError('Private method is not writable');
			if (typeof state === 'function' ? object !== state || !f :
			    !state.has(object))
				throw new TypeError('Cannot write private member to an object ' +
				    'whose class did not declare it');
			if (kind === 'a')
				f.call(object, value);
			else if (f)
				f.value = value;
			else
				state.set(object, value);
			return value;
		},
		__classPrivateFieldIn: function (state, object) {
			if (object === null || (typeof object !== 'object' &&
			    typeof object !== 'function'))
				throw new TypeError("Cannot use 'in' operator on non-object");
			return typeof state === 'function' ? object === state : state.has(object);
		},
		__propKey: function (key) {
			return typeof key === 'symbol' ? key : String(key);
		},
		__setFunctionName: function (f, name, prefix) {
			if (typeof name === 'symbol')
				name = name.description ? '[' + name.description + ']' : '';
			return Object.defineProperty(f, 'name', { configurable: true,
			    value: prefix ? prefix + ' ' + name : name });
		}
	};

	Object.keys(helpers).forEach(function (name) {
		Object.defineProperty(global, name,
		    { value: helpers[name], writable: true, configurable: true });
	});
})(globalThis);
