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
	var UTC = Engine.UTC, now = Engine.now;
	var getTime = proto.getTime.call.bind(proto.getTime);
	var DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday',
		'Saturday'];
	var MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
		'September', 'October', 'November', 'December'];
	// Offsets in hours of the zones that have names.
	var ZONES = { utc: 0, gmt: 0, ut: 0, z: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7,
		mdt: -6, pst: -8, pdt: -7 };

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

	/* Words, numbers and signs of a text in no particular form. */
	function Reading() {
		this.numbers = [];	// of the day
		this.month = -1;
		this.hour = this.minute = this.second = this.ms = 0;
		this.timed = false;
		this.offset = 0;
		this.zoned = false;
		this.half = 0;		// 1 AM, 2 PM
	}

	/* "10:20:30.5"; false if it is no time of day. */
	function readTime(r, m) {
		if (r.timed)
			return false;
		r.timed = true;
		r.hour = +m[1];
		r.minute = +m[2];
		r.second = m[3] === undefined ? 0 : +m[3];
		r.ms = m[4] === undefined ? 0 : Math.floor(+('0.' + m[4]) * 1000 + 1e-7);
		return r.hour <= 24 && r.minute < 60 && r.second < 60;
	}

	function readWord(r, word) {
		var three = word.slice(0, 3), i;

		if (word === 'am' || word === 'pm') {
			r.half = word === 'am' ? 1 : 2;
			return r.timed && r.hour >= 1 && r.hour <= 12;
		}
		if (ZONES[word] !== undefined && r.numbers.length + (r.timed ? 1 : 0) > 0) {
			r.offset = ZONES[word] * 60;
			r.zoned = true;
			return true;
		}
		for (i = 0; i < 12 && word.length >= 3; i++)
			if (MONTHS[i].slice(0, 3).toLowerCase() === three) {
				r.month = i;
				return true;
			}
		// names of days and any other word before the first number say nothing
		return r.numbers.length === 0 && !r.timed || word === 't' || isDay(three);
	}

	function isDay(three) {
		return DAYS.some(function (name) {
			return name.slice(0, 3).toLowerCase() === three;
		});
	}

	/* "+0100", "-05:00", "+1" after a time or a zone's name. */
	function readOffset(r, text) {
		var digits = text.slice(1).replace(':', '');
		var minutes = digits.length <= 2 ? +digits * 60 :
		    +digits.slice(0, -2) * 60 + +digits.slice(-2);

		r.offset = text.charAt(0) === '-' ? -minutes : minutes;
		r.zoned = true;
	}

	var TOKEN = new RegExp('^(?:(\\d+):(\\d+)(?::(\\d+)(?:[.,](\\d+))?)?|([A-Za-z]+)\\.?|' +
	    '([+-]\\d{1,2}:?\\d{2}|[+-]\\d{1,2})|(\\d+)|[\\s,/.-]+|\\([^)]*\\)?)');

	/* Everything else people write; V8's reading of it, in short. */
	function parseLoose(text) {
		var r = new Reading(), m, ok, y, mo, d;

		for (text = text.trim(); text !== ''; text = text.slice(m[0].length)) {
			m = TOKEN.exec(text);
			if (m === null)
				return NaN;
			if (m[6] !== undefined && !r.timed && !r.zoned) {
				// a minus between the numbers of a date
				m = ['-'];
				continue;
			}
			ok = true;
			if (m[1] !== undefined)
				ok = readTime(r, m);
			else if (m[5] !== undefined)
				ok = readWord(r, m[5].toLowerCase());
			else if (m[6] !== undefined)
				readOffset(r, m[6]);
			else if (m[7] !== undefined)
				r.numbers.push(m[7]);
			if (!ok || r.numbers.length > 3)
				return NaN;
		}
		if (r.month >= 0) {
			// "2 Jan 2020", "Jan 2 2020", "2020 Jan 2"
			if (r.numbers.length === 0)
				return NaN;
			mo = r.month;
			d = +r.numbers[0];
			y = r.numbers.length > 1 ? +r.numbers[1] : 2001;
			if (d > 31 || r.numbers[0].length > 2) {
				y = d;
				d = r.numbers.length > 1 ? +r.numbers[1] : 1;
			}
		} else if (r.numbers.length === 3 && r.numbers[0].length > 2) {
			y = +r.numbers[0];
			mo = +r.numbers[1] - 1;
			d = +r.numbers[2];
		} else if (r.numbers.length >= 2) {
			mo = +r.numbers[0] - 1;
			d = +r.numbers[1];
			y = r.numbers.length > 2 ? +r.numbers[2] : 2001;
		} else if (r.numbers.length === 1 && !r.timed) {
			y = +r.numbers[0];
			mo = 0;
			d = 1;
			if (r.numbers[0].length < 3) {
				if (y < 1 || y > 12)
					return y >= 32 ? utc(y < 50 ? y + 2000 : y + 1900, 0, 1, 0, 0, 0, 0) : NaN;
				mo = y - 1;
				y = 2001;
			}
		} else {
			return NaN;
		}
		if (y < 50)
			y += 2000;
		else if (y < 100)
			y += 1900;
		if (mo < 0 || mo > 11 || d < 1 || d > 31)
			return NaN;
		if (r.half === 1 && r.hour === 12)
			r.hour = 0;
		if (r.half === 2 && r.hour < 12)
			r.hour += 12;
		return utc(y, mo, d, r.hour, r.minute, r.second, r.ms) - r.offset * 60000;
	}

	function parse(text) {
		var t = parseISO(text);

		if (t === undefined)
			t = parseLoose(text);
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
				return DAYS[d.getUTCDay()].slice(0, 3) + ', ' + two(d.getUTCDate()) + ' ' +
				    MONTHS[d.getUTCMonth()].slice(0, 3) + ' ' + year(d.getUTCFullYear()) +
				    ' ' + time(d) + ' GMT';
			});
		}
	});
	lib.define(proto, 'toGMTString', proto.toUTCString);
	lib.dates = { DAYS: DAYS, MONTHS: MONTHS, two: two, written: written };
})(__lib);
