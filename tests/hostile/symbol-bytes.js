// bytes that the engine takes for a Symbol must stay text; ends: ok
var d = new TextDecoder();
[0xff, 0x80, 0x81, 0x82].forEach(function (b) {
	var s = d.decode(new Uint8Array([b, 0x61, 0x62]));
	if (typeof s !== 'string' || s !== '\ufffdab')
		throw new Error(b + ' became ' + typeof s);
	s = String.fromCharCode(b) + 'ab';
	if (typeof s !== 'string' || s.length !== 3)
		throw new Error(b + ' is ' + typeof s);
	try {
		decodeURIComponent('%' + b.toString(16) + 'ab');
	} catch (e) {
		return;
	}
	throw new Error(b + ' was decoded');
});
