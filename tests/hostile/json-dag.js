// a small object that is exponentially long as text; ends: memory|timeout
var a = ['leaf'];
for (var i = 0; i < 40; i++)
	a = [a, a];
JSON.stringify(a);
