/*
 * What Math lacks.
 */
(function (lib) {
'use strict';

var log = Math.log, exp = Math.exp, abs = Math.abs, sqrt = Math.sqrt;
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
})(__lib);
