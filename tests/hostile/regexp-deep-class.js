// a pattern that is one huge class; ends: timeout
var s = '';
for (var i = 0; i < 3000; i++)
	s += String.fromCharCode(256 + i * 3);
for (;;)
	new RegExp('[' + s + ']', 'i').test(String.fromCharCode(9000));
