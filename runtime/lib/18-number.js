/*
 * Math, and numbers as people write them (en-US: 1,234.5).
 */
(function (lib) {
	'use strict';

	var log = Math.log, exp = Math.exp, abs = Math.abs, sqrt = Math.sqrt;
	var toFixed = Number.prototype.toFixed.call.bind(Number.prototype.toFixed);
	var single = new Float32Array(1);

	/* ln(1+x) and e^x-1 without losing the digits of a small x (Kahan). */
	function log1p(x) {
		var u = 1 + x;

		if (x === 0 || u === Infinity)
			return x;
		return u === 1 ? x : log(u) * (x / (u - 1));
	}

	function expm1(x) {
		var u = exp(x);

		if (x === 0)
			return x;
		if (u === 1)
			return x;
		if (u - 1 === -1)
			return -1;
		return u === Infinity || x > 40 || x < -40 ? u - 1 : (u - 1) * (x / log(u));
	}

	var engineCbrt = Math.cbrt;

	lib.methods(Math, {
		/* The engine's, which says 3.0000000000000004 of 27, and a step of Newton's. */
		cbrt(x) {
			var t = engineCbrt(x);

			if (t === 0 || t !== t || abs(t) === Infinity)
				return t;
			return t - (t * t * t - x) / (3 * t * t);
		},
		fround(x) {
			single[0] = x;
			return single[0];
		},
		log1p(x) {
			return log1p(+x);
		},
		expm1(x) {
			return expm1(+x);
		},
		sinh(x) {
			var t;

			x = +x;
			if (x === 0 || x !== x)
				return x;
			if (abs(x) < 22) {
				t = expm1(abs(x));
				return (x < 0 ? -0.5 : 0.5) * (t + t / (t + 1));
			}
			t = exp(abs(x) / 2);
			return (x < 0 ? -0.5 : 0.5) * t * t;
		},
		cosh(x) {
			var t;

			x = abs(x);
			if (x < 22) {
				t = exp(x);
				return 0.5 * t + 0.5 / t;
			}
			t = exp(x / 2);
			return 0.5 * t * t;
		},
		tanh(x) {
			var t;

			x = +x;
			if (x === 0 || x !== x)
				return x;
			if (abs(x) > 22)
				return x < 0 ? -1 : 1;
			if (abs(x) >= 1) {
				t = expm1(2 * abs(x));
				t = 1 - 2 / (t + 2);
			} else {
				t = expm1(-2 * abs(x));
				t = -t / (t + 2);
			}
			return x < 0 ? -t : t;
		},
		asinh(x) {
			var t;

			x = +x;
			if (x === 0 || x !== x || abs(x) === Infinity)
				return x;
			t = abs(x);
			if (t > 268435456)
				t = log(t) + Math.LN2;
			else
				t = log1p(t + t * t / (1 + sqrt(1 + t * t)));
			return x < 0 ? -t : t;
		},
		acosh(x) {
			var t;

			x = +x;
			if (!(x >= 1))
				return NaN;
			if (x > 268435456)
				return log(x) + Math.LN2;
			t = x - 1;
			return log1p(t + sqrt(2 * t + t * t));
		},
		atanh(x) {
			var t;

			x = +x;
			if (x === 0)
				return x;
			t = abs(x);
			t = 0.5 * log1p(2 * t / (1 - t));
			return x < 0 ? -t : t;
		}
	});

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
		if (options.maximumFractionDigits !== undefined)
			least = Math.min(least, digits(options, 'maximumFractionDigits', 0, 20, 20));
		most = digits(options, 'maximumFractionDigits', least, 20, Math.max(least, most));
		if (n !== n)
			return 'NaN';
		s = abs(n) === Infinity ? '\u221e' : decimal(abs(n), least, most);
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
