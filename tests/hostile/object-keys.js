// an object with very many keys; ends: memory|timeout
var o = {};
for (var i = 0;; i++)
	o['key' + i] = i;
