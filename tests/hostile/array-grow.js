// an array that grows for ever; ends: memory
var a = [];
for (;;)
	a.push({});
