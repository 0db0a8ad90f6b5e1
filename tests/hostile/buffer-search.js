// indexOf and reverse on a large buffer; ends: timeout
var a = new Uint8Array(6000000);
for (;;) {
	Array.prototype.indexOf.call(a, 1);
	Array.prototype.reverse.call(a);
}
