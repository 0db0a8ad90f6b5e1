// cyclic garbage without an end; ends: timeout
for (;;) {
	var o = {};
	o.self = { o: o };
}
