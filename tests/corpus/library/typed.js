[new Uint8Array([1, 2, 300]), new Int8Array([200]), new Uint8ClampedArray([300, -5, 1.5]), new Float32Array([1.1]), new Int16Array(2), new Float64Array([NaN, -0]), new Uint32Array([-1])]
new Uint8Array([1, 2, 3]).map(function (x) { return x * 100; })
new Uint8Array([1, 2, 3]).filter(function (x) { return x > 1; })
[new Uint8Array([1, 2, 3]).slice(1), new Uint8Array([1, 2, 3]).slice(-2, -1), new Uint8Array([1]).slice(5)]
[new Uint8Array([1, 2, 3]).fill(9, 1), new Uint8Array(3).fill(257), new Uint8Array([1, 2, 3]).copyWithin(0, 1), new Uint8Array([1, 2, 3]).reverse()]
[new Float64Array([3, NaN, -0, 0, -1, Infinity]).sort(), new Uint8Array([10, 9, 1]).sort(), new Uint8Array([1, 2, 3]).sort(function (a, b) { return b - a; })]
new Uint8Array([1]).sort(5)
[new Uint8Array([3, 1, 2]).toSorted(), new Uint8Array([3, 1, 2]).toReversed(), new Uint8Array([3, 1, 2]).with(0, 300)]
new Uint8Array([1]).with(1, 1)
[Uint8Array.from([1, 2, 3]), Uint8Array.from('123'), Uint8Array.from(new Set([5, 6])), Uint8Array.from({ length: 2, 0: 7 }), Uint8Array.from([1, 2], function (x) { return x * 2; }), Uint8Array.of(1, 2)]
[new Uint8Array([1, 2, 3]).at(-1), new Uint8Array([1, 2, 3]).find(function (x) { return x > 1; }), new Uint8Array([1, 2, 3]).findLast(function (x) { return x < 3; }), new Uint8Array([1, 2, 3]).indexOf(2), new Uint8Array([1, 2, 3]).includes(3), new Float32Array([NaN]).includes(NaN), new Uint8Array([1, 2, 3]).join('-')]
[new Uint8Array([1, 2]).reduce(function (a, b) { return a + b; }), new Uint8Array([1, 2]).every(Boolean), new Uint8Array([0, 2]).some(Boolean)]
[Array.from(new Uint8Array([5, 6]).entries()), Array.from(new Uint8Array([5, 6]).keys()), Array.from(new Uint8Array([5, 6]))]
{ var b = new ArrayBuffer(8), v = new DataView(b); v.setInt16(0, -2); v.setFloat32(4, 1.5, true); return [new Uint8Array(b), v.getUint16(0), v.getFloat32(4, true), v.byteLength]; }
{ var u = new Uint8Array([1, 2, 3, 4]); return [u.subarray(1, 3), u.buffer.slice(1, 2), u.byteLength, u.byteOffset, u.subarray(2).byteOffset]; }
{ var u = new Uint8Array(4); u.set([1, 2], 1); u.set(new Uint8Array([9]), 3); return u; }
new Uint8Array(2).set([1, 2, 3])
[Uint8Array.BYTES_PER_ELEMENT, Float64Array.BYTES_PER_ELEMENT, Uint8Array.name, Uint8Array.length, ArrayBuffer.isView(new Uint8Array(1)), ArrayBuffer.isView([])]
[Object.getPrototypeOf(Uint8Array).name, Object.getPrototypeOf(Uint8Array) === Object.getPrototypeOf(Float32Array), Object.getPrototypeOf(Uint8Array.prototype) === Object.getPrototypeOf(Uint8Array).prototype]
new (Object.getPrototypeOf(Uint8Array))()
Uint8Array.from.call({}, [])
{ var TA = Object.getPrototypeOf(Uint8Array.prototype); return ['at', 'fill', 'find', 'map', 'filter', 'slice', 'sort', 'toSorted', 'with', 'includes'].map(function (n) { return [TA[n].name, TA[n].length]; }); }
Object.getPrototypeOf(Uint8Array.prototype).map.call([1], function (x) { return x; })
new Uint8Array([1, 2]).map(5)
[String(new Uint8Array([1, 2])), new Uint8Array(2).toLocaleString(), JSON.stringify(new Uint8Array([1])), Object.keys(new Uint8Array(2))]
{ var u = new Uint8Array(2); u[5] = 1; u.x = 2; return [u[5], u.length, u.x]; }
new Uint8Array(-1)
new Uint8Array(new ArrayBuffer(3), 1)
new Uint16Array(new ArrayBuffer(3))
{ var out = []; new Uint8Array([7, 8]).forEach(function (x, i, a) { out.push(x, i, a.length); }); return out; }
