// an error whose text never comes; ends: timeout
Error.prototype.toString = function () {
	for (;;) {
	}
};
throw new Error('x');
