// a proxy whose trap asks the proxy; ends: error
var p = new Proxy({}, {
	get: function (target, key) {
		return p[key];
	}
});
p.x;
