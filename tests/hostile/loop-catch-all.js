// a loop that catches whatever would end it; ends: timeout
for (;;) {
	try {
		for (;;) {
		}
	} catch (e) {
	}
}
