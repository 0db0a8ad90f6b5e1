// an endless eval inside try, again and again; ends: timeout
for (;;) {
	try {
		eval('for (;;) { }');
	} catch (e) {
	}
}
