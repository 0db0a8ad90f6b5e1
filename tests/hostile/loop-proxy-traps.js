// proxy traps that never return; ends: timeout
var p = new Proxy({}, {
	has: function () {
		for (;;) {
		}
	}
});
with (p) {
	anything;
}
