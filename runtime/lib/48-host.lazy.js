/*
 * Hosts of URLs: domains, IPv4 and IPv6 addresses, opaque hosts (URL standard, "Hosts").
 *
 * Domains beyond ASCII are mapped by case and compatibility (NFKC) and then Punycoded.
 * The standard's own table maps a little more and forbids a little more than that.
 */
(function (lib) {
'use strict';

var FORBIDDEN_HOST = /[\0\t\n\r #\/:<>?@\[\\\]^|]/;
var FORBIDDEN_DOMAIN = /[\0- #%\/:<>?@\[\\\]^|\x7f]/;
var PLAIN = /^[a-z0-9.-]*[g-wyz]$/;
var IGNORED = /[\u00ad\u034f\u180b-\u180d\u200b\u2060\u2064\ufe00-\ufe0f\ufeff]/g;

/* --- Punycode, RFC 3492 --- */

var BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700;

function adapt(delta, count, first) {
	var k = 0;

	delta = Math.floor(first ? delta / DAMP : delta / 2);
	delta += Math.floor(delta / count);
	for (; delta > ((BASE - TMIN) * TMAX) >> 1; k += BASE)
		delta = Math.floor(delta / (BASE - TMIN));
	return k + Math.floor((BASE - TMIN + 1) * delta / (delta + SKEW));
}

function threshold(k, bias) {
	return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

function digit(n) {
	return String.fromCharCode(n < 26 ? n + 97 : n + 22);
}

function points(s) {
	var list = [], i;

	for (i = 0; i < s.length; i += lib.width(s, i))
		list.push(s.codePointAt(i));
	return list;
}

function encodeLabel(label) {
	var list = points(label), out = '', n = 128, delta = 0, bias = 72, basic, done;
	var next, i, q, k, t;

	for (i = 0; i < list.length; i++)
		if (list[i] < 128)
			out += String.fromCharCode(list[i]);
	basic = done = out.length;
	if (basic > 0)
		out += '-';
	while (done < list.length) {
		next = Infinity;
		for (i = 0; i < list.length; i++)
			if (list[i] >= n && list[i] < next)
				next = list[i];
		delta += (next - n) * (done + 1);
		n = next;
		for (i = 0; i < list.length; i++) {
			if (list[i] < n)
				delta++;
			if (list[i] !== n)
				continue;
			q = delta;
			for (k = BASE; q >= (t = threshold(k, bias)); k += BASE) {
				out += digit(t + (q - t) % (BASE - t));
				q = Math.floor((q - t) / (BASE - t));
			}
			out += digit(q);
			bias = adapt(delta, done + 1, done === basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return 'xn--' + out;
}

/* The text of a label after its "xn--"; undefined if it is not well-formed. */
function decodeLabel(code) {
	var dash = code.lastIndexOf('-'), list = points(code.slice(0, Math.max(dash, 0)));
	var n = 128, bias = 72, i = 0, at = dash + 1;
	var old, weight, k, c, t;

	while (at < code.length) {
		old = i;
		weight = 1;
		for (k = BASE; ; k += BASE) {
			c = at < code.length ? code.charCodeAt(at++) : 0;
			c = c >= 48 && c <= 57 ? c - 22 : c >= 97 ? c - 97 : BASE;
			if (c >= BASE)
				return undefined;
			i += c * weight;
			t = threshold(k, bias);
			if (c < t)
				break;
			weight *= BASE - t;
		}
		bias = adapt(i - old, list.length + 1, old === 0);
		n += Math.floor(i / (list.length + 1));
		i %= list.length + 1;
		if (n > 0x10ffff)
			return undefined;
		list.splice(i++, 0, n);
	}
	return String.fromCodePoint.apply(String, list);
}

function mapText(s) {
	return lib.normalize(lib.normalize(s.replace(IGNORED, ''), 'NFKC').toLowerCase(),
	    'NFKC').replace(/[\u3002\uff0e\uff61]/g, '.').replace(/\u1e9e/g, 'ss');
}

/* A label in ASCII; undefined if it cannot be one. */
function asciiLabel(label) {
	var text;

	if (/^xn--/.test(label)) {
		if (/[^\0-\x7f]/.test(label))
			return undefined;
		text = decodeLabel(label.slice(4));
		return text === undefined || /^[\0-\x7f]*$/.test(text) ||
		    mapText(text) !== text || /^[\u0300-\u036f]/.test(text) ||
		    encodeLabel(text) !== label ? undefined : label;
	}
	if (/^[\0-\x7f]*$/.test(label))
		return label;
	// a combining mark cannot begin a label, nor a lone joiner stand in it
	if (/^[\u0300-\u036f]|[\u200c\u200d\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]/.test(
	    label.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')) ||
	    /[\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(label))
		return undefined;
	return encodeLabel(label);
}

function domainToASCII(domain) {
	var labels, i;

	if (/^[\0-\x7f]*$/.test(domain) && !/xn--/i.test(domain))
		return domain.toLowerCase();
	labels = mapText(domain).split('.');
	for (i = 0; i < labels.length; i++) {
		labels[i] = asciiLabel(labels[i]);
		if (labels[i] === undefined)
			return undefined;
	}
	return labels.join('.');
}

/* --- addresses --- */

function number4(s) {
	var radix = 10;

	if (s === '')
		return NaN;
	if (/^0[xX]/.test(s)) {
		s = s.slice(2);
		radix = 16;
	} else if (/^0./.test(s)) {
		s = s.slice(1);
		radix = 8;
	}
	if (s === '')
		return 0;
	return (radix === 10 ? /^[0-9]+$/ : radix === 8 ? /^[0-7]+$/ :
	    /^[0-9a-fA-F]+$/).test(s) ? parseInt(s, radix) : NaN;
}

function endsInNumber(domain) {
	var parts = domain.split('.'), last;

	if (parts[parts.length - 1] === '') {
		if (parts.length === 1)
			return false;
		parts.pop();
	}
	last = parts[parts.length - 1];
	return /^[0-9]+$/.test(last) || /^0[xX][0-9a-fA-F]*$/.test(last);
}

function parse4(domain) {
	var parts = domain.split('.'), n = 0, i, value;

	if (parts[parts.length - 1] === '' && parts.length > 1)
		parts.pop();
	if (parts.length > 4)
		return undefined;
	for (i = 0; i < parts.length; i++) {
		value = number4(parts[i]);
		if (value !== value)
			return undefined;
		if (i < parts.length - 1) {
			if (value > 255)
				return undefined;
			n += value * Math.pow(256, 3 - i);
		} else if (value >= Math.pow(256, 5 - parts.length)) {
			return undefined;
		} else {
			n += value;
		}
	}
	return [n / 16777216 & 255, n / 65536 & 255, n / 256 & 255, n & 255].join('.');
}

/* Eight pieces of an address in brackets, or undefined. */
function pieces6(s) {
	var halves = s.split('::'), head, tail, last, i, list;

	if (halves.length > 2)
		return undefined;
	head = halves[0] === '' ? [] : halves[0].split(':');
	tail = halves.length < 2 || halves[1] === '' ? [] : halves[1].split(':');
	if (halves.length < 2 && head.length === 0)
		return undefined;
	list = halves.length < 2 ? head : tail;
	last = list[list.length - 1];
	if (last !== undefined && last.indexOf('.') >= 0) {
		last = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(last);
		if (last === null)
			return undefined;
		for (i = 1; i <= 4; i++)
			if (+last[i] > 255 || /^0\d/.test(last[i]))
				return undefined;
		list.splice(list.length - 1, 1, (last[1] * 256 + +last[2]).toString(16),
		    (last[3] * 256 + +last[4]).toString(16));
	}
	i = 8 - head.length - tail.length;
	if (halves.length < 2 ? i !== 0 : i < 1)
		return undefined;
	while (halves.length === 2 && i-- > 0)
		head.push('0');
	list = head.concat(tail);
	for (i = 0; i < 8; i++) {
		if (!/^[0-9a-fA-F]{1,4}$/.test(list[i]))
			return undefined;
		list[i] = parseInt(list[i], 16);
	}
	return list;
}

/* The longest run of two or more zeros is left out. */
function text6(list) {
	var best = -1, length = 1, i, k, result = '';

	for (i = 0; i < 8; i++) {
		for (k = i; k < 8 && list[k] === 0; k++)
			continue;
		if (k - i > length) {
			best = i;
			length = k - i;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i === best) {
			result += i === 0 ? '::' : ':';
			i += length - 1;
			continue;
		}
		result += list[i].toString(16) + (i < 7 ? ':' : '');
	}
	return '[' + result + ']';
}

/* The serialized host, or undefined if the text is none. */
lib.parseHost = function (text, special) {
	var list, domain;

	if (text.charAt(0) === '[') {
		list = text.charAt(text.length - 1) === ']' ?
		    pieces6(text.slice(1, -1)) : undefined;
		return list === undefined ? undefined : text6(list);
	}
	// "example.com": nothing to map, and no number, which ends in a digit, a-f or x
	if (special && PLAIN.test(text) && text.indexOf('xn--') < 0)
		return text;
	if (!special)
		return FORBIDDEN_HOST.test(text) ? undefined :
		    lib.percentEncode(text, lib.percentSets.control);
	domain = domainToASCII(lib.percentDecode(text));
	if (domain === undefined || domain === '' || FORBIDDEN_DOMAIN.test(domain))
		return undefined;
	return endsInNumber(domain) ? parse4(domain) : domain;
};
})(__lib);
