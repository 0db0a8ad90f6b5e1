// a switch of ten thousand cases run for ever; ends: timeout|error
var s = 'var n = 0; for (;;) switch (n++ % 5000) {';
for (var i = 0; i < 5000; i++)
	s += 'case ' + i + ': break;';
eval(s + '}');
