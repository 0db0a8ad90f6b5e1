// a text that grows by one; ends: timeout|memory
var s = '';
for (;;)
	s += 'x';
