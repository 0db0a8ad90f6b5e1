// recursion through forEach; ends: error
(function f() {
	[1].forEach(f);
})();
