// a getter that asks for itself; ends: error
var o = {
	get x() {
		return this.x;
	}
};
o.x;
