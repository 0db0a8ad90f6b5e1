// toString that needs itself; ends: error
var o = {
	toString: function () {
		return '' + this;
	}
};
'' + o;
