// recursion through replace; ends: error
(function f() {
	return 'a'.replace(/a/, f);
})();
