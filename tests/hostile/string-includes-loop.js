// includes on long texts in a loop that catches; ends: timeout
var s = 'ab'.repeat(1000000), n = 'ab'.repeat(400000) + 'c';
for (;;) {
	try {
		s.includes(n);
		s.startsWith(n);
		s.endsWith(n);
	} catch (e) {
	}
}
