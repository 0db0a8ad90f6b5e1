// a proxy with endless keys; ends: memory|timeout
var p = new Proxy({}, {
	ownKeys: function () {
		var keys = [];
		for (var i = 0; i < 1e9; i++)
			keys.push('k' + i);
		return keys;
	}
});
Object.keys(p);
JSON.stringify(p);
