// a source of a million tokens; ends: timeout|memory|error
var s = 'x = 1;'.repeat(300000);
for (;;)
	eval(s);
