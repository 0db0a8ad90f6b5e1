// a function that calls itself; ends: error
(function f() {
	f();
})();
