// cutting pieces out of a long text; ends: timeout|memory
var s = '\u00e9'.repeat(1000000);
for (;;)
	s.substring(Math.floor(Math.random() * 1000), 900000);
