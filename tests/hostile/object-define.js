// defineProperty and freeze on a large array; ends: timeout|memory|error
var a = [];
for (var i = 0; i < 60000; i++)
	a.push(i);
for (;;)
	Object.getOwnPropertyNames(Object.freeze(a.slice(0)));
