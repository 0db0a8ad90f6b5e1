// splice through a sparse array; ends: timeout
var a = [];
a[2000000000] = 1;
a.splice(1, 2, 3, 4, 5);
