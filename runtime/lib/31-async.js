/*
 * Generators and async functions as the TypeScript compiler lowers them.
 *
 * The body of a generator becomes a function of a context that is called again and again;
 * it goes on at context.label and returns [instruction, operand].  context.trys holds the
 * regions it is in, [begin, catch, finally, end] as labels.  run() carries the
 * instructions out until the body yields or ends.
 *
 * An async function is such a generator whose yields are awaited.  It needs no generator
 * object and, while it waits for a promise of ours, no closure.
 */
(function (lib) {
'use strict';

var NEXT = 0, THROW = 1, RETURN = 2, BREAK = 3, YIELD = 4, DELEGATE = 5, CATCH = 6,
    END_FINALLY = 7;
var CONTEXT = lib.hidden('generator');
var REJECTED = 2;
var isObject = lib.isObject;
var promises = lib.promises, STATE = promises.STATE, Promise = promises.Promise;
var Made = promises.Made, enqueue = promises.enqueue, settle = promises.settle;
var newState = promises.newState, resolve = promises.resolve;
var subscribe = promises.subscribe;

// A delegate of an async generator that was told to return: see __asyncDelegator.
var CLOSING = {};

/* --- the machine --- */

function Context(self, body) {
	this.self = self;
	this.body = body;
	this.label = 0;
}

function fail(g) {
	g.running = false;
	g.finished = true;
	g.body = g.self = g.delegate = undefined;
}

/*
 * The generator that yield* speaks for: true if it yielded (g.step, the very object it
 * gave).  Else g.code and g.value say how to go on.
 */
function delegate(g, code, value) {
	var it = g.delegate, result, f;

	if (code === NEXT) {
		result = it.next(value);
	} else {
		f = code === THROW ? it['throw'] : it['return'];
		if (f === undefined || f === null) {
			g.delegate = undefined;
			if (code === THROW) {
				f = it['return'];
				if (f !== undefined && f !== null)
					f.call(it);
				throw new TypeError('The iterator does not provide a ' +
				    "'throw' method");
			}
			g.code = code;
			g.value = value;
			return false;
		}
		result = f.call(it, value);
	}
	if (!isObject(result))
		throw new TypeError('Iterator result ' + lib.show(result) +
		    ' is not an object');
	if (!result.done) {
		g.step = result;
		return true;
	}
	g.delegate = undefined;
	g.code = code === RETURN || it.closing === CLOSING ? RETURN : NEXT;
	g.value = result.value;
	return false;
}

/*
 * Break, return or a caught error, which may lead through catch and finally.  True if
 * the body goes on; else g.code and g.value are what to do next.
 */
function unwind(g, code, value) {
	var trys = g.regions, region;

	region = trys === undefined ? undefined : trys[trys.length - 1];
	if (code === BREAK && (region === undefined ||
	    (value > region[0] && value < region[3]))) {
		g.label = value;
		return true;
	}
	if (region === undefined) {
		g.finished = true;
		return false;
	}
	if (code === CATCH && g.label < region[1]) {
		g.label = region[1];
		g.thrown = false;
		g.got = value;
		return true;
	}
	if (g.label < region[2]) {
		g.label = region[2];
		if (g.pending === undefined)
			g.pending = [];
		g.pending[g.pending.length] = [code, value];
		return true;
	}
	// Done with this region: an error or jump out of its own catch or finally.
	if (region[2])
		g.pending.length--;
	trys.length--;
	return false;
}

/* An instruction other than to resume; true if the body is to be called. */
function instruct(g, code, value) {
	var op;

	switch (code) {
	case END_FINALLY:
		op = g.pending[g.pending.length - 1];
		g.pending.length--;
		g.regions.length--;
		g.code = op[0];
		g.value = op[1];
		return false;
	case DELEGATE:
		g.label++;
		g.delegate = value;
		g.code = NEXT;
		g.value = undefined;
		return false;
	default:
		g.code = code;
		g.value = value;
		return unwind(g, code, value);
	}
}

/* Go on until the next yield (false) or the end (true); then take(g) or g.step. */
function run(g, code, value) {
	var op, yielded;

	if (g.running)
		throw new TypeError('Generator is already running');
	if (!g.started) {
		g.started = true;
		g.finished = code !== NEXT;
	}
	while (!g.finished) {
		g.running = true;
		// Only the script's own code stands in a try: where the stack is full our
		// calls throw, too, and what caught that would make them again, for ever.
		if (g.delegate !== undefined) {
			try {
				yielded = delegate(g, code, value);
			} catch (e) {
				yielded = false;
				g.delegate = undefined;
				g.code = CATCH;
				g.value = e;
			}
			if (yielded) {
				g.running = false;
				return false;
			}
			code = g.code;
			value = g.value;
		}
		if (code <= THROW) {
			g.thrown = code === THROW;
			g.got = value;
		} else if (!instruct(g, code, value)) {
			code = g.code;
			value = g.value;
			continue;
		}
		try {
			op = g.body.call(g.self, g);
			code = op[0];
			value = op[1];
		} catch (e) {
			code = CATCH;
			value = e;
			continue;
		}
		if (code === YIELD) {
			g.label++;
			g.out = value;
			g.running = false;
			return false;
		}
	}
	fail(g);
	if (code === THROW || code === CATCH)
		throw value;
	g.out = code === RETURN ? value : undefined;
	return true;
}

/* What run() ended with. */
function take(g) {
	var value = g.out, step = g.step;

	g.out = undefined;
	if (step === undefined)
		return value;
	g.step = undefined;
	return step.value;
}

/* --- generators --- */

function Generator(context) {
	this[CONTEXT] = context;
}
Generator.prototype = Object.create(lib.iteratorProto);

function contextOf(generator) {
	var g = isObject(generator) ? generator[CONTEXT] : undefined;

	if (g !== undefined)
		return g;
	if (generator instanceof Context)
		return generator;
	throw new TypeError('next method called on incompatible receiver ' +
	    lib.show(generator));
}

function advance(generator, code, value) {
	var g = contextOf(generator), done = run(g, code, value);
	var result = g.step;

	if (result !== undefined) {
		g.step = undefined;
		return result;
	}
	return { value: take(g), done: done };
}

lib.methods(Generator.prototype, {
	next(value) {
		return advance(this, NEXT, value);
	},
	'return'(value) {
		return advance(this, RETURN, value);
	},
	'throw'(error) {
		return advance(this, THROW, error);
	}
});
lib.tag(Generator.prototype, 'Generator');

// What is there before it is set; a context is a generator if it must be one.
Context.prototype = Object.create(Generator.prototype, {
	regions: { value: undefined, writable: true },
	pending: { value: undefined, writable: true },
	started: { value: false, writable: true },
	running: { value: false, writable: true },
	finished: { value: false, writable: true },
	delegate: { value: undefined, writable: true },
	thrown: { value: false, writable: true },
	got: { value: undefined, writable: true },
	out: { value: undefined, writable: true },
	step: { value: undefined, writable: true },
	code: { value: NEXT, writable: true },
	value: { value: undefined, writable: true },
	result: { value: undefined, writable: true }
});
lib.methods(Context.prototype, {
	get trys() {
		if (this.regions === undefined)
			this.regions = [];
		return this.regions;
	},
	sent() {
		if (this.thrown)
			throw this.got;
		return this.got;
	}
});

// __awaiter is about to call a lowered body, which calls __generator; what that made.
var direct = false, latest;

/* --- async functions --- */

/* Job: the awaited promise is settled. */
function resume(g, state) {
	drive(g, state.s === REJECTED ? THROW : NEXT, state.v);
}

/* Job: a plain value was awaited. */
function proceed(g, value) {
	drive(g, NEXT, value);
}

/* f(g, state) or plain(g, value) once value, awaited, is there. */
function wait(value, g, settled, plain) {
	var state;

	if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
		enqueue(plain, g, value);
		return;
	}
	state = value[STATE];
	if (state === undefined || value.constructor !== Promise) {
		state = newState();
		resolve(state, value);
	}
	subscribe(state, settled, g);
}

function drive(g, code, value) {
	var done;

	try {
		done = run(g, code, value);
	} catch (e) {
		settle(g.result, REJECTED, e);
		return;
	}
	// an async function has no yield*: its values are all in g.out
	value = g.out;
	g.out = undefined;
	if (done)
		resolve(g.result, value);
	else
		wait(value, g, resume, proceed);
}

/* A generator that is not ours, as other compilers make them. */
function foreign(generator, state) {
	function go(method, value) {
		var result;

		try {
			result = generator[method](value);
		} catch (e) {
			settle(state, REJECTED, e);
			return;
		}
		if (result.done)
			resolve(state, result.value);
		else
			Promise.resolve(result.value).then(function (v) {
				go('next', v);
			}, function (e) {
				go('throw', e);
			});
	}
	go('next', undefined);
}

/* --- the names the compiler uses --- */

lib.methods(lib.global, {
	__generator(self, body) {
		var g = new Context(self, body);

		if (direct) {
			direct = false;
			latest = g;
			return g;
		}
		return new Generator(g);
	},
	__awaiter(self, args, P, body) {
		var promise, g;

		if (P !== undefined && P !== Promise)
			return new P(function (yes, no) {
				lib.global.__awaiter(self, args, undefined, body)
				    .then(yes, no);
			});
		promise = new Made();
		direct = true;
		try {
			g = body.apply(self, args || []);
		} catch (e) {
			direct = false;
			settle(promise[STATE], REJECTED, e);
			return promise;
		}
		direct = false;
		if (g === latest || g[CONTEXT] !== undefined || g instanceof Context) {
			if (g !== latest)
				g = contextOf(g);
			latest = undefined;
			g.result = promise[STATE];
			drive(g, NEXT, undefined);
		} else {
			foreign(g, promise[STATE]);
		}
		return promise;
	}
});

lib.async = {
	run: run, take: take, wait: wait, contextOf: contextOf, CONTEXT: CONTEXT,
	CLOSING: CLOSING,
	/* The context of a body that __asyncGenerator is about to begin. */
	begin(self, args, body) {
		direct = false;
		return contextOf(body.apply(self, args || []));
	}
};
})(__lib);
