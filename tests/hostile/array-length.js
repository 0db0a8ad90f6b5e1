// setting the length of a sparse array again and again; ends: timeout
for (;;) {
	var a = [];
	a[4294967290] = 1;
	a.length = 0;
}
