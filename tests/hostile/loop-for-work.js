// a loop that computes; ends: timeout
var n = 0;
for (;;)
	n = (n * 31 + 7) % 1000003;
