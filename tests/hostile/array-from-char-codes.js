// fromCharCode of very many arguments, again and again; ends: timeout|error|memory
var a = [];
for (var i = 0; i < 60000; i++)
	a.push(65);
for (;;)
	String.fromCharCode.apply(null, a);
