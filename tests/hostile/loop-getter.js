// a getter that never returns, met by JSON.stringify; ends: timeout
JSON.stringify({
	get x() {
		for (;;) {
		}
	}
});
