// concat of sparse arrays; ends: timeout|memory
var a = [];
a[4294967290] = 1;
[].concat(a, [1]);
