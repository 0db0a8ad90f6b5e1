// a heap that stays just below its limit; ends: timeout|memory
var keep = [];
for (var i = 0; i < 60000; i++)
	keep.push({ i: i, s: 'text ' + i });
for (;;) {
	var a = [];
	for (var k = 0; k < 1000; k++)
		a.push([a, k]);
}
