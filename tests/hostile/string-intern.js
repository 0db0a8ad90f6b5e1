// a million different texts that are kept; ends: memory|timeout
var keep = {};
for (var i = 0;; i++)
	keep['key' + i] = 'value' + i;
