[Number.isInteger(5), Number.isInteger(5.5), Number.isInteger('5'), Number.isSafeInteger(Math.pow(2, 53)), Number.isSafeInteger(Math.pow(2, 53) - 1), Number.isNaN('x'), Number.isNaN(NaN), Number.isFinite('1'), Number.isFinite(1)]
[Number.EPSILON, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, Number.parseFloat === parseFloat, Number.parseInt === parseInt]
[(1234.5678).toFixed(2), (0.000001234).toString(), (1e21).toString(), (123.456).toPrecision(4), (255).toString(16), (0.5).toString(2), (1e-7).toFixed(10), (-1.5).toFixed(0), (25).toString(36), (12345.678).toExponential(2)]
(1).toFixed(101)
(1).toString(1)
[(1234567.891).toLocaleString(), (0).toLocaleString(), (-1234.5).toLocaleString(), (1e21).toLocaleString(), NaN.toLocaleString(), Infinity.toLocaleString(), (999).toLocaleString(), (1000).toLocaleString('en-US'), (0.1 + 0.2).toLocaleString(), (1.0005).toLocaleString(), (-0).toLocaleString()]
[(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' }), (0.256).toLocaleString('en-US', { style: 'percent' }), (1234.5).toLocaleString('en-US', { minimumFractionDigits: 2 }), (1234.5678).toLocaleString('en-US', { maximumFractionDigits: 0 }), (5).toLocaleString('en-US', { minimumIntegerDigits: 3 }), (1234).toLocaleString('en-US', { useGrouping: false })]
[(1).toLocaleString('en-US', { style: 'currency', currency: 'EUR' }), (1).toLocaleString('en-US', { style: 'currency', currency: 'JPY' }), (1.005).toLocaleString('en-US', { maximumFractionDigits: 2 }), (2.5).toLocaleString('en-US', { maximumFractionDigits: 0 }), (1.45).toLocaleString('en-US', { maximumFractionDigits: 1 }), (-5).toLocaleString('en-US', { style: 'currency', currency: 'USD' })]
(1).toLocaleString('en-US', { style: 'currency' })
(1).toLocaleString('en-US', { maximumFractionDigits: -1 })
[0.1 + 0.2, 1 / 3, 100 / 3, 5e-324, 1.7976931348623157e308, 123456789012345680000, 0.000001, 1e-7, 4.35 * 100, 1.1 * 3]
[Math.trunc(-4.7), Math.sign(-3), Math.sign(-0), Math.cbrt(27), Math.hypot(3, 4), Math.hypot(), Math.log2(8), Math.log10(1000), Math.clz32(1), Math.imul(0xffffffff, 5), Math.fround(5.5), Math.fround(5.05), Math.max(), Math.min(), Math.max(NaN, 1), Math.round(-0.5), Math.round(2.5), Math.round(-2.5)]
[1, 0.5, -0.5, 2, 10, -10, 1e-10, 0.1, 3].map(function (x) { return [Math.sinh(x), Math.cosh(x), Math.tanh(x), Math.asinh(x), Math.expm1(x)].map(function (y) { return y.toPrecision(14); }); })
[1, 1.5, 2, 10, 1e10].map(function (x) { return Math.acosh(x).toPrecision(14); })
[0.1, 0.5, -0.5, 0.99, 1e-9].map(function (x) { return [Math.atanh(x), Math.log1p(x)].map(function (y) { return y.toPrecision(14); }); })
[0, -0, NaN, Infinity, -Infinity].map(function (x) { return [Math.sinh(x), Math.cosh(x), Math.tanh(x), Math.asinh(x), Math.acosh(x), Math.atanh(x), Math.expm1(x), Math.log1p(x), Math.fround(x), Math.trunc(x), Math.cbrt(x)]; })
[Math.acosh(0.5), Math.atanh(2), Math.atanh(1), Math.atanh(-1), Math.log1p(-1), Math.log1p(-2), Math.acosh(1)]
['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'expm1', 'log1p', 'fround', 'hypot', 'trunc', 'sign'].map(function (n) { return [Math[n].name, Math[n].length, flags(Math, n)]; })
[Math.sinh('1') === Math.sinh(1), Math.fround('5.5'), Math.log1p(null), Math.tanh(undefined)]
[Math.max.apply(null, [1, 5, 3]), Math.pow(2, 0.5), Math.pow(NaN, 0), Math.atan2(1, -1), Math.abs(-0), Math.sqrt(2)]
[5 % 3, -5 % 3, 5.5 % 2, 1 << 31, 1 >>> 0, -1 >>> 0, -1 >> 1, ~5, 5 ^ 3, 0.1 * 3]
[Number(''), Number(' 12 '), Number('1,2'), Number(null), Number(undefined), Number([5]), Number({}), Number(true), Number('Infinity'), Number('-0'), Number(new Date(5))]
Number(Symbol())
Number.prototype.toLocaleString.call('x')
