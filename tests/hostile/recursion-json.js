// toJSON that stringifies what has a toJSON; ends: error
var o = {
	toJSON: function () {
		return JSON.stringify({ again: o });
	}
};
JSON.stringify(o);
