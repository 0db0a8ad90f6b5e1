// closures that hold each other; ends: memory|timeout
var f = function () {
};
for (;;) {
	f = (function (g) {
		return function () {
			return g;
		};
	})(f);
}
