// a comparator that lies; ends: timeout
var a = [];
for (var i = 0; i < 5000; i++)
	a.push(i);
for (;;) {
	a.sort(function () {
		return Math.random() - 0.5;
	});
}
