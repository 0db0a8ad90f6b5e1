// recursion through sort, map and reduce; ends: error
(function f() {
	[2, 1].sort(function () {
		return [1].map(function () {
			return [1, 2].reduce(f);
		});
	});
})();
