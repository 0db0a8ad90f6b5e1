// stringify of a sparse array; ends: timeout|memory
var a = [];
a[4294967294] = 1;
JSON.stringify(a);
