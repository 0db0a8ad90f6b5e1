// text
[new TextEncoder().encode('a\u00e9\u20ac\ud83d\ude00'), new TextEncoder().encode('\ud800'), new TextEncoder().encode(), new TextEncoder().encode(5), new TextEncoder().encoding]
{ var b = new Uint8Array(5); return [new TextEncoder().encodeInto('a\u20ac\ud83d\ude00', b), b]; }
{ var b = new Uint8Array(10); return [new TextEncoder().encodeInto('h\u00e9', b), b]; }
[new TextDecoder().decode(new Uint8Array([0xf0, 0x9f, 0x98, 0x80])), new TextDecoder().decode(new Uint8Array([0xff, 65])), new TextDecoder().decode(new Uint8Array([0xe2, 0x82])), new TextDecoder().decode(), new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 65]))]
[new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])), new TextDecoder().decode(new Uint8Array([65, 66]).buffer), new TextDecoder().decode(new DataView(new Uint8Array([65, 66]).buffer, 1))]
new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))
new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xe2, 0x82]))
{ var d = new TextDecoder(); return [d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), d.decode(new Uint8Array([0xac, 65]), { stream: true }), d.decode()]; }
{ var d = new TextDecoder(); return [d.decode(new Uint8Array([0xf0, 0x9f]), { stream: true }), d.decode()]; }
[new Uint8Array([0xc0, 0x80]), new Uint8Array([0xed, 0xa0, 0x80]), new Uint8Array([0xf4, 0x90, 0x80, 0x80]), new Uint8Array([0xf0, 0x80, 0x80]), new Uint8Array([0xe2, 0x41]), new Uint8Array([0xf1, 0x80, 0x41])].map(function (b) { return new TextDecoder().decode(b); })
[new TextDecoder('latin1').encoding, new TextDecoder('ascii').encoding, new TextDecoder('UTF8').encoding, new TextDecoder(' utf-16 ').encoding, new TextDecoder('utf-16be').encoding, new TextDecoder().fatal, new TextDecoder('utf-8', { fatal: 1, ignoreBOM: true }).ignoreBOM]
new TextDecoder('windows-1252').decode(new Uint8Array([65, 0xa0, 0xe9, 0xff]))
new TextDecoder('nope')
[new TextDecoder('utf-16le').decode(new Uint8Array([65, 0, 0x3d, 0xd8, 0, 0xde])), new TextDecoder('utf-16le').decode(new Uint8Array([0xff, 0xfe, 65, 0])), new TextDecoder('utf-16be').decode(new Uint8Array([0, 65, 0xd8, 0x3d])), new TextDecoder('utf-16le').decode(new Uint8Array([65]))]
{ var d = new TextDecoder('utf-16le'); return [d.decode(new Uint8Array([65]), { stream: true }), d.decode(new Uint8Array([0, 0x3d, 0xd8]), { stream: true }), d.decode(new Uint8Array([0, 0xde]))]; }
new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array([0, 0xd8]))
new TextDecoder().decode('x')
TextDecoder()
TextEncoder()
[Object.prototype.toString.call(new TextEncoder()), Object.prototype.toString.call(new TextDecoder())]
[btoa('hello'), btoa(''), btoa('\xff\x00'), atob('aGVsbG8='), atob('aGVsbG8'), atob(' aGVs bG8= '), atob(''), btoa(null), atob('/+8=')]
btoa('\u20ac')
atob('a')
atob('a===')
atob('ab=')
atob('a*b=')
{ try { atob('%'); } catch (e) { return [e.name, e.code, e instanceof DOMException]; } }
// structuredClone
structuredClone({ a: [1, , 3], b: new Date(5), c: /x/gi, d: new Map([[{ k: 1 }, new Set([1])]]), e: undefined, f: null, g: NaN, h: -0 })
{ var o = { a: 1 }; o.self = o; o.list = [o]; var c = structuredClone(o); return [c !== o, c.self === c, c.list[0] === c]; }
{ var b = new ArrayBuffer(4), c = structuredClone({ x: new Uint8Array(b, 1, 2), y: new DataView(b), z: b }); return [c.x, c.x.buffer === c.z, c.y.buffer === c.z, c.z.byteLength]; }
structuredClone(function () {})
structuredClone({ a: Symbol() })
structuredClone(Promise.resolve())
structuredClone(new WeakMap())
structuredClone()
{ try { structuredClone(Symbol('x')); } catch (e) { return [e.name, e.code]; } }
{ function C() { this.a = 1; } C.prototype.m = 1; var c = structuredClone(new C()); return [c, c.constructor === Object]; }
{ var e = new TypeError('m'); e.extra = 1; var c = structuredClone(e); return [c instanceof TypeError, c.name, c.message, c.extra]; }
{ var e = new Error('x'); e.name = 'Strange'; return structuredClone(e).name; }
structuredClone([new Number(1), new String('s'), new Boolean(false), Object('x')])
structuredClone({ get a() { return 5; } })
structuredClone(Object.create({ inherited: 1 }))
{ var a = [1]; a.x = 2; return structuredClone(a); }
[structuredClone('x'), structuredClone(1), structuredClone(null), structuredClone(undefined)]
{ var re = /a/g; re.lastIndex = 3; return structuredClone(re).lastIndex; }
{ var shared = {}, c = structuredClone([shared, shared]); return c[0] === c[1]; }
// crypto, microtasks
[crypto.getRandomValues(new Uint8Array(4)).length, typeof crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() !== crypto.randomUUID()]
{ var u = new Uint32Array(2); return crypto.getRandomValues(u) === u && (u[0] !== 0 || u[1] !== 0); }
crypto.getRandomValues(new Float32Array(1))
crypto.getRandomValues(new Uint8Array(65537))
crypto.getRandomValues([])
queueMicrotask(5)
queueMicrotask()
{ var log = []; queueMicrotask(function () { log.push(arguments.length); }); Promise.resolve().then(function () { log.push('p'); }); log.push('sync'); return later(function () { return log; }); }
[typeof performance.now(), performance.now() <= performance.now()]
[typeof BigInt === 'undefined' || typeof BigInt === 'function', typeof globalThis]
