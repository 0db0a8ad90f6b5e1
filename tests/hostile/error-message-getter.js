// a thrown object whose message is an endless getter; ends: timeout
throw {
	toString: function () {
		for (;;) {
		}
	},
	get message() {
		for (;;) {
		}
	}
};
