// Symbols without an end; ends: memory|timeout
var keep = {};
for (var i = 0;; i++)
	keep[Symbol('s' + i)] = Symbol.for('t' + i);
