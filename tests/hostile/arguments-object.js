// arguments that alias parameters, kept for ever; ends: memory|timeout
var keep = [];
function f(a, b, c) {
	keep.push(arguments);
	arguments[0] = b;
	return a + c;
}
for (;;)
	f(1, 2, 3);
