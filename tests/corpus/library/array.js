// at, find*, includes, fill, copyWithin
[[1, 2, 3].at(-1), [1, 2, 3].at(3), [1, 2, 3].at(-4), [1, 2, 3].at(1.9), [1, 2].at(NaN), [].at(0)]
Array.prototype.at.call({ length: 3, 0: 'a', 2: 'c' }, -1)
[1, 2, 3].find(function (x) { return x > 1; })
[1, 2, 3].find(function (x) { return x > 5; })
[1, 2, 3].findIndex(function (x, i, a) { return i === 1 && a.length === 3; })
[5, 6, 7, 6].findLast(function (x) { return x === 6; })
[5, 6, 7, 6].findLastIndex(function (x) { return x === 6; })
[, 1].find(function (x) { return x === undefined; })
[, 1].findIndex(function (x) { return x === undefined; })
[1].find(5)
[].find()
[1, 2].find(function () { return this === Math; }, Math)
[[1, NaN].includes(NaN), [1, NaN].indexOf(NaN), [, ].includes(undefined), [1, 2, 3].includes(3, -1), [1, 2, 3].includes(1, 1), [0].includes(-0)]
[1, 2, 3].fill(0)
[1, 2, 3, 4].fill(9, 1, -1)
[1, 2, 3].fill(7, -2)
[1, 2, 3].fill()
Array(3).fill(0)
Array.prototype.fill.call({ length: 2 }, 4)
[1, 2, 3].fill(0, NaN, NaN)
[1, 2, 3, 4, 5].copyWithin(0, 3)
[1, 2, 3, 4, 5].copyWithin(1, 0, 3)
[1, 2, 3, 4, 5].copyWithin(-2)
[1, , 3, 4].copyWithin(2, 0)
[1, 2, 3, 4, 5].copyWithin(2, 0, 3)
Array.prototype.copyWithin.call({ length: 5, 3: 1 }, 0, 3)
// flat, flatMap
[1, [2, [3, [4]]]].flat()
[1, [2, [3, [4]]]].flat(Infinity)
[1, [2, [3, [4]]]].flat(0)
[1, [2, [3]]].flat(-1)
[1, , [2, , 3]].flat()
[[], [[]]].flat(2)
[1, 2].flatMap(function (x) { return [x, [x * 2]]; })
[1, 2].flatMap(function (x) { return x; })
[1, , 2].flatMap(function (x) { return [x]; })
[1].flatMap()
// keys, values, entries
Array.from(['a', 'b'].keys())
Array.from(['a', , 'c'].entries())
Array.from(['a', , 'c'].values())
Array.from(Array(3).keys())
{ var it = ['a'].values(); return [it.next(), it.next(), it.next()]; }
{ var a = [1, 2], it = a.values(), r = []; r.push(it.next().value); a.push(3); r.push(it.next().value, it.next().value, it.next().done); a.push(4); r.push(it.next().done); return r; }
[typeof [].values().next, Object.prototype.toString.call([].values()), [].values()[Symbol.iterator]() === [].values()]
{ var it = [1][Symbol.iterator](); return it[Symbol.iterator]() === it; }
[Array.prototype[Symbol.iterator] === Array.prototype.values, Array.prototype[Symbol.iterator].name]
Object.getPrototypeOf([].values()).next.call({})
Object.prototype.hasOwnProperty.call([].values(), 'next')
Array.prototype.values.call(null)
Array.from(Array.prototype.entries.call('ab'))
// from, of
Array.from('a\ud83d\ude00b')
Array.from({ length: 2, 0: 'x' })
Array.from({ length: 3 }, function (v, i) { return i * 2; })
Array.from([1, 2], function (x) { return x + this.n; }, { n: 10 })
Array.from(new Set([1, 1, 2]))
Array.from(new Map([[1, 2]]))
Array.from([1, , 3])
Array.from(5)
Array.from(null)
Array.from([1], 5)
Array.from({})
Array.from({ length: -1 })
{ var log = []; var it = watched([1, 2, 3], log); var r = attempt(function () { return Array.from(it, function (x) { if (x === 2) throw new RangeError('x'); return x; }); }); return [r, log]; }
{ function C() { this.made = arguments.length; } return Array.from.call(C, [1, 2]); }
{ function C(n) { this.n = n; } return Array.of.call(C, 'a', 'b'); }
Array.of(7)
Array.of()
[Array.from.length, Array.of.length, Array.from.name, Array.of.name]
// copies
[[3, 1, 2].toSorted(), [3, 1, 2].toReversed(), [1, 2, 3].with(1, 9)]
[3, , 1].toSorted()
[3, , 1].toReversed()
[1, , 3].with(0, 5)
[1].with(1, 2)
[1, 2].with(-3, 2)
[1, 2, 3].with(-1, 9)
[1, 2, 3, 4].toSpliced(1, 2, 'a', 'b', 'c')
[1, 2, 3, 4].toSpliced(1)
[1, 2, 3, 4].toSpliced()
[1, 2, 3, 4].toSpliced(-2, 1)
[1, 2].toSpliced(undefined)
[1, 2, 3].toSorted(function (a, b) { return b - a; })
[1].toSorted(5)
[1].toSorted(null)
{ var a = [3, 2, 1]; a.toSorted(); return a; }
// sort
[3, 20, 100].sort()
['b', undefined, 'a', , 'c'].sort()
[5, 1, 4].sort(function (a, b) { return a - b; })
[1, 2, 3].sort(undefined)
[1].sort(null)
[1].sort({})
[].sort('x')
{ var a = []; for (var i = 0; i < 300; i++) a.push({ k: i % 7, i: i }); a.sort(function (x, y) { return x.k - y.k; }); return a.every(function (x, i) { return i === 0 || a[i - 1].k < x.k || (a[i - 1].k === x.k && a[i - 1].i < x.i); }); }
{ var a = []; for (var i = 0; i < 100; i++) a.push((i * 7919) % 101); return a.sort(function (x, y) { return x - y; }).join(); }
[true, 1, '1', null, 'a', [2], {}].sort()
[10, 9, 1, '9', '1'].sort()
['\ud83d\ude00', '\uffff', 'z'].sort()
[3, 2, 1].sort(function () { return 0; })
[1, 2, 3, 4].sort(function (a, b) { return NaN; })
Array.prototype.sort.call({ length: 3, 0: 'c', 1: 'a', 2: 'b' })
Array.prototype.sort.call({ length: 3, 0: 'c', 2: 'b' })
[undefined, 3, undefined, 1].sort(function (a, b) { return a - b; })
[, , 1].sort()
{ var a = [3, 1, 2]; return a.sort() === a; }
{ var n = 0; attempt(function () { [1, 2, 3].sort(function () { n++; throw new Error(); }); }); return n; }
[-1, -2, 5, 10, -0, 0].sort()
[0, -0].sort(function (a, b) { return a - b; })
// the engine's own
[1, 2, 3].concat([4], 5, [[6]])
[1].concat(Object.defineProperty({ length: 1, 0: 'x' }, Symbol.isConcatSpreadable, { value: true }))
[1, , 3].map(function (x) { return x; })
[1, , 3].join('-')
[1, 2, 3].reduceRight(function (a, b) { return a + '-' + b; })
[].reduce(function () {})
[3, 4].lastIndexOf(4, -1)
Array.isArray(new Proxy([], {}))
[1, 2, 3].splice(1, 1)
{ var a = [1, 2, 3]; a.splice(); return a; }
{ var a = [1, 2, 3]; a.splice(1); return a; }
{ var a = [1, 2, 3]; a.length = 1; return a; }
{ var a = []; a[3] = 1; return [a.length, a]; }
[[1, 2], [3]].toString()
[null, undefined, 1].join()
[1.5, 2000].toLocaleString()
[1, 2, 3].indexOf(2, -5)
Array(2).concat([1])
[[1, 2, 3].slice(-2), [1, 2, 3].slice(1, -1), [1, 2, 3].slice(5)]
{ var a = [1, 2, 3]; return [a.unshift(0), a.shift(), a.push(4, 5), a.pop(), a]; }
Object.keys([1, 2])
['at', 'find', 'findIndex', 'findLast', 'findLastIndex', 'includes', 'fill', 'copyWithin', 'flat', 'flatMap', 'keys', 'values', 'entries', 'toSorted', 'toReversed', 'toSpliced', 'with', 'sort'].map(function (n) { var f = Array.prototype[n]; return [f.name, f.length, flags(Array.prototype, n)]; })
Object.keys(Array.prototype).length
{ var k = []; for (var i in [1]) k.push(i); return k; }
Object.keys(Array.prototype[Symbol.unscopables]).indexOf('flat') >= 0
[Array[Symbol.species] === Array, flags(Array, Symbol.species)]
attempt(function () { return new Array.prototype.at(1); })
attempt(function () { return Array.prototype.includes.call(undefined, 1); })
Object.getOwnPropertyDescriptor(Array.prototype, 'at').value === [].at
