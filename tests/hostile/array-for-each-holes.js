// forEach, map and reduce over nothing but holes; ends: timeout
var a = new Array(4294967295);
a.forEach(function () {
});
a.map(Number);
