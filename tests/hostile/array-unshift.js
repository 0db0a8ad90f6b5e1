// unshift in front of a sparse array; ends: timeout
var a = [];
a[4294967290] = 1;
a.unshift(1);
