// a long text split into its characters; ends: memory|timeout
var all = [];
for (;;)
	all.push('x'.repeat(1000000).split(''));
