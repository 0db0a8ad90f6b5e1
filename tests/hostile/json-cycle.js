// stringify of a cycle; ends: error
var o = {};
o.o = [{ o: o }];
JSON.stringify(o);
