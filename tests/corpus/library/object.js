Object.values({ a: 1, b: [2] })
Object.values('ab')
Object.values(5)
Object.values(null)
Object.entries({ a: 1, 2: 'x', b: undefined })
Object.entries([7, 8])
Object.entries(undefined)
Object.values(Object.create({ inherited: 1 }, { hidden: { value: 2 }, own: { value: 3, enumerable: true } }))
Object.fromEntries([['a', 1], ['b', 2], ['a', 3]])
Object.fromEntries(new Map([['x', 1], [Symbol('s'), 2]]))
Object.fromEntries([['__proto__', 1]])
Object.fromEntries([1])
Object.fromEntries(5)
Object.fromEntries()
Object.fromEntries(new URLSearchParams('a=1&b=2'))
{ var log = []; attempt(function () { Object.fromEntries(watched([['a', 1], 5], log)); }); return log; }
[Object.hasOwn({ a: 1 }, 'a'), Object.hasOwn({}, 'toString'), Object.hasOwn('ab', 1), Object.hasOwn([1], 0)]
Object.hasOwn(null, 'a')
{ var d = Object.getOwnPropertyDescriptors({ get a() { return 1; }, b: 2 }); return [typeof d.a.get, d.a.set, d.b, Object.keys(d)]; }
Object.getOwnPropertyDescriptors('ab')
Object.getOwnPropertyDescriptors(null)
Object.groupBy([1, 2, 3, 4], function (x) { return x % 2 ? 'odd' : 'even'; })
Object.groupBy('hello', function (c) { return c; })
Object.getPrototypeOf(Object.groupBy([], function () {}))
Object.groupBy(null, function () {})
Object.groupBy([], 1)
[Object.is(NaN, NaN), Object.is(0, -0), Object.is('a', 'a')]
Object.assign({ a: 1 }, null, { b: 2 }, 'xy', undefined, [9])
Object.assign(null)
{ var s = Symbol('k'), o = {}; o[s] = 1; return Object.assign({}, o)[s]; }
Object.keys({ b: 1, 1: 1, a: 1, 0: 1 })
[Object.getOwnPropertyNames('ab'), Object.getOwnPropertySymbols({}).length]
{ var o = Object.freeze({ a: { b: 1 } }); return [Object.isFrozen(o), Object.isSealed(o), Object.isExtensible(o), Object.isFrozen(1)]; }
{ 'use strict'; return attempt(function () { 'use strict'; Object.freeze([1]).push(2); }); }
Object.setPrototypeOf(Object.create(null), Array.prototype) instanceof Array
['values', 'entries', 'fromEntries', 'hasOwn', 'groupBy', 'getOwnPropertyDescriptors', 'assign', 'is', 'keys'].map(function (n) { return [Object[n].name, Object[n].length, flags(Object, n)]; })
[Object.prototype.toString.call(null), Object.prototype.toString.call(undefined), Object.prototype.toString.call(function () {}), Object.prototype.toString.call(/x/), Object.prototype.toString.call(new Date()), Object.prototype.toString.call(new Error()), Object.prototype.toString.call([]), Object.prototype.toString.call(JSON), Object.prototype.toString.call(Math), Object.prototype.toString.call(Symbol()), Object.prototype.toString.call(Promise.resolve()), Object.prototype.toString.call(new ArrayBuffer(1)), Object.prototype.toString.call(new Uint8Array(1)), Object.prototype.toString.call(new DataView(new ArrayBuffer(1))), Object.prototype.toString.call(Reflect), Object.prototype.toString.call(new URL('http://a')), Object.prototype.toString.call(new URLSearchParams())]
{ var o = {}; o[Symbol.toStringTag] = 'Mine'; return String(o); }
// Reflect
Reflect.construct(function (a) { this.a = a; }, [5])
Reflect.construct(Date, [0]).getTime()
{ function A(x) { this.x = x; } function B() {} B.prototype.hi = function () { return 'hi' + this.x; }; return Reflect.construct(A, [3], B).hi(); }
{ function Sub() {} Sub.prototype = Object.create(Array.prototype); var a = Reflect.construct(Array, [1, 2], Sub); return [a.length, a instanceof Sub, Array.isArray(a)]; }
{ function Sub() {} Sub.prototype = Object.create(Error.prototype); var e = Reflect.construct(Error, ['m'], Sub); return [e.message, e instanceof Sub, e instanceof Error]; }
{ function Sub() {} Sub.prototype = Object.create(Map.prototype); return Reflect.construct(Map, [[[1, 2]]], Sub).get(1); }
Reflect.construct(1, [])
Reflect.construct(function () {}, [], 1)
[Reflect.ownKeys({ b: 1, a: 2, 1: 3 }), Reflect.has({ a: 1 }, 'a'), Reflect.get({ a: 1 }, 'a'), Reflect.apply(Math.max, null, [1, 2])]
{ var o = {}; return [Reflect.set(o, 'a', 1), Reflect.defineProperty(o, 'b', { value: 2 }), Reflect.deleteProperty(o, 'a'), Reflect.getOwnPropertyDescriptor(o, 'b'), Reflect.isExtensible(o), Reflect.preventExtensions(o), Reflect.set(o, 'c', 1)]; }
Reflect.apply(1)
Reflect.construct.length
// Proxy
{ var log = [], p = new Proxy({ a: 1 }, { get: function (t, k) { log.push('get ' + String(k)); return t[k]; }, has: function (t, k) { log.push('has ' + k); return k in t; }, set: function (t, k, v) { log.push('set ' + k); t[k] = v; return true; }, deleteProperty: function (t, k) { log.push('delete ' + k); return delete t[k]; }, ownKeys: function (t) { log.push('keys'); return Reflect.ownKeys(t); } }); p.a; 'a' in p; p.b = 2; delete p.b; Object.keys(p); return log; }
{ var p = new Proxy(function () {}, { apply: function (t, self, args) { return args.length; }, construct: function (t, args) { return { n: args.length }; } }); return [p(1, 2), new p(1).n]; }
// Symbol
[Symbol('x').description, Symbol('').toString(), Symbol.iterator.toString(), Symbol.for('a') === Symbol.for('a'), Symbol.keyFor(Symbol.for('q')), Symbol.asyncIterator.description]
['iterator', 'asyncIterator', 'hasInstance', 'isConcatSpreadable', 'match', 'matchAll', 'replace', 'search', 'species', 'split', 'toPrimitive', 'toStringTag', 'unscopables'].map(function (n) { return [typeof Symbol[n], flags(Symbol, n)]; })
new Symbol()
Symbol('a') + ''
{ var o = { valueOf: function () { return 1; }, toString: function () { return 's'; } }; o[Symbol.toPrimitive] = function (hint) { return hint; }; return [o + '', +o, String(o)]; }
{ function Even() {} Object.defineProperty(Even, Symbol.hasInstance, { value: function (n) { return n % 2 === 0; } }); return [2 instanceof Even, 3 instanceof Even]; }
[typeof Symbol(), Object(Symbol('z')).description, Symbol.prototype[Symbol.toStringTag]]
// Function, globalThis, JSON
[typeof globalThis, globalThis.globalThis === globalThis, flags(globalThis, 'globalThis')]
{ function f(a, b) {} return [f.name, f.length, f.bind(null, 1).length, f.bind().name]; }
JSON.stringify({ a: [undefined, function () {}, Symbol('x')], b: undefined, c: null, d: NaN, e: new Date(0), f: Infinity, g: -0 })
JSON.stringify({ a: 1, b: [1, 2] }, null, 2)
JSON.stringify({ a: 1, b: 2, c: 3 }, ['a', 'c'])
JSON.stringify({ a: 1 }, function (k, v) { return typeof v === 'number' ? v + 1 : v; })
JSON.stringify({ toJSON: function (k) { return 'k' + k; } })
JSON.stringify('\u2028\u2029\u007f\n\t"\\')
JSON.parse('{"__proto__": 1, "a": [1, 2, {"b": null}]}')
JSON.parse('[1, 2]', function (k, v) { return typeof v === 'number' ? v * 2 : v; })
JSON.parse('{bad')
JSON.parse('')
{ var o = {}; o.o = o; return JSON.stringify(o); }
[parseInt('12px'), parseInt('z', 36), parseFloat('1.5e3x'), isNaN('x'), isFinite('5'), encodeURIComponent('a b&\u00e9\ud83d\ude00'), decodeURIComponent('%F0%9F%98%80'), encodeURI('a b?&=#'), escape('\u00e9'), unescape('%u0041')]
encodeURIComponent('\ud800')
decodeURIComponent('%')
Object.keys(globalThis).filter(function (k) { return /^(Map|Set|Promise|URL|__|structuredClone)/.test(k) && k !== 'structuredClone' && k !== '__dirname'; })
