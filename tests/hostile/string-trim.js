// trimming a long text of spaces; ends: timeout|memory
var s = ' '.repeat(4000000);
for (;;)
	(s + 'x' + s).trim();
