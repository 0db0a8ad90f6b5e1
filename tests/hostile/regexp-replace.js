// replace with a pattern that backtracks at every place; ends: timeout
var s = 'ab'.repeat(30000);
for (;;)
	s.replace(/(?:(?:ab)+)+c/g, '');
