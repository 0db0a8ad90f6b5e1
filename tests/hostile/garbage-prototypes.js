// long prototype chains; ends: memory|timeout|error
var keep = [];
for (;;) {
	var o = {};
	for (var i = 0; i < 9000; i++)
		o = Object.create(o);
	keep.push(o);
	o.absent;
}
