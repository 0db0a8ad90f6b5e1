// accessors on Object.prototype with numbers as names; ends: error|ok|timeout
for (var i = 0; i < 100; i++) {
	Object.defineProperty(Object.prototype, i, {
		get: function () {
			return [1, 2, 3].concat([4])[9];
		},
		set: function (v) {
			[].push(v);
		}
	});
}
[3, , 1].sort();
[].push(1);
[, ].reverse();
