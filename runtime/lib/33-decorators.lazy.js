/*
 * The TypeScript compiler's helpers for decorators and for `using`.
 */
(function (lib) {
'use strict';

var global = lib.global, isObject = lib.isObject;
var defineProperty = Object.defineProperty;
var getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;

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
				throw new TypeError('Decoration is over');
			extra.push(optional(f || null));
		}
		if (!own && C)
			target = context['static'] ? C : C.prototype;
		if (!own)
			own = target ? getOwnPropertyDescriptor(target, context.name) : {};
		for (i = decorators.length - 1; i >= 0; i--) {
			given = own[key];
			if (kind === 'accessor')
				given = { get: own.get, set: own.set };
			given = (0, decorators[i])(given, contextFor(context, add));
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
		env.stack.push({
			value: value, dispose: dispose, async: async, sync: sync
		});
		return value;
	},
	__disposeResources(env) {
		var awaits = false;

		function failed(e) {
			fail(env, e);
			return next();
		}

		function next() {
			var entry, result;

			while (env.stack.length > 0) {
				entry = env.stack.pop();
				awaits = awaits || entry.async;
				try {
					result = entry.dispose && entry.dispose.call(entry.value);
				} catch (e) {
					fail(env, e);
					continue;
				}
				if (entry.async)
					return Promise.resolve(entry.sync ? undefined : result)
					    .then(next, failed);
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
})(__lib);
