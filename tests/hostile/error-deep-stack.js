// errors made where the stack is deep; ends: timeout
(function f(n) {
	if (n > 0)
		return f(n - 1) + 1;
	for (;;) {
		try {
			null.x;
		} catch (e) {
			e.stack;
		}
	}
})(5000);
