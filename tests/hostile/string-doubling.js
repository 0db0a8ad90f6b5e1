// a text that doubles; ends: memory
var s = 'x';
for (;;)
	s += s;
