/*
 * Numbers as people write them: en-US, 1,234.5.
 */
(function (lib) {
'use strict';

var toFixed = Number.prototype.toFixed.call.bind(Number.prototype.toFixed);

function grouped(digits) {
	var result = '', i = digits.length;

	for (; i > 3; i -= 3)
		result = ',' + digits.slice(i - 3, i) + result;
	return digits.slice(0, i) + result;
}

/* Decimal text of n >= 0 with so many digits after the point, half away from zero. */
function decimal(n, least, most) {
	var s, dot;

	if (n >= 1e21)
		return wide(n);
	s = toFixed(n, most);
	// toFixed rounds the binary value; people mean the shortest decimal one
	dot = String(n);
	if (dot.indexOf('e') < 0 && dot.length - dot.indexOf('.') - 1 === most + 1 &&
	    dot.indexOf('.') >= 0 && dot.charAt(dot.length - 1) === '5')
		s = toFixed(+(dot.slice(0, -1) + '6'), most);
	dot = s.indexOf('.');
	if (dot < 0)
		return s;
	while (s.length - dot - 1 > least && s.charAt(s.length - 1) === '0')
		s = s.slice(0, -1);
	return s.charAt(s.length - 1) === '.' ? s.slice(0, -1) : s;
}

/* 1e21 and above in digits. */
function wide(n) {
	var parts = String(n).split('e+'), digits = parts[0].replace('.', '');
	var zeros = +parts[1] - (digits.length - 1);

	return digits + '0'.repeat(zeros);
}

var SIGNS = { USD: '$', EUR: '\u20ac', GBP: '\u00a3', JPY: '\u00a5', INR: '\u20b9',
	CNY: 'CN\u00a5', KRW: '\u20a9', BRL: 'R$', CAD: 'CA$', AUD: 'A$', MXN: 'MX$',
	NZD: 'NZ$', ILS: '\u20aa', VND: '\u20ab', TWD: 'NT$', HKD: 'HK$' };

function digits(options, name, least, most, absent) {
	var n = options[name];

	if (n === undefined)
		return absent;
	n = Math.floor(+n);
	if (!(n >= least && n <= most))
		throw new RangeError(name + ' value is out of range.');
	return n;
}

function format(n, options) {
	var style = options.style === undefined ? 'decimal' : String(options.style);
	var currency = style === 'currency' ? String(options.currency).toUpperCase() : '';
	var places = currency === 'JPY' || currency === 'KRW' || currency === 'VND' ? 0 : 2;
	var least, most, s, parts;

	if (style === 'currency' && options.currency === undefined)
		throw new TypeError('Currency code is required with currency style.');
	if (style === 'percent')
		n *= 100;
	least = digits(options, 'minimumFractionDigits', 0, 20,
	    currency === '' ? 0 : places);
	most = currency !== '' ? places : style === 'percent' ? 0 : 3;
	least = Math.min(least, digits(options, 'maximumFractionDigits', 0, 20, 20));
	most = digits(options, 'maximumFractionDigits', least, 20, Math.max(least, most));
	if (n !== n)
		return 'NaN';
	s = Math.abs(n) === Infinity ? '\u221e' : decimal(Math.abs(n), least, most);
	parts = s.split('.');
	parts[0] = parts[0].padStart(options.minimumIntegerDigits || 1, '0');
	if (options.useGrouping === undefined || options.useGrouping)
		parts[0] = grouped(parts[0]);
	s = parts.join('.');
	if (currency !== '')
		s = (SIGNS[currency] || currency + '\u00a0') + s;
	if (style === 'percent')
		s += '%';
	return n < 0 || (n === 0 && 1 / n < 0) ? '-' + s : s;
}

lib.methods(Number.prototype, {
	toLocaleString(locales, options) {
		return format(Number.prototype.valueOf.call(this), Object(options));
	}
}, 'toLocaleString 0');
})(__lib);
