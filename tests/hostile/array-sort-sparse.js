// sorting a sparse array; ends: timeout
var a = [];
a[2000000000] = 1;
a[0] = 2;
a.sort();
