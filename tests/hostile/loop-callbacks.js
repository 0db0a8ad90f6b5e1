// endless loops in callbacks of built-ins; ends: timeout
function spin() {
	for (;;) {
	}
}
try {
	[3, 2, 1].sort(spin);
} catch (e) {
	[1].forEach(spin);
}
