// Map
new Map([[1, 'a'], ['1', 'b'], [NaN, 'n'], [undefined, 'u'], [null, 'l'], [true, 't']])
{ var m = new Map([[NaN, 1], [0, 2]]); return [m.get(NaN), m.get(-0), m.has(-0), Array.from(m.keys()).map(function (k) { return 1 / k; })]; }
{ var m = new Map(); m.set(-0, 'x'); return Array.from(m.keys()).map(function (k) { return Object.is(k, 0); }); }
{ var o = {}, f = function () {}, s = Symbol('s'), m = new Map([[o, 1], [f, 2], [s, 3]]); return [m.get(o), m.get(f), m.get(s), m.get({}), m.size]; }
{ var o = Object.freeze({}), p = Object.freeze([]), m = new Map([[o, 1], [p, 2]]); return [m.get(o), m.get(p), m.get(Object.freeze({})), m.delete(o), m.has(o), m.size]; }
{ var o = {}; new Map([[o, 1]]); new WeakMap([[o, 2]]); return [Object.keys(o), Object.getOwnPropertyNames(o), Object.getOwnPropertySymbols(o), Reflect.ownKeys(o), JSON.stringify(o), show(Object.assign({}, o))]; }
{ var o = {}, c = Object.create(o), m = new Map([[o, 1]]); return [m.get(c), m.has(c), m.set(c, 2).get(o), m.get(c), m.size]; }
{ var t = {}, p = new Proxy(t, {}), m = new Map([[t, 't']]); m.set(p, 'p'); return [m.get(t), m.get(p), m.size, m.delete(t), m.get(p), m.has(t)]; }
{ var t = {}, p = new Proxy(t, {}), m = new Map([[p, 'p']]); m.set(t, 't'); return [m.get(t), m.get(p), m.size]; }
{ var o = {}, m = new Map([[o, 1]]); Object.freeze(o); return [m.get(o), new Map([[o, 2]]).get(o)]; }
{ var m = new Map(); return [m.set('__proto__', 1).get('__proto__'), m.get('constructor'), m.has('toString'), m.size]; }
{ var m = new Map([['1', 's'], [1, 'n']]); m.delete(1); return [m.get('1'), m.has(1)]; }
{ var m = new Map([[1, 1], [2, 2], [3, 3]]), out = []; m.forEach(function (v, k) { out.push(k); if (k === 1) { m.delete(2); m.set(4, 4); } }); return out; }
{ var m = new Map([[1, 1]]), out = []; m.forEach(function (v, k) { out.push(k); if (k < 5) { m.delete(k); m.set(k + 1, 0); } }); return out; }
{ var m = new Map(), out = [], i; for (i = 0; i < 100; i++) m.set(i, i); var it = m.keys(); for (i = 0; i < 60; i++) { it.next(); m.delete(i); } out.push(it.next().value, m.size); for (i = 60; i < 95; i++) m.delete(i); out.push(it.next().value, it.next().value); return out; }
{ var m = new Map([[1, 1], [2, 2]]), it = m.keys(); it.next(); m.clear(); m.set(9, 9); return [it.next(), it.next(), m.size]; }
{ var m = new Map([[1, 1]]), it = m.entries(); it.next(); it.next(); m.set(2, 2); return it.next(); }
{ var m = new Map(), i; for (i = 0; i < 50; i++) m.set('k' + i, i); for (i = 0; i < 49; i++) m.delete('k' + i); m.set('new', 1); return [Array.from(m), m.get('k49'), m.get('k1')]; }
{ var m = new Map([['a', 1]]); return [m.set('b', 2) === m, m.delete('a'), m.delete('a'), m.clear(), m.size]; }
{ var m = new Map([['a', 1]]); return m.forEach(function (v, k, self) { return this; }, 5); }
{ var seen = []; new Map([['a', 1]]).forEach(function (v, k, self) { seen.push(v, k, self.size, this.x); }, { x: 1 }); return seen; }
Map()
Map.call({})
new Map(5)
new Map([1])
new Map([[]])
new Map('ab')
new Map(null).size
new Map(undefined).size
new Map({}).size
Map.prototype.get.call({}, 1)
Map.prototype.get.call(new Set(), 1)
Map.prototype.set.call(undefined, 1)
Map.prototype.size
Object.getOwnPropertyDescriptor(Map.prototype, 'size').get.call(new Map([[1, 2]]))
[Map.name, Map.length, Object.prototype.toString.call(new Map()), flags(globalThis, 'Map'), flags(Map, 'prototype'), flags(Map.prototype, 'size'), flags(Map.prototype, Symbol.toStringTag)]
['get', 'set', 'has', 'delete', 'clear', 'forEach', 'keys', 'values', 'entries'].map(function (n) { var f = Map.prototype[n]; return [f.name, f.length, flags(Map.prototype, n)]; })
Map.prototype[Symbol.iterator] === Map.prototype.entries
[Map[Symbol.species] === Map, Object.getOwnPropertyDescriptor(Map, Symbol.species).get.name]
Object.prototype.toString.call(new Map().keys())
Object.getOwnPropertyNames(new Map([[1, 2]]))
JSON.stringify(new Map([[1, 2]]))
{ var log = []; attempt(function () { new Map(watched([[1, 2], 3, [4, 5]], log)); }); return log; }
{ var old = Map.prototype.set, log = []; Map.prototype.set = function (k, v) { log.push(k); return old.call(this, k, v); }; try { new Map([[1, 2]]); } finally { Map.prototype.set = old; } return log; }
Object.getPrototypeOf(new Map().keys()) === Object.getPrototypeOf(new Map().entries())
Object.getPrototypeOf(new Map().keys()).next.call(new Set().values())
Map.groupBy([1, 2, 3], function (x) { return x % 2; })
Map.groupBy('abca', function (x, i) { return x === 'a' ? NaN : i; })
Map.groupBy([1], 5)
Map.groupBy(5, function () {})
// Set
new Set([1, '1', NaN, NaN, 0, -0, undefined, null, null])
new Set('hello')
{ var s = new Set([3, 1]); return [s.add(2) === s, s.has(3), s.delete(3), s.size, Array.from(s), Array.from(s.entries()), Array.from(s.keys())]; }
{ var s = new Set([1, 2, 3]), out = []; s.forEach(function (v, k, self) { out.push(v === k); if (v < 3) self.add(v + 10); }); return [out.length, s]; }
{ var s = new Set([-0]); return 1 / Array.from(s)[0]; }
Set()
new Set(5)
Set.prototype.add.call(new Map(), 1)
[Set.name, Set.length, Set.prototype.keys === Set.prototype.values, Set.prototype[Symbol.iterator] === Set.prototype.values, Set.prototype.keys.name, Object.prototype.toString.call(new Set().values())]
['add', 'has', 'delete', 'clear', 'forEach', 'values', 'entries'].map(function (n) { var f = Set.prototype[n]; return [f.name, f.length]; })
{ var log = [], old = Set.prototype.add; Set.prototype.add = function (x) { if (x === 2) throw new RangeError('no'); return old.call(this, x); }; var r = attempt(function () { new Set(watched([1, 2, 3], log)); }); Set.prototype.add = old; return [r, log]; }
[new Set([1, 2, 3]).union(new Set([3, 4])), new Set([1, 2, 3]).intersection(new Set([3, 2])), new Set([1, 2, 3]).difference(new Set([3, 4])), new Set([1, 2, 3]).symmetricDifference(new Set([3, 4]))]
[new Set([1]).isSubsetOf(new Set([1, 2])), new Set([1, 2]).isSupersetOf(new Set([1])), new Set([1]).isDisjointFrom(new Set([2])), new Set([1]).isDisjointFrom(new Set([1, 2])), new Set([1, 3]).isSubsetOf(new Set([1, 2]))]
new Set([1, 2]).union(new Map([[2, 'x'], [3, 'y']]))
new Set([1, 2]).union([3])
new Set([1, 2]).union({ size: NaN, has: function () {}, keys: function () {} })
new Set([1, 2]).union({ size: -1, has: function () {}, keys: function () {} })
new Set([1, 2]).union({ size: 1, has: 1, keys: function () {} })
new Set([1, 2, 3]).intersection({ size: 1, has: function () { return true; }, keys: function () { return [3][Symbol.iterator](); } })
new Set([1, 2, 3]).difference({ size: 10, has: function (x) { return x > 1; }, keys: function () { return [][Symbol.iterator](); } })
new Set([3, 2, 1]).intersection(new Set([1, 2]))
['union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom'].map(function (n) { return [Set.prototype[n].name, Set.prototype[n].length]; })
// WeakMap, WeakSet, WeakRef
{ var k = {}, w = new WeakMap([[k, 1]]); return [w.get(k), w.has(k), w.has({}), w.set(k, undefined).has(k), w.delete(k), w.delete(k), w.get(k), w.has(1), w.get('x')]; }
{ var k = Object.freeze({}), w = new WeakMap([[k, 1]]); return [w.get(k), w.has(k), w.delete(k), w.has(k)]; }
{ var k = {}, c = Object.create(k), w = new WeakMap([[k, 1]]); return [w.has(c), w.get(c), w.set(c, 2).get(k)]; }
{ var t = {}, p = new Proxy(t, { get: function () { throw new Error('trap'); } }), w = new WeakMap([[t, 1]]); return [w.has(p), w.set(p, 2).get(p), w.get(t)]; }
{ var k = {}, a = new WeakMap([[k, 'a']]), b = new WeakMap([[k, 'b']]); a.delete(k); return [a.has(k), b.get(k)]; }
new WeakMap().set(1, 2)
new WeakMap().set(null, 2)
new WeakMap([[1, 2]])
WeakMap()
new WeakMap(5)
WeakMap.prototype.get.call(new Map(), {})
WeakMap.prototype.get.call({}, {})
[WeakMap.length, Object.prototype.toString.call(new WeakMap()), WeakMap.prototype.get.length, WeakMap.prototype.set.length]
{ var k = {}, w = new WeakSet([k]); return [w.has(k), w.add(k) === w, w.has({}), w.delete(k), w.has(k), w.has(1)]; }
new WeakSet().add(1)
new WeakSet([1])
Object.prototype.toString.call(new WeakSet())
{ var o = {}; return [new WeakRef(o).deref() === o, Object.prototype.toString.call(new WeakRef(o))]; }
new WeakRef(1)
WeakRef({})
{ var r = new FinalizationRegistry(function () {}); return [r.register({}, 1), r.unregister({}), Object.prototype.toString.call(r)]; }
new FinalizationRegistry(1)
// many keys
{ var m = new Map(), i, sum = 0; for (i = 0; i < 3000; i++) m.set(i % 2 ? 'k' + i : i * 1.5, i); for (i = 0; i < 3000; i += 3) m.delete(i % 2 ? 'k' + i : i * 1.5); m.forEach(function (v) { sum += v; }); return [m.size, sum, m.get('k1'), m.get(3)]; }
{ var keys = [], m = new Map(), i; for (i = 0; i < 500; i++) { keys.push({ i: i }); m.set(keys[i], i); } return keys.every(function (k) { return m.get(k) === k.i; }) && m.size; }
{ var m = new Map(); m.set(1e21, 'a').set(1.5, 'b').set(-1, 'c').set(Infinity, 'd').set(Math.pow(2, 53), 'e'); return [m.get(1e21), m.get(1.5), m.get(-1), m.get(Infinity), m.get(9007199254740992)]; }
