/*
 * crypto: random bytes come from the host at every call, never from a state a snapshot
 * would bring back.
 */
(function (lib) {
'use strict';

var global = lib.global, random = global.__host_random;
var MOST = 65536;

function hex(bytes, from, to) {
	var s = '';

	for (; from < to; from++)
		s += (bytes[from] < 16 ? '0' : '') + bytes[from].toString(16);
	return s;
}

function fill(view) {
	var bytes;

	if (!lib.isObject(view) || !ArrayBuffer.isView(view) || view instanceof DataView ||
	    /^Float/.test(view[Symbol.toStringTag]))
		throw new global.DOMException('The data argument must be an integer-type ' +
		    'TypedArray', 'TypeMismatchError');
	if (view.byteLength > MOST)
		throw new global.DOMException('The requested length exceeds 65,536 bytes',
		    'QuotaExceededError');
	bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
	bytes.set(new Uint8Array(random(view.byteLength)));
	return view;
}

if (random === undefined)
	return;
lib.define(global, 'crypto', {});
lib.methods(global.crypto, {
	getRandomValues(array) {
		return fill(array);
	},
	randomUUID() {
		var b = new Uint8Array(random(16));

		b[6] = b[6] & 0x0f | 0x40;
		b[8] = b[8] & 0x3f | 0x80;
		return hex(b, 0, 4) + '-' + hex(b, 4, 6) + '-' + hex(b, 6, 8) + '-' +
		    hex(b, 8, 10) + '-' + hex(b, 10, 16);
	}
});
lib.tag(global.crypto, 'Crypto');
})(__lib);
