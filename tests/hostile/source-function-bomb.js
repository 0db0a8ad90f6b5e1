// new functions without an end; ends: timeout
for (var i = 0;; i++)
	new Function('a', 'return a + ' + i + ';')(i);
