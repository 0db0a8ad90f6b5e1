// decoding large buffers; ends: timeout|memory
var a = new Uint8Array(1000000), d = new TextDecoder(), e = new TextEncoder();
for (var i = 0; i < a.length; i++)
	a[i] = 200;
for (;;)
	e.encode(d.decode(a));
