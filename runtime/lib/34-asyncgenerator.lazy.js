/*
 * Async generators and for await, as the TypeScript compiler lowers them: a generator
 * (31-async.js) that yields Await for what it awaits and anything else for its caller,
 * who may ask for several steps at once.
 */
(function (lib) {
'use strict';

var NEXT = 0, THROW = 1, RETURN = 2;
var REJECTED = 2;
var isObject = lib.isObject;
var promises = lib.promises, STATE = promises.STATE, Promise = promises.Promise;
var Made = promises.Made, settle = promises.settle, resolve = promises.resolve;
var run = lib.async.run, take = lib.async.take, wait = lib.async.wait;
var CONTEXT = lib.async.CONTEXT, CLOSING = lib.async.CLOSING;

var QUEUE = lib.hidden('requests');

function Await(value) {
	this.value = value;
}

/* requests: those that wait, the first being served if busy. */
function AsyncGenerator(g) {
	this[CONTEXT] = g;
	this[QUEUE] = { g: g, requests: [], busy: false };
}

/* Answer the first request, s as in a state, and serve the next one. */
function answer(q, s, value) {
	var request = q.requests.shift();

	q.busy = false;
	if (s === REJECTED)
		settle(request.state, REJECTED, value);
	else
		resolve(request.state, value);
	serve(q);
}

function advanceAsync(q, code, value) {
	var g = q.g, done;

	try {
		done = run(g, code, value);
	} catch (e) {
		answer(q, REJECTED, e);
		return;
	}
	value = take(g);
	if (!done && value instanceof Await)
		wait(value.value, q, resumeAsync, proceedAsync);
	else
		answer(q, 1, { value: value, done: done });
}

function resumeAsync(q, state) {
	advanceAsync(q, state.s === REJECTED ? THROW : NEXT, state.v);
}

function proceedAsync(q, value) {
	advanceAsync(q, NEXT, value);
}

/* return(value): the value is awaited first; then the body, if it runs, returns. */
function returnAsync(q, state) {
	if (q.g.finished || !q.g.started) {
		q.g.started = q.g.finished = true;
		answer(q, state.s, state.s === REJECTED ? state.v :
		    { value: state.v, done: true });
	} else {
		advanceAsync(q, state.s === REJECTED ? THROW : RETURN, state.v);
	}
}

function returnPlain(q, value) {
	returnAsync(q, { s: 1, v: value });
}

function serve(q) {
	var request = q.requests[0], g = q.g;

	if (request === undefined || q.busy)
		return;
	q.busy = true;
	if (request.code === RETURN)
		wait(request.value, q, returnAsync, returnPlain);
	else if (g.finished)
		answer(q, request.code === THROW ? REJECTED : 1, request.code === THROW ?
		    request.value : { value: undefined, done: true });
	else
		advanceAsync(q, request.code, request.value);
}

function request(generator, code, value) {
	var promise = new Made(), q;

	q = isObject(generator) ? generator[QUEUE] : undefined;
	if (q === undefined) {
		settle(promise[STATE], REJECTED,
		    new TypeError('next method called on incompatible receiver'));
		return promise;
	}
	q.requests[q.requests.length] =
	    { code: code, value: value, state: promise[STATE] };
	serve(q);
	return promise;
}

var asyncIteratorProto = {};
lib.methods(asyncIteratorProto, {
	'@@asyncIterator'() {
		return this;
	}
});
AsyncGenerator.prototype = Object.create(asyncIteratorProto);
lib.methods(AsyncGenerator.prototype, {
	next(value) {
		return request(this, NEXT, value);
	},
	'return'(value) {
		return request(this, RETURN, value);
	},
	'throw'(error) {
		return request(this, THROW, error);
	}
});
lib.tag(AsyncGenerator.prototype, 'AsyncGenerator');

/* --- iterators that are not async, in for await --- */

var SYNC = lib.hidden('sync');

function AsyncFromSync(it) {
	this[SYNC] = it;
}
AsyncFromSync.prototype = Object.create(asyncIteratorProto);

function unwrapResult(result) {
	if (!isObject(result))
		throw new TypeError('Iterator result is not an object');
	return Promise.resolve(result.value).then(function (value) {
		return { value: value, done: !!result.done };
	});
}

function passOn(it, name, value, absent) {
	var f;

	try {
		f = it[name];
		if (f === undefined || f === null)
			return absent(value);
		return unwrapResult(f.call(it, value));
	} catch (e) {
		return Promise.reject(e);
	}
}

lib.methods(AsyncFromSync.prototype, {
	next(value) {
		return passOn(this[SYNC], 'next', value);
	},
	'return'(value) {
		return passOn(this[SYNC], 'return', value, function () {
			return Promise.resolve({ value: value, done: true });
		});
	},
	'throw'(error) {
		return passOn(this[SYNC], 'throw', error, function () {
			return Promise.reject(error);
		});
	}
});

/* --- the names the compiler uses --- */

lib.methods(lib.global, {
	__await(value) {
		return new Await(value);
	},
	__asyncGenerator(self, args, body) {
		return new AsyncGenerator(lib.async.begin(self, args, body));
	},
	/*
	 * yield* in an async generator: an iterator that gives the awaiting of a step
	 * and then, told its outcome, the step.
	 */
	__asyncDelegator(it) {
		var awaited = false, self;

		function verb(name) {
			return function (value) {
				awaited = !awaited;
				if (awaited) {
					self.closing = name === 'return' && CLOSING;
					value = new Await(it[name](value));
					return { value: value, done: false };
				}
				if (name === 'throw')
					throw value;
				return value;
			};
		}
		self = Object.setPrototypeOf({
			next: verb('next'),
			'throw': it['throw'] ? verb('throw') : undefined,
			'return': it['return'] ? verb('return') : undefined,
			closing: undefined
		}, lib.iteratorProto);
		return self;
	},
	__asyncValues(items) {
		var f = items === undefined || items === null ? undefined :
		    items[Symbol.asyncIterator];

		if (f === undefined || f === null)
			return new AsyncFromSync(lib.iteratorOf(items));
		return f.call(items);
	}
});
})(__lib);
