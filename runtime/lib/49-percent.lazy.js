/*
 * Percent-encoding and form encoding (URL standard).
 */
(function (lib) {
'use strict';

lib.load('46-encoding');

var PAIR = '[\\ud800-\\udbff][\\udc00-\\udfff]|';
var HEX = '0123456789ABCDEF';
var decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/* Matches what a set wants encoded: everything but the characters of `kept`. */
function set(kept) {
	return new RegExp(PAIR + '[^' + kept + ']', 'g');
}

lib.percentSets = {
	control: set(' -~'),
	fragment: set('!#-;=?-_a-~'),
	query: set('!$-;=?-~'),
	specialQuery: set('!$-&(-;=?-~'),
	path: set('!$-;=@-\\]_a-z|~'),
	userinfo: set("!$-.0-9A-Z_a-z~"),
	component: set("!'-*\\-.0-9A-Z_a-z~"),
	form: set('*\\-.0-9A-Z_a-z ')
};

function encodeOne(s) {
	var c = s.charCodeAt(0);

	return c < 128 ? '%' + HEX.charAt(c >> 4) + HEX.charAt(c & 15) :
	    encodeURIComponent(s);
}

/* s must be well-formed. */
lib.percentEncode = function (s, pattern) {
	return s.replace(pattern, encodeOne);
};

/* Bytes of %XX and of everything else, read as UTF-8. */
lib.percentDecode = function (s) {
	var bytes, i, n = 0, hex;

	if (s.indexOf('%') < 0)
		return s;
	bytes = lib.utf8(s);
	for (i = 0; i < bytes.length; i++, n++) {
		bytes[n] = bytes[i];
		if (bytes[i] !== 0x25 || i + 2 >= bytes.length)
			continue;
		hex = String.fromCharCode(bytes[i + 1], bytes[i + 2]);
		if (/^[0-9a-fA-F]{2}$/.test(hex)) {
			bytes[n] = parseInt(hex, 16);
			i += 2;
		}
	}
	return decoder.decode(bytes.subarray(0, n));
};

/* [[name, value], ...] of "a=1&b=2" */
lib.parseForm = function (s) {
	var list = [], parts = s.split('&'), i, at;

	for (i = 0; i < parts.length; i++) {
		if (parts[i] === '')
			continue;
		s = parts[i].replace(/\+/g, ' ');
		at = s.indexOf('=');
		list.push([lib.percentDecode(at < 0 ? s : s.slice(0, at)),
			at < 0 ? '' : lib.percentDecode(s.slice(at + 1))]);
	}
	return list;
};

function formText(s) {
	return lib.percentEncode(s, lib.percentSets.form).replace(/ /g, '+');
}

lib.formEncode = function (list) {
	var parts = [], i;

	for (i = 0; i < list.length; i++)
		parts.push(formText(list[i][0]) + '=' + formText(list[i][1]));
	return parts.join('&');
};
})(__lib);
