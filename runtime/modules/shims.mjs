// What the compiler needs of ES2015 and later in its own heap, and nothing more: there,
// unlike in an app's, speed counts and nobody watches the corners.
const define = (object, members) => {
	for (const name in members)
		if (!(name in object))
			Object.defineProperty(object, name, { value: members[name],
				writable: true, configurable: true });
};

define(Array.prototype, {
	find(f) {
		for (let i = 0; i < this.length; i++)
			if (f(this[i], i))
				return this[i];
		return undefined;
	},
	findIndex(f) {
		for (let i = 0; i < this.length; i++)
			if (f(this[i], i))
				return i;
		return -1;
	},
	includes(v) {
		return this.indexOf(v) >= 0;
	},
	fill(v) {
		for (let i = 0; i < this.length; i++)
			this[i] = v;
		return this;
	},
	flatMap(f) {
		const out = [];
		for (let i = 0; i < this.length; i++) {
			const v = f(this[i], i);
			if (Array.isArray(v))
				for (let j = 0; j < v.length; j++)
					out.push(v[j]);
			else
				out.push(v);
		}
		return out;
	},
	entries() {
		return iterator(this.map((v, i) => [i, v]));
	},
	keys() {
		return iterator(this.map((v, i) => i));
	},
	values() {
		return iterator(this);
	},
});

function iterator(list) {
	let i = 0;
	const it = { next: () => i < list.length ? { value: list[i++], done: false }
	    : { value: undefined, done: true } };
	it[Symbol.iterator] = () => it;
	return it;
}
if (!Array.prototype[Symbol.iterator])
	Object.defineProperty(Array.prototype, Symbol.iterator, { value() {
		return iterator(this);
	}, writable: true, configurable: true });

// The engine's own sort is not stable.
const nativeSort = Array.prototype.sort;
Object.defineProperty(Array.prototype, 'sort', { writable: true, configurable: true,
	value: function sort(compare) {
		if (!compare)
			return nativeSort.call(this);
		const order = nativeSort.call(this.map((v, i) => [v, i]),
		    (a, b) => compare(a[0], b[0]) || a[1] - b[1]);
		for (let i = 0; i < order.length; i++)
			this[i] = order[i][0];
		return this;
	} });

define(Array, {
	from(source, f) {
		const out = [];
		if (source[Symbol.iterator] && !Array.isArray(source)) {
			const it = source[Symbol.iterator]();
			for (let step = it.next(); !step.done; step = it.next())
				out.push(step.value);
		} else {
			for (let i = 0; i < source.length; i++)
				out.push(source[i]);
		}
		return f ? out.map((v, i) => f(v, i)) : out;
	},
	of() {
		return Array.prototype.slice.call(arguments);
	},
});
define(Object, {
	entries: (o) => Object.keys(o).map((k) => [k, o[k]]),
	values: (o) => Object.keys(o).map((k) => o[k]),
});
define(Math, {
	trunc: (x) => x < 0 ? Math.ceil(x) : Math.floor(x),
	sign: (x) => x > 0 ? 1 : x < 0 ? -1 : x,
	log2: (x) => Math.log(x) / Math.LN2,
});
define(Number, {
	isInteger: (x) => typeof x === 'number' && isFinite(x) && Math.floor(x) === x,
	isFinite: (x) => typeof x === 'number' && isFinite(x),
	isNaN: (x) => x !== x,
	isSafeInteger: (x) => Number.isInteger(x) && Math.abs(x) <= 9007199254740991,
	parseInt, parseFloat,
});
const padding = (s, n, fill) => {
	let pad = '';
	while (s.length + pad.length < n)
		pad += fill === undefined ? ' ' : fill;
	return pad.slice(0, Math.max(0, n - s.length));
};
define(String.prototype, {
	padStart(n, fill) {
		return padding(this, n, fill) + this;
	},
	padEnd(n, fill) {
		return this + padding(this, n, fill);
	},
	trimStart() {
		return this.replace(/^\s+/, '');
	},
	trimEnd() {
		return this.replace(/\s+$/, '');
	},
});

/* Strings and numbers are found in objects without prototype, objects by a hidden id. */
const ID = Symbol('id');
const GONE = {};
let ids = 0;

function Table() {
	this.clear();
}
Table.prototype = {
	clear() {
		this.texts = Object.create(null);
		this.others = Object.create(null);
		this.list = [];
		this.data = [];
		this.size = 0;
	},
	find(key) {
		if (typeof key === 'string')
			return this.texts[key];
		return this.others[idOf(key, false)];
	},
	has(key) {
		return this.find(key) !== undefined;
	},
	get(key) {
		const i = this.find(key);
		return i === undefined ? undefined : this.data[i];
	},
	put(key, value) {
		const i = this.find(key);
		if (i !== undefined) {
			this.data[i] = value;
			return this;
		}
		if (typeof key === 'string')
			this.texts[key] = this.list.length;
		else
			this.others[idOf(key, true)] = this.list.length;
		this.list.push(key);
		this.data.push(value);
		this.size++;
		return this;
	},
	delete(key) {
		const i = this.find(key);
		if (i === undefined)
			return false;
		if (typeof key === 'string')
			delete this.texts[key];
		else
			delete this.others[idOf(key, false)];
		this.list[i] = this.data[i] = GONE;
		this.size--;
		return true;
	},
	forEach(f) {
		for (let i = 0; i < this.list.length; i++)
			if (this.list[i] !== GONE)
				f(this.data[i], this.list[i], this);
	},
	walk(pick) {
		const table = this;
		let i = 0;
		const it = { next() {
			while (i < table.list.length && table.list[i] === GONE)
				i++;
			return i < table.list.length ? { value: pick(table, i++), done: false }
			    : { value: undefined, done: true };
		} };
		it[Symbol.iterator] = () => it;
		return it;
	},
	keys() {
		return this.walk((t, i) => t.list[i]);
	},
	values() {
		return this.walk((t, i) => t.data[i]);
	},
	entries() {
		return this.walk((t, i) => [t.list[i], t.data[i]]);
	},
};
function idOf(key, make) {
	if (key === null || (typeof key !== 'object' && typeof key !== 'function'))
		return typeof key === 'number' ? key : String(key);
	if (key[ID] === undefined) {
		if (!make)
			return 'none';
		Object.defineProperty(key, ID, { value: 'o' + ++ids });
	}
	return key[ID];
}
function feed(source, each) {
	if (source)
		Array.from(source).forEach(each);
}

function MapShim(source) {
	Table.call(this);
	feed(source, (e) => this.put(e[0], e[1]));
}
MapShim.prototype = Object.create(Table.prototype);
MapShim.prototype.constructor = MapShim;
MapShim.prototype.set = Table.prototype.put;
MapShim.prototype[Symbol.iterator] = Table.prototype.entries;

function SetShim(source) {
	Table.call(this);
	feed(source, (e) => this.put(e, e));
}
SetShim.prototype = Object.create(Table.prototype);
SetShim.prototype.constructor = SetShim;
SetShim.prototype.add = function add(key) {
	return this.put(key, key);
};
SetShim.prototype[Symbol.iterator] = Table.prototype.values;

define(globalThis, { Map: MapShim, Set: SetShim, WeakMap: MapShim, WeakSet: SetShim });
