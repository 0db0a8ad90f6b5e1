/*
 * URL, as the WHATWG's standard parses and writes them.
 *
 * The standard's parser goes character by character through some twenty states.  This one
 * cuts the text at the places where those states end and parses the pieces, in the same
 * order and with the same outcome: fragment, query, scheme, authority, path.
 */
(function (lib) {
'use strict';

lib.load('49-percent');
lib.load('48-host');
lib.load('51-searchparams');

var RECORD = lib.hidden('url');
var PORTS = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443, 'ftp:': 21,
	'file:': null };
var sets = lib.percentSets, encode = lib.percentEncode;

function isSpecial(scheme) {
	return lib.hop(PORTS, scheme);
}

/* path: a list of segments, or the text of an opaque path */
function Record() {
	this.scheme = '';
	this.username = '';
	this.password = '';
	this.host = null;
	this.port = null;
	this.path = [];
	this.query = null;
	this.fragment = null;
}
Record.prototype = Object.create(null);

function isOpaque(r) {
	return typeof r.path === 'string';
}

/* --- paths --- */

function isDrive(s) {
	return /^[A-Za-z][:|]$/.test(s);
}

function startsWithDrive(s) {
	return /^[A-Za-z][:|](?:[\/\\?#]|$)/.test(s);
}

function shorten(r) {
	if (r.scheme === 'file:' && r.path.length === 1 && /^[A-Za-z]:$/.test(r.path[0]))
		return;
	r.path.pop();
}

function addSegment(r, part) {
	if (r.scheme === 'file:' && r.path.length === 0 && isDrive(part))
		part = part.charAt(0) + ':';
	r.path.push(encode(part, sets.path));
}

/* Add the segments of text, which stands after a slash, to r.path. */
function addPath(r, text) {
	var parts = text.split(isSpecial(r.scheme) ? /[\/\\]/ : '/'), i, part, last;

	for (i = 0; i < parts.length; i++) {
		part = parts[i];
		last = i === parts.length - 1;
		if (part.charAt(0) !== '.' && part.charAt(0) !== '%') {
			addSegment(r, part);
		} else if (/^(?:\.|%2e){2}$/i.test(part)) {
			shorten(r);
			if (last)
				r.path.push('');
		} else if (/^(?:\.|%2e)$/i.test(part)) {
			if (last)
				r.path.push('');
		} else {
			addSegment(r, part);
		}
	}
}

/* What follows the authority: nothing, or a slash and a path. */
function startPath(r, text) {
	if (isSpecial(r.scheme))
		addPath(r, /^[\/\\]/.test(text) ? text.slice(1) : text);
	else if (text !== '')
		addPath(r, text.charAt(0) === '/' ? text.slice(1) : text);
}

/* --- authority --- */

/* "8080" -> r.port; false if it is none. */
function setPort(r, text) {
	if (!/^[0-9]*$/.test(text) || +text > 65535)
		return false;
	r.port = text === '' || +text === PORTS[r.scheme] ? null : +text;
	return true;
}

/* "host:port"; false if it is wrong. */
function setHostPort(r, text) {
	var at = text.indexOf(':', text.lastIndexOf(']') + 1), host;
	var hostText = at < 0 ? text : text.slice(0, at);

	if (hostText === '' && (isSpecial(r.scheme) || at >= 0))
		return false;
	host = hostText === '' ? '' : lib.parseHost(hostText, isSpecial(r.scheme));
	if (host === undefined)
		return false;
	r.host = host;
	return at < 0 || setPort(r, text.slice(at + 1));
}

/* Text after the two slashes, up to query and fragment. */
function setAuthority(r, text) {
	var end = text.search(isSpecial(r.scheme) ? /[\/\\]/ : /\//), authority, at;
	var user, colon;

	if (end < 0)
		end = text.length;
	authority = text.slice(0, end);
	at = authority.lastIndexOf('@');
	if (at >= 0) {
		if (at === authority.length - 1)
			return false;
		user = authority.slice(0, at);
		colon = (user + ':').indexOf(':');
		r.username = encode(user.slice(0, colon), sets.userinfo);
		r.password = encode(user.slice(colon + 1), sets.userinfo);
	}
	if (!setHostPort(r, authority.slice(at + 1)))
		return false;
	startPath(r, text.slice(end));
	return true;
}

/* --- file: --- */

function setFileHost(r, text) {
	var end = text.search(/[\/\\]/), host;

	if (end < 0)
		end = text.length;
	host = text.slice(0, end);
	if (isDrive(host)) {
		addPath(r, text);
		return true;
	}
	if (host !== '') {
		host = lib.parseHost(host, true);
		if (host === undefined)
			return false;
		r.host = host === 'localhost' ? '' : host;
	}
	startPath(r, text.slice(end));
	return true;
}

function parseFile(r, text, base, hasQuery) {
	r.host = '';
	if (base !== null && base.scheme !== 'file:')
		base = null;
	if (/^[\/\\]{2}/.test(text))
		return setFileHost(r, text.slice(2));
	if (/^[\/\\]/.test(text)) {
		if (base !== null) {
			r.host = base.host;
			if (!startsWithDrive(text.slice(1)) && base.path.length > 0 &&
			    /^[A-Za-z]:$/.test(base.path[0]))
				r.path.push(base.path[0]);
		}
		addPath(r, text.slice(1));
		return true;
	}
	if (base === null) {
		addPath(r, text);
		return true;
	}
	r.host = base.host;
	inherit(r, text, base, hasQuery, startsWithDrive(text));
	return true;
}

/* Path and query of a relative reference without a leading slash. */
function inherit(r, text, base, hasQuery, fresh) {
	r.path = base.path.slice();
	if (text === '') {
		if (!hasQuery)
			r.query = base.query;
		return;
	}
	if (fresh)
		r.path = [];
	else
		shorten(r);
	addPath(r, text);
}

/* --- references --- */

function parseRelative(r, text, base, hasQuery) {
	var special = isSpecial(r.scheme);

	if (special ? /^[\/\\]{2}/.test(text) : /^\/\//.test(text))
		return setAuthority(r, text.replace(special ? /^[\/\\]+/ : '//', ''));
	r.username = base.username;
	r.password = base.password;
	r.host = base.host;
	r.port = base.port;
	if (special ? /^[\/\\]/.test(text) : text.charAt(0) === '/')
		addPath(r, text.slice(1));
	else
		inherit(r, text, base, hasQuery, false);
	return true;
}

/* With a scheme of its own: text stands after the colon. */
function parseAbsolute(r, text, base, hasQuery, hasFragment) {
	if (r.scheme === 'file:')
		return parseFile(r, text, base, hasQuery);
	if (isSpecial(r.scheme)) {
		if (base !== null && base.scheme === r.scheme && !/^\/\//.test(text))
			return parseRelative(r, text, base, hasQuery);
		return setAuthority(r, text.replace(/^[\/\\]+/, ''));
	}
	if (/^\/\//.test(text))
		return setAuthority(r, text.slice(2));
	if (text.charAt(0) === '/') {
		addPath(r, text.slice(1));
		return true;
	}
	if ((hasQuery || hasFragment) && / $/.test(text))
		text = text.slice(0, -1) + '%20';
	r.path = encode(text, sets.control);
	return true;
}

function parse(text, base) {
	var r = new Record(), scheme, at, query = null, fragment = null, ok;

	// nearly every URL is fine as it is
	if (/[\0- \ud800-\udfff]/.test(text))
		text = clean(text.replace(/^[\0- ]+|[\0- ]+$/g, ''));
	at = text.indexOf('#');
	if (at >= 0) {
		fragment = text.slice(at + 1);
		text = text.slice(0, at);
	}
	scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text);
	at = text.indexOf('?');
	if (at >= 0) {
		query = text.slice(at + 1);
		text = text.slice(0, at);
	}
	if (scheme !== null) {
		r.scheme = scheme[0].toLowerCase();
		ok = parseAbsolute(r, text.slice(r.scheme.length), base, query !== null,
		    fragment !== null);
	} else if (base === null || (isOpaque(base) && (text !== '' || query !== null ||
	    fragment === null))) {
		return undefined;
	} else {
		r.scheme = base.scheme;
		if (isOpaque(base)) {
			r.path = base.path;
			r.query = base.query;
			ok = true;
		} else if (r.scheme === 'file:') {
			ok = parseFile(r, text, base, query !== null);
		} else {
			ok = parseRelative(r, text, base, query !== null);
		}
	}
	if (!ok)
		return undefined;
	if (query !== null)
		setQuery(r, query);
	if (fragment !== null)
		r.fragment = encode(fragment, sets.fragment);
	return r;
}

function setQuery(r, text) {
	r.query = encode(text, isSpecial(r.scheme) ? sets.specialQuery : sets.query);
}

/* --- writing --- */

function pathOf(r) {
	return isOpaque(r) ? r.path : r.path.length === 0 ? '' : '/' + r.path.join('/');
}

function hostOf(r) {
	return r.host === null ? '' : r.host + (r.port === null ? '' : ':' + r.port);
}

function write(r) {
	var s = r.scheme;

	if (r.host !== null)
		s += '//' + (r.username === '' && r.password === '' ? '' : r.username +
		    (r.password === '' ? '' : ':' + r.password) + '@') + hostOf(r);
	else if (!isOpaque(r) && r.path.length > 1 && r.path[0] === '')
		s += '/.';
	return s + pathOf(r) + (r.query === null ? '' : '?' + r.query) +
	    (r.fragment === null ? '' : '#' + r.fragment);
}

function originOf(r) {
	var inner;

	if (r.scheme === 'blob:') {
		inner = isOpaque(r) ? parse(r.path, null) : undefined;
		return inner !== undefined && /^https?:$/.test(inner.scheme) ?
		    originOf(inner) : 'null';
	}
	return isSpecial(r.scheme) && r.scheme !== 'file:' ?
	    r.scheme + '//' + hostOf(r) : 'null';
}

/* --- the class --- */

function invalid(input) {
	var e = new TypeError('Invalid URL');

	e.code = 'ERR_INVALID_URL';
	e.input = input;
	return e;
}

function recordOf(url) {
	var r = lib.isObject(url) ? url[RECORD] : undefined;

	if (r === undefined)
		throw new TypeError('Value of "this" must be of type URL');
	return r;
}

/* undefined if the text is no URL */
function resolve(text, base) {
	if (base !== undefined) {
		base = parse(String(base), null);
		if (base === undefined)
			return undefined;
	}
	return parse(text, base === undefined ? null : base);
}

function URL(url, base) {
	var r, text;

	lib.constructing(new.target, this, URL, RECORD);
	if (arguments.length === 0)
		throw new TypeError('The "url" argument must be specified');
	text = String(url);
	r = resolve(text, base);
	if (r === undefined)
		throw invalid(text);
	r.params = undefined;
	this[RECORD] = r;
}

/* The query has changed: tell its URLSearchParams. */
function refresh(r) {
	if (r.params !== undefined)
		lib.setParams(r.params, r.query === null ? [] : lib.parseForm(r.query));
}

/* For URLSearchParams, which write themselves into their URL. */
lib.updateQuery = function (r, text) {
	r.query = text === '' ? null : text;
	stripSpaces(r);
};

/* An opaque path must not end in spaces once nothing follows it. */
function stripSpaces(r) {
	if (isOpaque(r) && r.query === null && r.fragment === null)
		r.path = r.path.replace(/ +$/, '');
}

function noCredentials(r) {
	return r.host === null || r.host === '' || r.scheme === 'file:';
}

function clean(value) {
	return String(value).toWellFormed().replace(/[\t\n\r]/g, '');
}

/* The part of a setter's text that is a host, and the rest. */
function hostPart(r, text) {
	var end = text.search(isSpecial(r.scheme) ? /[\/\\?#]/ : /[\/?#]/);

	return end < 0 ? text : text.slice(0, end);
}

function setHost(r, value, withPort) {
	var text = hostPart(r, clean(value)), at, host, port;

	if (isOpaque(r))
		return;
	at = text.indexOf(':', text.lastIndexOf(']') + 1);
	if (r.scheme === 'file:')
		at = -1;
	if (at >= 0 && !withPort)
		return;
	host = at < 0 ? text : text.slice(0, at);
	port = at < 0 ? '' : /^[0-9]*/.exec(text.slice(at + 1))[0];
	if (host === '') {
		if ((isSpecial(r.scheme) && r.scheme !== 'file:') || at >= 0 ||
		    r.username !== '' || r.password !== '' || r.port !== null)
			return;
	} else {
		host = lib.parseHost(host, isSpecial(r.scheme));
		if (host === undefined)
			return;
		if (r.scheme === 'file:' && host === 'localhost')
			host = '';
	}
	r.host = host;
	if (port !== '')
		setPort(r, port);
}

function setScheme(r, value) {
	var m = /^([A-Za-z][A-Za-z0-9+.-]*)(?::|$)/.exec(clean(value)), scheme;

	if (m === null)
		return;
	scheme = m[1].toLowerCase() + ':';
	if (isSpecial(scheme) !== isSpecial(r.scheme) ||
	    (scheme === 'file:' && (r.username !== '' || r.password !== '' ||
	    r.port !== null)) || (r.scheme === 'file:' && r.host === ''))
		return;
	r.scheme = scheme;
	if (r.port === PORTS[scheme])
		r.port = null;
}

lib.methods(URL.prototype, {
	get href() {
		return write(recordOf(this));
	},
	set href(value) {
		var r = recordOf(this), fresh = parse(String(value), null);

		if (fresh === undefined)
			throw invalid(String(value));
		fresh.params = r.params;
		Object.assign(r, fresh);
		refresh(r);
	},
	get origin() {
		return originOf(recordOf(this));
	},
	get protocol() {
		return recordOf(this).scheme;
	},
	set protocol(value) {
		setScheme(recordOf(this), value);
	},
	get username() {
		return recordOf(this).username;
	},
	set username(value) {
		var r = recordOf(this);

		if (!noCredentials(r))
			r.username = encode(String(value).toWellFormed(), sets.userinfo);
	},
	get password() {
		return recordOf(this).password;
	},
	set password(value) {
		var r = recordOf(this);

		if (!noCredentials(r))
			r.password = encode(String(value).toWellFormed(), sets.userinfo);
	},
	get host() {
		return hostOf(recordOf(this));
	},
	set host(value) {
		setHost(recordOf(this), value, true);
	},
	get hostname() {
		var r = recordOf(this);

		return r.host === null ? '' : r.host;
	},
	set hostname(value) {
		setHost(recordOf(this), value, false);
	},
	get port() {
		var r = recordOf(this);

		return r.port === null ? '' : String(r.port);
	},
	set port(value) {
		var r = recordOf(this), text = clean(value);
		var digits = /^[0-9]*/.exec(text)[0];

		if (!noCredentials(r) && (text === '' || digits !== ''))
			setPort(r, digits);
	},
	get pathname() {
		return pathOf(recordOf(this));
	},
	set pathname(value) {
		var r = recordOf(this), text;

		if (isOpaque(r))
			return;
		// here ? and # are part of the path
		text = clean(value).replace(/\?/g, '%3F').replace(/#/g, '%23');
		r.path = [];
		if (text === '' && r.host === null && !isSpecial(r.scheme))
			r.path.push('');
		startPath(r, text);
	},
	get search() {
		var r = recordOf(this);

		return r.query === null || r.query === '' ? '' : '?' + r.query;
	},
	set search(value) {
		var r = recordOf(this), text = clean(value);

		if (text === '')
			r.query = null;
		else
			setQuery(r, text.charAt(0) === '?' ? text.slice(1) : text);
		stripSpaces(r);
		refresh(r);
	},
	get searchParams() {
		var r = recordOf(this);

		if (r.params === undefined) {
			r.params = lib.paramsOf(r);
			refresh(r);
		}
		return r.params;
	},
	get hash() {
		var r = recordOf(this);

		return r.fragment === null || r.fragment === '' ? '' : '#' + r.fragment;
	},
	set hash(value) {
		var r = recordOf(this), text = clean(value);

		r.fragment = text === '' ? null : encode(text.charAt(0) === '#' ?
		    text.slice(1) : text, sets.fragment);
		stripSpaces(r);
	},
	toString() {
		return write(recordOf(this));
	},
	toJSON() {
		return write(recordOf(this));
	}
});
lib.tag(URL.prototype, 'URL');
lib.constructor('URL', URL, 1);
lib.methods(URL, {
	canParse(url, base) {
		if (arguments.length === 0)
			throw new TypeError('The "url" argument must be specified');
		return resolve(String(url), base) !== undefined;
	},
	parse(url, base) {
		return URL.canParse(url, base) ? new URL(url, base) : null;
	}
}, 'canParse 1 parse 1');
})(__lib);
