// slices of a large buffer; ends: timeout|memory
var a = new ArrayBuffer(6000000);
for (;;)
	a.slice(1).byteLength + new Uint8Array(a).subarray(1).length;
