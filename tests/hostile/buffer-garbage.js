// large buffers thrown away; ends: timeout
for (;;)
	new Uint8Array(4000000);
