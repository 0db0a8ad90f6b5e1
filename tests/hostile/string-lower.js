// lower case of long text beyond ASCII; ends: timeout|memory
var s = '\u0130\u00c9'.repeat(700000);
for (;;)
	s.toLowerCase();
