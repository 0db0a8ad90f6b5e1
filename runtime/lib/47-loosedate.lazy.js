/*
 * Date.parse of what people write instead of ISO 8601: "Jan 2, 2020 10:00 PM", RFC 1123,
 * "1/2/20", Date.prototype.toString's own; read as V8 reads it, as far as it makes sense.
 */
(function (lib) {
'use strict';

var DAYS = lib.dates.DAYS, MONTHS = lib.dates.MONTHS;

// Offsets in hours of the zones that have names.
var ZONES = { utc: 0, gmt: 0, ut: 0, z: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7,
	mdt: -6, pst: -8, pdt: -7 };

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

/* The whole text; false if something in it says nothing. */
function readAll(r, text) {
	var m, ok;

	for (text = text.trim(); text !== ''; text = text.slice(m[0].length)) {
		m = TOKEN.exec(text);
		if (m === null)
			return false;
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
			return false;
	}
	return true;
}

/* "2 Jan 2020", "Jan 2 2020", "2020 Jan 2", "Jan 2020" */
function dayWithMonth(r) {
	var first = r.numbers[0], second = r.numbers[1];

	if (first === undefined)
		return undefined;
	if (+first > 31 || first.length > 2)
		return [+first, r.month, second === undefined ? 1 : +second];
	return [second === undefined ? 2001 : +second, r.month, +first];
}

/* "12", a month; "99" and "2020", years */
function dayOfOne(text) {
	var n = +text;

	if (text.length > 2 || n > 31 || n === 0)
		return [n, 0, 1];
	return n <= 12 ? [2001, n - 1, 1] : undefined;
}

/* [year, month from 0, day] of what was read, or undefined. */
function dayOf(r) {
	var n = r.numbers;

	if (r.month >= 0)
		return dayWithMonth(r);
	if (n.length === 3 && n[0].length > 2)
		return [+n[0], n[1] - 1, +n[2]];
	if (n.length >= 2)
		return [n.length > 2 ? +n[2] : 2001, n[0] - 1, +n[1]];
	return n.length === 1 && !r.timed ? dayOfOne(n[0]) : undefined;
}

lib.parseLooseDate = function (text) {
	var r = new Reading(), day, year;

	day = readAll(r, text) ? dayOf(r) : undefined;
	if (day === undefined || day[1] < 0 || day[1] > 11 || day[2] < 1 || day[2] > 31)
		return NaN;
	year = day[0] < 50 ? day[0] + 2000 : day[0] < 100 ? day[0] + 1900 : day[0];
	if (r.half === 1 && r.hour === 12)
		r.hour = 0;
	if (r.half === 2 && r.hour < 12)
		r.hour += 12;
	return lib.dates.utc(year, day[1], day[2], r.hour, r.minute, r.second, r.ms) -
	    r.offset * 60000;
};
})(__lib);
