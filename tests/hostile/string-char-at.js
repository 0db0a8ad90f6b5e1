// reading a long text beyond ASCII at random places; ends: timeout
var s = '\u00e9'.repeat(1500000), n = 0;
for (;;)
	n += s.charCodeAt(Math.floor(Math.random() * s.length));
