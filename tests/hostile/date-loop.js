// dates at the edge of what they can say; ends: timeout
for (var i = 0;; i++) {
	new Date(8.64e15 - i).toString();
	new Date(-8.64e15 + i).toISOString();
	Date.parse('+275760-09-13T00:00:00.000Z');
	new Date(1e308, 1e308).getTime();
	new Date(i).toLocaleString();
}
