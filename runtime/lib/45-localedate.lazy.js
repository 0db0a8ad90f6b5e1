/*
 * Date.prototype.toLocaleString and its two sisters: en-US, in UTC, with the options
 * that name parts (weekday year month day hour minute second hour12) and the styles.
 */
(function (lib) {
'use strict';

var dates = lib.dates, two = dates.two;
var DATE_PARTS = ['weekday', 'year', 'month', 'day'];
var TIME_PARTS = ['hour', 'minute', 'second', 'fractionalSecondDigits'];
var DATE_STYLES = {
	full: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
	long: { year: 'numeric', month: 'long', day: 'numeric' },
	medium: { year: 'numeric', month: 'short', day: 'numeric' },
	short: { year: '2-digit', month: 'numeric', day: 'numeric' }
};

function any(options, names) {
	return names.some(function (name) {
		return options[name] !== undefined;
	});
}

function numeric(n, how) {
	return how === '2-digit' ? two(n % 100) : String(n);
}

function name(list, i, how) {
	return how === 'long' ? list[i] : how === 'narrow' ? list[i].charAt(0) :
	    list[i].slice(0, 3);
}

function dateText(d, o) {
	var weekday, month, day, year, words;

	weekday = o.weekday && name(dates.DAYS, d.getUTCDay(), o.weekday);
	year = d.getUTCFullYear();
	year = o.year && numeric(year > 0 ? year : 1 - year, o.year);
	day = o.day && numeric(d.getUTCDate(), o.day);
	words = o.month && o.month !== 'numeric' && o.month !== '2-digit';
	if (!words) {
		month = o.month && numeric(d.getUTCMonth() + 1, o.month);
		words = [month, day, year].filter(Boolean).join('/');
		return weekday ? (words ? weekday + ', ' + words : weekday) : words;
	}
	month = name(dates.MONTHS, d.getUTCMonth(), o.month);
	words = month + (day ? ' ' + day : '');
	if (weekday)
		words = weekday + ', ' + words;
	return year ? words + (day ? ', ' : ' ') + year : words;
}

function timeText(d, o) {
	var hours = d.getUTCHours(), wide = o.hour12 === false || o.hourCycle === 'h23';
	var result = '', zone = '';

	if (o.hour) {
		result = wide ? two(hours) :
		    numeric(hours % 12 === 0 ? 12 : hours % 12, o.hour);
		if (o.minute || o.second)
			result += ':';
	}
	if (o.minute)
		result += o.hour || o.second ? two(d.getUTCMinutes()) : d.getUTCMinutes();
	if (o.second)
		result += (o.minute ? ':' : '') + (o.minute || o.second === '2-digit' ?
		    two(d.getUTCSeconds()) : d.getUTCSeconds());
	if (o.fractionalSecondDigits)
		result += '.' + ('00' + d.getUTCMilliseconds()).slice(-3)
		    .slice(0, o.fractionalSecondDigits);
	if (o.timeZoneName)
		zone = o.timeZoneName === 'long' ? ' Coordinated Universal Time' : ' UTC';
	return result + (o.hour && !wide ? (hours < 12 ? ' AM' : ' PM') : '') +
	    zone;
}

/* parts: 1 date, 2 time: what is written when the options name nothing. */
function format(date, options, wanted, fallback) {
	var o = Object.assign({}, options), joint = ', ';

	if (o.timeZone !== undefined &&
	    !/^(?:utc|gmt|etc\/(?:utc|gmt)|\+00:00)$/i.test(o.timeZone))
		throw new RangeError('Invalid time zone specified: ' + o.timeZone);
	if ((o.dateStyle && !(fallback & 1)) || (o.timeStyle && !(fallback & 2)))
		throw new TypeError('Invalid option : ' +
		    (fallback & 1 ? 'timeStyle' : 'dateStyle'));
	if (o.dateStyle || o.timeStyle) {
		Object.assign(o, DATE_STYLES[o.dateStyle]);
		if (o.timeStyle)
			Object.assign(o, { hour: 'numeric', minute: '2-digit' },
			    o.timeStyle === 'short' ? {} : { second: '2-digit' },
			    o.timeStyle === 'full' ? { timeZoneName: 'long' } :
			    o.timeStyle === 'long' ? { timeZoneName: 'short' } : {});
	} else if (!(wanted & 1 && any(o, DATE_PARTS)) &&
	    !(wanted & 2 && any(o, TIME_PARTS))) {
		if (fallback & 1)
			o.year = o.month = o.day = 'numeric';
		if (fallback & 2) {
			o.hour = 'numeric';
			o.minute = o.second = '2-digit';
		}
	}
	if (o.month === 'long')
		joint = ' at ';
	else if (o.weekday && !o.day && !o.month)
		joint = ' ';
	return dates.written(date, function (d) {
		return [any(o, DATE_PARTS) && dateText(d, o), any(o, TIME_PARTS) &&
		    timeText(d, o)].filter(Boolean).join(joint);
	});
}

lib.methods(Date.prototype, {
	toLocaleString(locales, options) {
		return format(this, options, 3, 3);
	},
	toLocaleDateString(locales, options) {
		return format(this, options, 1, 1);
	},
	toLocaleTimeString(locales, options) {
		return format(this, options, 2, 2);
	}
}, 'toLocaleString 0 toLocaleDateString 0 toLocaleTimeString 0');
})(__lib);
