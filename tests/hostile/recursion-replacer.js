// a replacer that stringifies; ends: error
(function f(k, v) {
	return JSON.stringify([1], f);
})();
