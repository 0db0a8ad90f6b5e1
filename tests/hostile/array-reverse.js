// reverse of a sparse array; ends: timeout
var a = [];
a[4294967294] = 1;
a.reverse();
