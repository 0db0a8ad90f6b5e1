// an object nested deeper than stringify goes; ends: error
var o = {};
for (var i = 0; i < 100000; i++)
	o = { o: o };
JSON.stringify(o);
