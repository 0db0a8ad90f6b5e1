// buffers without an end; ends: memory
var keep = [];
for (;;)
	keep.push(new Uint8Array(100000));
