// new functions that are kept; ends: memory|timeout
var keep = [];
for (var i = 0;; i++)
	keep.push(new Function('a', 'b', 'return function () { return a + b + ' + i + '; };'));
