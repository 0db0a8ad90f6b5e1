/*
 * Promise and the queue of jobs.
 *
 * Jobs run in the standard's order, tick by tick, but between promises of our own no
 * closure is made: what waits for a promise is a pair, a function and its first argument,
 * called with the promise's state as the second.
 *
 * The host runs the queue with __drain and looks at a result with __promiseState; neither
 * uses anything that a script can replace.
 */
(function (lib) {
'use strict';

var STATE = lib.hidden('promise');
var isObject = lib.isObject, callable = lib.callable;
var global = lib.global;
var FULFILLED = 1, REJECTED = 2;

/* --- jobs: f(a, b) --- */

var queue = [], head = 0, tail = 0;
// Slots that are done go in bulk, so that an endless chain does not keep them.
var BULK = 3072;

function enqueue(f, a, b) {
	queue[tail] = f;
	queue[tail + 1] = a;
	queue[tail + 2] = b;
	tail += 3;
}

function shrink() {
	var rest = [], i;

	for (i = head; i < tail; i++)
		rest[i - head] = queue[i];
	queue = rest;
	tail -= head;
	head = 0;
}

function drain() {
	var f, a, b;

	while (head < tail) {
		f = queue[head];
		a = queue[head + 1];
		b = queue[head + 2];
		head += 3;
		if (head >= BULK && head > tail >> 1)
			shrink();
		f(a, b);
	}
	queue = [];
	head = tail = 0;
}

/* --- states: s 0 pending, 1, 2; v value; waiting pairs; h somebody looked --- */

function newState() {
	return { s: 0, v: undefined, waiting: undefined, h: false };
}

// States that were rejected before anybody looked.
var suspects = [];

function settle(state, s, v) {
	var waiting = state.waiting, i;

	state.s = s;
	state.v = v;
	state.waiting = undefined;
	if (waiting !== undefined)
		for (i = 0; i < waiting.length; i += 2)
			enqueue(waiting[i], waiting[i + 1], state);
	else if (s === REJECTED && !state.h)
		suspects[suspects.length] = state;
}

/* f(a, state) in a job once the state is settled. */
function subscribe(state, f, a) {
	var waiting = state.waiting;

	state.h = true;
	if (state.s !== 0) {
		enqueue(f, a, state);
	} else if (waiting === undefined) {
		state.waiting = [f, a];
	} else {
		waiting[waiting.length] = f;
		waiting[waiting.length] = a;
	}
}

/* --- resolving --- */

function resolve(state, value) {
	var then;

	if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
		settle(state, FULFILLED, value);
		return;
	}
	if (value[STATE] === state) {
		settle(state, REJECTED,
		    new TypeError('Chaining cycle detected for promise #<Promise>'));
		return;
	}
	try {
		then = value.then;
	} catch (e) {
		settle(state, REJECTED, e);
		return;
	}
	if (typeof then !== 'function')
		settle(state, FULFILLED, value);
	else if (then === promiseThen && value[STATE] !== undefined &&
	    value.constructor === Promise)
		enqueue(adopt, state, value[STATE]);
	else
		enqueue(follow, state, { then: then, value: value });
}

/* Job: a promise of our own was resolved with another one. */
function adopt(state, other) {
	subscribe(other, pass, state);
}

function pass(state, other) {
	if (other.s === FULFILLED)
		resolve(state, other.v);
	else
		settle(state, REJECTED, other.v);
}

/* Job: it was resolved with something else that has a then. */
function follow(state, thenable) {
	execute(state, function (yes, no) {
		thenable.then.call(thenable.value, yes, no);
	});
}

/* The two functions that settle a state, of which the first call counts. */
function settlers(state) {
	var done = false;

	return {
		resolve(value) {
			if (!done) {
				done = true;
				resolve(state, value);
			}
		},
		reject(reason) {
			if (!done) {
				done = true;
				settle(state, REJECTED, reason);
			}
		}
	};
}

function execute(state, executor) {
	var by = settlers(state);

	try {
		executor(by.resolve, by.reject);
	} catch (e) {
		by.reject(e);
	}
}

/* --- the class --- */

function Promise(executor) {
	lib.constructing(new.target, this, Promise, STATE);
	callable(executor, 'Promise resolver ' + lib.show(executor));
	this[STATE] = newState();
	execute(this[STATE], executor);
}
var prototype = Promise.prototype;

/* As newState(), without the call: one is made for every then. */
function Made() {
	this[STATE] = { s: 0, v: undefined, waiting: undefined, h: false };
}
Made.prototype = prototype;

function stateOf(promise) {
	var state = isObject(promise) ? promise[STATE] : undefined;

	if (state === undefined)
		throw new TypeError('Not a Promise: ' + lib.show(promise));
	return state;
}

/* {promise, resolve, reject} of any class of promises. */
function capability(C) {
	var made = { promise: undefined, resolve: undefined, reject: undefined };
	var by;

	if (C === Promise) {
		made.promise = new Made();
		by = settlers(made.promise[STATE]);
		made.resolve = by.resolve;
		made.reject = by.reject;
		return made;
	}
	if (typeof C !== 'function')
		throw new TypeError(lib.show(C) + ' is not a constructor');
	made.promise = new C(function (yes, no) {
		if (made.resolve !== undefined || made.reject !== undefined)
			throw new TypeError('Promise executor has already been invoked ' +
			    'with non-undefined arguments');
		made.resolve = yes;
		made.reject = no;
	});
	callable(made.resolve);
	callable(made.reject);
	return made;
}

/* The end of a reaction: target is a state of our own or a capability. */
function finish(target, ok, value) {
	var f;

	if (target.s === undefined) {
		f = ok ? target.resolve : target.reject;
		f(value);
	} else if (ok) {
		resolve(target, value);
	} else {
		settle(target, REJECTED, value);
	}
}

/* Job: reaction is {target, ok, fail}. */
function react(reaction, state) {
	var handler = state.s === FULFILLED ? reaction.ok : reaction.fail;
	var value = state.v;

	if (typeof handler !== 'function') {
		finish(reaction.target, state.s === FULFILLED, value);
		return;
	}
	try {
		value = handler(value);
	} catch (e) {
		finish(reaction.target, false, e);
		return;
	}
	finish(reaction.target, true, value);
}

function promiseResolve(C, value) {
	var made, f;

	if (isObject(value) && value[STATE] !== undefined && value.constructor === C)
		return value;
	made = C === Promise ? new Made() : capability(C);
	if (C === Promise) {
		resolve(made[STATE], value);
		return made;
	}
	f = made.resolve;
	f(value);
	return made.promise;
}

lib.methods(prototype, {
	then(ok, fail) {
		var state = stateOf(this), C = this.constructor, target, promise;

		if (C !== Promise)
			C = lib.species(this, Promise);
		if (C === Promise) {
			promise = new Made();
			target = promise[STATE];
		} else {
			target = capability(C);
			promise = target.promise;
		}
		subscribe(state, react, { target: target, ok: ok, fail: fail });
		return promise;
	},
	'catch'(fail) {
		return this.then(undefined, fail);
	},
	'finally'(f) {
		var C;

		if (!isObject(this))
			throw new TypeError('finally was called on what is no object');
		if (typeof f !== 'function')
			return this.then(f, f);
		C = lib.species(this, Promise);
		return this.then(function (value) {
			return promiseResolve(C, f()).then(function () {
				return value;
			});
		}, function (reason) {
			return promiseResolve(C, f()).then(function () {
				throw reason;
			});
		});
	}
});
var promiseThen = prototype.then;
lib.tag(prototype, 'Promise');

/* --- all and the like --- */

/*
 * begin(made) gives the function that is told each item's promise and place, and
 * what to do when there are no more.
 */
function combine(C, items, begin) {
	var made = capability(C), by, one;

	try {
		one = callable(C.resolve, 'Promise resolve or reject function');
		by = begin(made);
		lib.each(items, function (item, i) {
			by.item(one.call(C, item), i);
		});
		by.end();
	} catch (e) {
		made.reject(e);
	}
	return made.promise;
}

/* A list that fills up: give(i, value) once each, done(list) when all are there. */
function collector(done) {
	var list = [], missing = 1;

	function arrived() {
		if (--missing === 0)
			done(list);
	}
	return {
		expect(i) {
			missing++;
			list[i] = undefined;
		},
		/* The callback for item i; the first of those that share `once` counts. */
		give(i, once, convert) {
			return function (value) {
				if (once.called)
					return;
				once.called = true;
				list[i] = convert === undefined ? value : convert(value);
				arrived();
			};
		},
		end: arrived
	};
}

function fulfilled(value) {
	return { status: 'fulfilled', value: value };
}

function rejected(reason) {
	return { status: 'rejected', reason: reason };
}

lib.methods(Promise, {
	resolve(value) {
		if (!isObject(this))
			throw new TypeError('PromiseResolve called on non-object');
		return promiseResolve(this, value);
	},
	reject(reason) {
		var made, f;

		if (this === Promise) {
			made = new Made();
			settle(made[STATE], REJECTED, reason);
			return made;
		}
		made = capability(this);
		f = made.reject;
		f(reason);
		return made.promise;
	},
	all(items) {
		return combine(this, items, function (made) {
			var list = collector(made.resolve);

			return {
				item(promise, i) {
					list.expect(i);
					promise.then(list.give(i, {}), made.reject);
				},
				end: list.end
			};
		});
	},
	allSettled(items) {
		return combine(this, items, function (made) {
			var list = collector(made.resolve);

			return {
				item(promise, i) {
					var once = {};

					list.expect(i);
					promise.then(list.give(i, once, fulfilled),
					    list.give(i, once, rejected));
				},
				end: list.end
			};
		});
	},
	any(items) {
		return combine(this, items, function (made) {
			var list = collector(function (errors) {
				made.reject(new AggregateError(errors,
				    'All promises were rejected'));
			});

			return {
				item(promise, i) {
					list.expect(i);
					promise.then(made.resolve, list.give(i, {}));
				},
				end: list.end
			};
		});
	},
	race(items) {
		return combine(this, items, function (made) {
			return {
				item(promise) {
					promise.then(made.resolve, made.reject);
				},
				end() {
				}
			};
		});
	},
	withResolvers() {
		return capability(this);
	},
	'try'(f) {
		var made = capability(this), args = [], i;

		for (i = 1; i < arguments.length; i++)
			args[i - 1] = arguments[i];
		try {
			made.resolve(f.apply(undefined, args));
		} catch (e) {
			made.reject(e);
		}
		return made.promise;
	},
	get '@@species'() {
		return this;
	}
});
var AggregateError = global.AggregateError;
lib.constructor('Promise', Promise, 1);

/* --- the queue for scripts and for the host --- */

function call(f) {
	f();
}

lib.methods(global, {
	queueMicrotask(callback) {
		enqueue(call, callable(callback, 'The "callback" argument'));
	},
	__drain: drain,
	/* The state {s, v} of a promise of ours, which counts as looked at; undefined. */
	__promiseState(value) {
		var state = isObject(value) ? value[STATE] : undefined;

		if (state !== undefined)
			state.h = true;
		return state;
	},
	/* Reasons of the rejections nobody looked at. */
	__unhandled() {
		var reasons = [], i;

		for (i = 0; i < suspects.length; i++)
			if (!suspects[i].h)
				reasons[reasons.length] = suspects[i].v;
		return reasons;
	}
});

lib.promises = {
	STATE: STATE, Promise: Promise, Made: Made, enqueue: enqueue,
	newState: newState, settle: settle, resolve: resolve, subscribe: subscribe
};
})(__lib);
