// encoding and decoding a long text; ends: timeout|memory
var s = '%41'.repeat(500000);
for (;;)
	encodeURIComponent(decodeURIComponent(s));
