// a function bound a hundred thousand times; ends: ok|error|timeout|memory
var f = function () {
	return 1;
};
for (var i = 0; i < 100000; i++)
	f = f.bind(null, i);
f();
