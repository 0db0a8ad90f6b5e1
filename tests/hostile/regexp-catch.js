// a backtracking pattern whose error is caught, for ever; ends: timeout
for (;;) {
	try {
		/(x+x+)+y/.test('x'.repeat(40));
	} catch (e) {
	}
}
