// an object that grows while it is enumerated; ends: timeout|memory
var o = { a: 1 }, n = 0;
for (;;)
	for (var k in o)
		o[k + n++ % 1000] = 1;
