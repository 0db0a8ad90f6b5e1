/*
 * TextEncoder, TextDecoder, atob and btoa.
 *
 * UTF-8 is the engine's own.  windows-1252, which "latin1" and "ascii" mean on the web, and
 * UTF-16 are decoded here.
 */
(function (lib) {
'use strict';

var global = lib.global;
var Encoder = lib.engine.TextEncoder, Decoder = lib.engine.TextDecoder;
var encode = Encoder.prototype.encode, decode = Decoder.prototype.decode;
var STATE = lib.hidden('decoder');
var apply = Reflect.apply;
var fromCharCode = String.fromCharCode;
var engineEncoder = new Encoder();
// Characters of the bytes 0x80 to 0x9f.
var HIGH = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152' +
    '\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161' +
    '\u203a\u0153\x9d\u017e\u0178';
var LABELS = {
	'utf-8': 'utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8',
	'windows-1252': 'latin1 ascii iso-8859-1 iso8859-1 iso_8859-1 iso88591 us-ascii ' +
	    'windows-1252 cp1252 cp819 l1 x-cp1252 ansi_x3.4-1968 ibm819 iso-ir-100',
	'utf-16le': 'utf-16le utf-16 ucs-2 unicode csunicode iso-10646-ucs-2 unicodefeff',
	'utf-16be': 'utf-16be unicodefffe'
};

function encodingOf(label) {
	var wanted = String(label).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '')
	    .toLowerCase();
	var name;

	for (name in LABELS)
		if ((' ' + LABELS[name] + ' ').indexOf(' ' + wanted + ' ') >= 0 &&
		    wanted.indexOf(' ') < 0 && wanted !== '')
			return name;
	throw new RangeError('The "' + label + '" encoding is not supported');
}

function bytesOf(input) {
	if (input === undefined)
		return new Uint8Array(0);
	if (input instanceof ArrayBuffer)
		return new Uint8Array(input);
	if (!lib.isObject(input) || !ArrayBuffer.isView(input))
		throw new TypeError('The "input" argument must be an instance of ' +
		    'ArrayBuffer or ArrayBufferView.');
	return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
}
lib.bytesOf = bytesOf;

/* Text from char codes that come in portions. */
function Text() {
	this.text = '';
	this.part = [];
}
Text.prototype = Object.create(null);

function add(text, c) {
	text.part[text.part.length] = c;
	if (text.part.length === 512)
		flush(text);
}

function flush(text) {
	text.text += apply(fromCharCode, undefined, text.part);
	text.part = [];
	return text.text;
}

function decodeSingle(bytes) {
	var text = new Text(), i, b;

	for (i = 0; i < bytes.length; i++) {
		b = bytes[i];
		add(text, b < 0x80 || b > 0x9f ? b : HIGH.charCodeAt(b - 0x80));
	}
	return flush(text);
}

function broken() {
	var e = new TypeError('The encoded data was not valid for encoding');

	e.code = 'ERR_ENCODING_INVALID_ENCODED_DATA';
	return e;
}

/* One code unit; a surrogate must have its other half, which may come next time. */
function unit(state, text, c) {
	var lead = state.lead;

	state.lead = -1;
	if (lead >= 0) {
		if (c >= 0xdc00 && c <= 0xdfff) {
			add(text, lead);
			add(text, c);
			return;
		}
		if (state.fatal)
			throw broken();
		add(text, 0xfffd);
	}
	if (c >= 0xd800 && c <= 0xdbff) {
		state.lead = c;
		return;
	}
	if (c >= 0xdc00 && c <= 0xdfff) {
		if (state.fatal)
			throw broken();
		c = 0xfffd;
	}
	if (c !== 0xfeff || state.begun || state.ignoreBOM)
		add(text, c);
	state.begun = true;
}

function decode16(state, bytes, stream) {
	var text = new Text(), big = state.encoding === 'utf-16be', i, b;

	for (i = 0; i < bytes.length; i++) {
		b = bytes[i];
		if (state.odd < 0) {
			state.odd = b;
			continue;
		}
		unit(state, text, big ? state.odd << 8 | b : b << 8 | state.odd);
		state.odd = -1;
	}
	if (!stream && (state.odd >= 0 || state.lead >= 0)) {
		state.odd = state.lead = -1;
		if (state.fatal)
			throw broken();
		add(text, 0xfffd);
	}
	if (!stream)
		state.begun = false;
	return flush(text);
}

function stateOf(decoder) {
	var state = lib.isObject(decoder) ? decoder[STATE] : undefined;

	if (state === undefined)
		throw new TypeError('Value of "this" must be of type TextDecoder');
	return state;
}

function TextDecoder(label, options) {
	var state;

	lib.constructing(new.target, this, TextDecoder, STATE);
	options = Object(options);
	state = {
		encoding: label === undefined ? 'utf-8' : encodingOf(label),
		fatal: !!options.fatal, ignoreBOM: !!options.ignoreBOM,
		engine: undefined, odd: -1, lead: -1, begun: false
	};
	if (state.encoding === 'utf-8')
		state.engine = new Decoder('utf-8',
		    { fatal: state.fatal, ignoreBOM: state.ignoreBOM });
	this[STATE] = state;
}
lib.methods(TextDecoder.prototype, {
	get encoding() {
		return stateOf(this).encoding;
	},
	get fatal() {
		return stateOf(this).fatal;
	},
	get ignoreBOM() {
		return stateOf(this).ignoreBOM;
	},
	decode(input, options) {
		var state = stateOf(this), bytes = bytesOf(input);
		var stream = !!Object(options).stream;

		if (state.engine !== undefined)
			return apply(decode, state.engine, [bytes, { stream: stream }]);
		if (state.encoding === 'windows-1252')
			return decodeSingle(bytes);
		return decode16(state, bytes, stream);
	}
}, 'decode 0');
lib.tag(TextDecoder.prototype, 'TextDecoder');
lib.constructor('TextDecoder', TextDecoder, 0);

lib.methods(Encoder.prototype, {
	encode(input) {
		return apply(encode, this, [input === undefined ? '' : String(input)]);
	},
	/* As many whole characters as fit. */
	encodeInto(source, target) {
		var s = String(source), read = 0, written = 0, bytes, n;

		bytes = lib.utf8(s);
		if (bytes.length <= target.length) {
			target.set(bytes);
			return { read: s.length, written: bytes.length };
		}
		while (read < s.length) {
			n = lib.width(s, read);
			bytes = lib.utf8(s.substr(read, n));
			if (written + bytes.length > target.length)
				break;
			target.set(bytes, written);
			read += n;
			written += bytes.length;
		}
		return { read: read, written: written };
	}
}, 'encode 0');
lib.tag(Encoder.prototype, 'TextEncoder');
lib.constructor('TextEncoder', Encoder, 0);

lib.utf8 = function (s) {
	return apply(encode, engineEncoder, [s]);
};

/* --- base64 --- */

var base64 = lib.engine.encode, fromBase64 = lib.engine.decode;

function invalid(message) {
	return new global.DOMException(message, 'InvalidCharacterError');
}

lib.methods(global, {
	btoa(data) {
		var s = String(data), bytes = new Uint8Array(s.length), i, c;

		if (arguments.length === 0)
			throw new TypeError('The "data" argument must be specified');
		for (i = 0; i < s.length; i++) {
			c = s.charCodeAt(i);
			if (c > 255)
				throw invalid('Invalid character');
			bytes[i] = c;
		}
		return base64('base64', bytes);
	},
	atob(data) {
		var s = String(data).replace(/[\t\n\f\r ]+/g, ''), bytes, text, i;

		if (arguments.length === 0)
			throw new TypeError('The "data" argument must be specified');
		if (s.length % 4 === 0)
			s = s.replace(/==?$/, '');
		if (s.length % 4 === 1 || /[^A-Za-z0-9+\/]/.test(s))
			throw invalid('The string to be decoded is not correctly encoded.');
		bytes = new Uint8Array(fromBase64('base64', s));
		text = new Text();
		for (i = 0; i < bytes.length; i++)
			add(text, bytes[i]);
		return flush(text);
	}
});
})(__lib);
