// moving megabytes in a loop; ends: timeout
var a = new Uint8Array(6000000), b = new Uint8Array(6000000);
for (;;)
	a.set(b);
