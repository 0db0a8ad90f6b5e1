// numbers of a million digits; ends: timeout|ok
var s = '9'.repeat(1000000);
for (var i = 0; i < 20; i++)
	parseFloat('0.' + s) + Number(s + 'e-999999');
for (i = 0; i < 1e9; i++)
	(1e300 / 3).toString(2 + i % 35);
