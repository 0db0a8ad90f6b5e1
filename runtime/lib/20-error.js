/*
 * Errors: cause, classes that extend them, AggregateError, SuppressedError, DOMException;
 * and stacks without the library's own frames, so the first line is the author's.
 *
 * The engine's constructors are wrapped, its prototypes kept: what the engine itself
 * throws is an instance of the same classes.
 */
(function (lib) {
'use strict';

var global = lib.global;
var setPrototypeOf = Object.setPrototypeOf, getPrototypeOf = Object.getPrototypeOf;
var BaseError = global.Error;
var proto = BaseError.prototype;
var stackOf = Object.getOwnPropertyDescriptor(proto, 'stack');
var getStack = stackOf.get.call.bind(stackOf.get);
var setStack = stackOf.set.call.bind(stackOf.set);
var split = String.prototype.split.call.bind(String.prototype.split);
var indexOf = String.prototype.indexOf.call.bind(String.prototype.indexOf);
// What the names of these scripts begin with in a frame: "fazt:" of "fazt:20-error.js"
var here = '(' + new BaseError().fileName.replace(/[^\/:]*$/, '');

function withCause(error, options) {
	if (lib.isObject(options) && 'cause' in options)
		lib.define(error, 'cause', options.cause);
	return error;
}

/* The prototype an error made by a call with this `this` gets, or null: C's own. */
function derived(target, self, C) {
	return target === undefined && self instanceof C ? getPrototypeOf(self) : null;
}

function wrap(name) {
	var Native = global[name];
	var C = function (message, options) {
		var error = message === undefined ? new Native() : new Native(message);
		var base = derived(new.target, this, Native);

		if (base !== null)
			setPrototypeOf(error, base);
		return options === undefined ? error : withCause(error, options);
	};

	C.prototype = Native.prototype;
	lib.constructor(name, C, 1);
	lib.define(C.prototype, 'constructor', C);
	if (name !== 'Error')
		setPrototypeOf(C, global.Error);
}
['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError',
    'URIError'].forEach(wrap);

/* A class of errors that the engine does not have. */
function errorClass(name, length, C) {
	C.prototype = Object.create(proto);
	lib.define(C.prototype, 'constructor', C);
	lib.define(C.prototype, 'name', name);
	lib.define(C.prototype, 'message', '');
	setPrototypeOf(C, global.Error);
	lib.constructor(name, C, length);
}

function make(message, base) {
	return setPrototypeOf(message === undefined ? new BaseError() :
	    new BaseError(message), base);
}

errorClass('AggregateError', 2, function AggregateError(errors, message, options) {
	var error = make(message, derived(new.target, this, AggregateError) ||
	    AggregateError.prototype);
	var list = [];

	withCause(error, options);
	lib.each(errors, function (item) {
		list[list.length] = item;
	});
	lib.define(error, 'errors', list);
	return error;
});

errorClass('SuppressedError', 3, function SuppressedError(error, suppressed, message) {
	var e = make(message, derived(new.target, this, SuppressedError) ||
	    SuppressedError.prototype);

	lib.define(e, 'error', error);
	lib.define(e, 'suppressed', suppressed);
	return e;
});

var CODES = { IndexSizeError: 1, NotFoundError: 8, NotSupportedError: 9,
	InvalidStateError: 11, SyntaxError: 12, InvalidAccessError: 15,
	TimeoutError: 23, AbortError: 20, QuotaExceededError: 22,
	InvalidCharacterError: 5, DataCloneError: 25 };

errorClass('DOMException', 0, function DOMException(message, name) {
	var e = make(message, derived(new.target, this, DOMException) ||
	    DOMException.prototype);

	name = name === undefined ? 'Error' : String(name);
	lib.define(e, 'name', name);
	lib.define(e, 'code', CODES[name] || 0);
	return e;
});

/* The frames that are not the library's. */
function frames(stack) {
	var lines, kept, i;

	if (typeof stack !== 'string' || here === '(' || indexOf(stack, here) < 0)
		return stack;
	lines = split(stack, '\n');
	kept = '';
	for (i = 0; i < lines.length; i++)
		if (indexOf(lines[i], here) < 0)
			kept += (i === 0 ? '' : '\n') + lines[i];
	return kept;
}

/* [file, line] of the first frame. */
function place(error) {
	return /\((.*):(\d+)\)/.exec(frames(getStack(error))) || [];
}

lib.methods(proto, {
	get stack() {
		return frames(getStack(this));
	},
	set stack(value) {
		setStack(this, value);
	},
	get fileName() {
		return place(this)[1];
	},
	set fileName(value) {
		lib.define(this, 'fileName', value);
	},
	get lineNumber() {
		return +place(this)[2];
	},
	set lineNumber(value) {
		lib.define(this, 'lineNumber', value);
	}
});

lib.methods(global.Error, {
	captureStackTrace(object) {
		var stack;

		if (!lib.isObject(object))
			throw new TypeError('Invalid argument');
		// an error has its own already
		if (object instanceof BaseError)
			return;
		stack = frames(getStack(new BaseError()));
		lib.define(object, 'stack', 'Error' + stack.slice(stack.indexOf('\n')));
	}
}, 'captureStackTrace 2');
global.Error.stackTraceLimit = 10;
})(__lib);
