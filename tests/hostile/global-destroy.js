// the built-ins replaced by something worse; ends: ok
Object.prototype.toJSON = function () {
	throw 1;
};
Object.defineProperty(Object.prototype, 'then', {
	get: function () {
		throw 2;
	}
});
Array.prototype.push = Array.prototype.join = null;
JSON.stringify = JSON.parse = Function.prototype.call = undefined;
delete globalThis.Object;
Math.random = function () {
	return 0;
};
1;
