// a thrown proxy; ends: error|timeout
throw new Proxy(function () {
}, {
	get: function () {
		throw new Proxy({}, {});
	}
});
