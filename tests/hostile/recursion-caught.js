// recursion whose error is caught and starts again; ends: timeout
(function f() {
	try {
		f();
	} catch (e) {
		f();
	}
})();
for (;;) {
}
