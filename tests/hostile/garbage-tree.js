// a deep tree dropped and made again; ends: timeout|memory
for (;;) {
	var o = {};
	for (var i = 0; i < 50000; i++)
		o = { o: o, up: null };
	o = null;
}
