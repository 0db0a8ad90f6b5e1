/*
 * Run before the snippets, in Node and in ours: show(value) as a text that tells apart what
 * JSON does not (-0, NaN, undefined, holes, classes, symbols), and small helpers.
 */
(function (global) {
	var toString = Object.prototype.toString;
	var LINES = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };

	function text(s) {
		return '"' + s.replace(/["\\\x00-\x1f\x7f-\uffff]/g, function (c) {
			return LINES[c] || '\\u' + ('000' + c.charCodeAt(0).toString(16)).slice(-4);
		}) + '"';
	}

	function name(f) {
		return typeof f === 'function' && typeof f.name === 'string' ? f.name : '?';
	}

	function list(items, seen) {
		var out = [], i;

		for (i = 0; i < items.length; i++)
			out.push(i in items ? show(items[i], seen) : '<hole>');
		return '[' + out.join(', ') + ']';
	}

	function entries(object, seen) {
		return Object.keys(object).filter(function (key) {
			return !(Array.isArray(object) && String(key >>> 0) === key);
		}).map(function (key) {
			return key + ': ' + show(object[key], seen);
		}).concat(Object.getOwnPropertySymbols(object).map(function (key) {
			return String(key) + ': ' + show(object[key], seen);
		}));
	}

	function objectText(object, seen) {
		var proto = Object.getPrototypeOf(object);
		var tag = toString.call(object).slice(8, -1);
		var more = entries(object, seen), head;

		head = proto === null ? 'null ' : proto.constructor === Object ? '' :
		    name(proto.constructor) + ' ';
		// messages and Node's codes are not the standard's
		if (object instanceof Error)
			return '<' + object.name + ': ' + more.filter(function (s) {
				return !/^code: /.test(s);
			}).join(', ') + '>';
		if (Array.isArray(object))
			return (head === 'Array ' ? '' : head) + list(object, seen) +
			    (more.length ? '{' + more.join(', ') + '}' : '');
		if (tag === 'Date')
			return 'Date(' + object.getTime() + ')';
		if (tag === 'RegExp')
			return '/' + object.source + '/' + object.flags;
		if (tag === 'Map' && object instanceof Map) {
			object.forEach(function (value, key) {
				more.push(show(key, seen) + ' => ' + show(value, seen));
			});
			return head + '{' + more.join(', ') + '}';
		}
		if (tag === 'Set' && object instanceof Set) {
			object.forEach(function (value) {
				more.push(show(value, seen));
			});
			return head + '{' + more.join(', ') + '}';
		}
		if (ArrayBuffer.isView(object) && !(object instanceof DataView))
			return tag + list(Array.prototype.slice.call(object), seen);
		if (tag === 'ArrayBuffer')
			return 'ArrayBuffer' + list(Array.prototype.slice.call(new Uint8Array(object)), seen);
		if (tag === 'Number' || tag === 'String' || tag === 'Boolean')
			return tag + '(' + show(object.valueOf(), seen) + ')';
		if (tag !== 'Object' && head.trim() !== tag)
			head += tag + ' ';
		return head + '{' + more.join(', ') + '}';
	}

	function show(value, seen) {
		seen = seen || [];
		switch (typeof value) {
		case 'string':
			return text(value);
		case 'number':
			return value === 0 && 1 / value < 0 ? '-0' : String(value);
		case 'symbol':
			return String(value);
		case 'function':
			return 'function ' + name(value) + '/' + value.length;
		case 'object':
			if (value === null)
				return 'null';
			if (seen.indexOf(value) >= 0)
				return '<cycle>';
			return objectText(value, seen.concat([value]));
		default:
			return String(value);
		}
	}

	/* f's value or the name of what it throws */
	function attempt(f) {
		try {
			return f();
		} catch (e) {
			return 'throws ' + (e !== null && typeof e === 'object' ? e.name : show(e));
		}
	}

	/* f() after so many ticks that everything has happened */
	function later(f) {
		var p = Promise.resolve(), i;

		for (i = 0; i < 60; i++)
			p = p.then(function () {});
		return p.then(f);
	}

	/* [flags of a property] */
	function flags(object, key) {
		var d = Object.getOwnPropertyDescriptor(object, key);

		return d === undefined ? 'none' : (d.writable ? 'w' : '-') + (d.enumerable ? 'e' : '-') +
		    (d.configurable ? 'c' : '-') + ('value' in d ? '' : (d.get ? 'g' : '') +
		    (d.set ? 's' : ''));
	}

	/* An iterator that logs what is done to it. */
	function watched(items, log) {
		var i = 0, it = {
			next: function () {
				log.push('next');
				return i < items.length ? { value: items[i++], done: false } :
				    { value: undefined, done: true };
			},
			return: function () {
				log.push('return');
				return {};
			}
		};

		it[Symbol.iterator] = function () {
			return it;
		};
		return it;
	}

	var tools = { show: show, attempt: attempt, later: later, flags: flags,
		watched: watched };

	Object.keys(tools).forEach(function (key) {
		Object.defineProperty(global, key, { value: tools[key], configurable: true });
	});
})(typeof globalThis === 'object' ? globalThis : this);
