// searching a sparse array; ends: timeout
var a = [];
a[2000000000] = 1;
a.indexOf(2);
a.lastIndexOf(2);
