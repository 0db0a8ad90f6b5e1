/*
 * Dates as texts.  The server's time zone is UTC, whatever the machine's is; texts are
 * those of the standard and of en-US.
 *
 * The constructor is wrapped because new Date(text) must understand what Date.parse
 * does: the engine knows the ISO form alone, and takes impossible dates for others.
 */
(function (lib) {
'use strict';

var global = lib.global;
var Engine = global.Date, proto = Engine.prototype;
var UTC = Engine.UTC, now = Engine.now, engineParse = Engine.parse;
var toISOString = proto.toISOString.call.bind(proto.toISOString);
var slice = String.prototype.slice.call.bind(String.prototype.slice);
var getTime = proto.getTime.call.bind(proto.getTime);
var DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday',
	'Saturday'];
var MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
	'September', 'October', 'November', 'December'];

/* --- reading --- */

var ISO = new RegExp('^(\\d{4}|[+-]\\d{6})(?:-(\\d\\d)(?:-(\\d\\d))?)?' +
    '(?:T(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d+))?)?(Z|[+-]\\d\\d:?\\d\\d)?)?$');

function zoneOffset(text) {
	var sign;

	if (text === undefined || text === 'Z')
		return 0;
	sign = text.charAt(0) === '-' ? -1 : 1;
	text = text.slice(1).replace(':', '');
	return sign * (+text.slice(0, -2) * 60 + +text.slice(-2)) * 60000;
}

/* Date.UTC for any year: it takes 0 to 99 for 1900 to 1999. */
function utc(y, mo, d, h, mi, s, ms) {
	var date;

	if (y < 0 || y > 99)
		return UTC(y, mo, d, h, mi, s, ms);
	date = new Engine(UTC(2000, mo, d, h, mi, s, ms));
	date.setUTCFullYear(y, mo, d);
	return getTime(date);
}

function parseISO(text) {
	var m = ISO.exec(text), month, day, hour, ms;

	if (m === null || m[1] === '-000000')
		return undefined;
	month = m[2] === undefined ? 1 : +m[2];
	day = m[3] === undefined ? 1 : +m[3];
	hour = m[4] === undefined ? 0 : +m[4];
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || m[5] > 59 ||
	    m[6] > 59 || (hour === 24 && (+m[5] || +m[6] || +m[7])))
		return NaN;
	ms = m[7] === undefined ? 0 : Math.floor(+('0.' + m[7].slice(0, 9)) * 1000 + 1e-7);
	return utc(+m[1], month - 1, day, hour, +m[5] || 0, +m[6] || 0, ms) -
	    zoneOffset(m[8]);
}

/* JSON's form and a bare day, if the engine makes the same text of what it reads. */
function parseQuickly(text) {
	var n = text.length, t;

	if (n !== 24 && n !== 10)
		return undefined;
	t = engineParse(text);
	return t === t && slice(toISOString(new Engine(t)), 0, n) === text ? t : undefined;
}

function parse(text) {
	var t = parseQuickly(text);

	if (t !== undefined)
		return t;
	t = parseISO(text);

	if (t === undefined) {
		lib.load('47-loosedate');
		t = lib.parseLooseDate(text);
	}
	return Math.abs(t) <= 8.64e15 ? t : NaN;
}

/* --- the constructor --- */

function make(args) {
	var value;

	if (args.length === 0)
		return new Engine();
	if (args.length > 1)
		return new Engine(utcOf(args));
	value = args[0];
	if (lib.isObject(value)) {
		if (value instanceof Engine)
			return new Engine(getTime(value));
		value = lib.toPrimitive(value);
	}
	return new Engine(typeof value === 'string' ? parse(value) : value);
}

function utcOf(args) {
	return Reflect.apply(UTC, undefined, args);
}

function Date() {
	var date;

	if (new.target === undefined && !(this instanceof Engine))
		return describe(new Engine());
	date = make(arguments);
	if (new.target === undefined)
		Object.setPrototypeOf(date, Object.getPrototypeOf(this));
	return date;
}
Date.prototype = proto;
lib.constructor('Date', Date, 7);
lib.define(proto, 'constructor', Date);
lib.natives[lib.natives.length] = Date;
lib.methods(Date, {
	parse(text) {
		return parse(String(text));
	}
});
lib.define(Date, 'UTC', function () {
	// one argument is a year; the engine wants a month with it
	return arguments.length === 1 ? UTC(arguments[0], 0) : utcOf(arguments);
});
lib.fix(Date.UTC, 'name', 'UTC');
lib.fix(Date.UTC, 'length', 7);
lib.define(Date, 'now', now);

/* --- writing --- */

function two(n) {
	return n < 10 ? '0' + n : '' + n;
}

function year(n) {
	var s = String(Math.abs(n));

	while (s.length < 4)
		s = '0' + s;
	return n < 0 ? '-' + s : s;
}

function time(d) {
	return two(d.getUTCHours()) + ':' + two(d.getUTCMinutes()) + ':' +
	    two(d.getUTCSeconds());
}

function day(d) {
	return DAYS[d.getUTCDay()].slice(0, 3) + ' ' +
	    MONTHS[d.getUTCMonth()].slice(0, 3) + ' ' + two(d.getUTCDate()) + ' ' +
	    year(d.getUTCFullYear());
}

var HERE = ' GMT+0000 (Coordinated Universal Time)';

function describe(d) {
	return day(d) + ' ' + time(d) + HERE;
}

function written(date, write) {
	var t = getTime(date);

	return t !== t ? 'Invalid Date' : write(new Engine(t));
}

lib.methods(proto, {
	toString() {
		return written(this, describe);
	},
	toDateString() {
		return written(this, day);
	},
	toTimeString() {
		return written(this, function (d) {
			return time(d) + HERE;
		});
	},
	toUTCString() {
		return written(this, function (d) {
			var words = day(d).split(' ');

			return words[0] + ', ' + words[2] + ' ' + words[1] + ' ' +
			    words[3] + ' ' + time(d) + ' GMT';
		});
	}
});
lib.define(proto, 'toGMTString', proto.toUTCString);
lib.dates = { DAYS: DAYS, MONTHS: MONTHS, two: two, written: written, utc: utc };
})(__lib);
