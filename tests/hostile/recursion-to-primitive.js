// Symbol.toPrimitive and hasInstance that need themselves; ends: error
function C() {
}
Object.defineProperty(C, Symbol.hasInstance, {
	value: function (v) {
		return v instanceof C;
	}
});
var o = {};
o[Symbol.toPrimitive] = function () {
	return o + (o instanceof C);
};
+o;
