// finally that goes on with the loop; ends: timeout
(function () {
	for (;;) {
		try {
			for (;;) {
			}
		} finally {
			continue;
		}
	}
})();
