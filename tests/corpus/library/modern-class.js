{ class A { x = 1; static s = 2; #p = 3; get p() { return this.#p; } set p(v) { this.#p = v; } static has(o) { return #p in o; } m() { return 'm'; } static t() { return 't'; } } const a = new A(); a.p = 9; return [a, a.p, A.s, A.has(a), A.has({}), a.m(), A.t(), Object.keys(a)]; }
{ class A { #x; static get(o) { return o.#x; } static set(o) { o.#x = 1; } } return [attempt(() => A.get({})), attempt(() => A.set({})), attempt(() => A.get(null))]; }
{ class A { #m() { return 'private'; } call() { return this.#m(); } static #s = 5; static #sm() { return this.#s; } static run() { return A.#sm(); } get #acc() { return 'acc'; } acc() { return this.#acc; } } return [new A().call(), A.run(), new A().acc()]; }
{ class A { #n = 0; inc() { return ++this.#n; } add(x) { this.#n += x; return this.#n; } or() { return this.#n ||= 5; } } const a = new A(); return [a.or(), a.inc(), a.add(3)]; }
{ class A { #x = 1; getX() { return this.#x; } } class B extends A { #x = 2; both() { return [this.getX(), this.#x]; } } return new B().both(); }
{ class A { constructor() { this.n = new.target === A; } } class B extends A {} return [new A().n, new B().n]; }
{ class A { who() { return 'A'; } static s() { return 'sA'; } } class B extends A { who() { return 'B' + super.who(); } static s() { return 'B' + super.s(); } } return [new B().who(), B.s(), B.name, Object.getPrototypeOf(B) === A, new B() instanceof A]; }
{ class E extends Error { constructor(m) { super(m); this.name = 'E'; this.code = 42; } } const e = new E('msg'); return [e instanceof E, e instanceof Error, e.message, e.code, String(e), Object.prototype.toString.call(e), typeof e.stack, Object.keys(e)]; }
{ class E extends TypeError {} const e = new E('x', { cause: 1 }); return [e instanceof TypeError, e instanceof E, e.cause, e.name, e.constructor === E]; }
{ class V extends Error { get name() { return 'V'; } } const e = new V('q'); return [String(e), e.name]; }
{ class H extends Error { constructor(status, ...rest) { super(...rest); this.status = status; } } class NotFound extends H { constructor() { super(404, 'nf'); } } const e = new NotFound(); return [e.status, e.message, e instanceof H, e instanceof NotFound]; }
{ class M extends Map { get(k) { return super.get(k) ?? 'dflt'; } set(k, v) { return super.set(k, v + 1); } } const m = new M([['a', 1]]); return [m.get('a'), m.get('b'), m.size, m instanceof Map, m instanceof M, [...m]]; }
{ class S extends Set { addAll(...x) { for (const y of x) this.add(y); return this; } } return [new S([1]).addAll(2, 3).size, new S() instanceof Set]; }
{ class P extends Promise { static get [Symbol.species]() { return Promise; } } const p = P.resolve(1); return [p instanceof P, p.then(() => {}) instanceof P, p.then(() => {}) instanceof Promise]; }
{ class P extends Promise {} const p = new P((r) => r(3)); return [p instanceof P, p.then((x) => x) instanceof P, P.all([p]) instanceof P]; }
{ class P extends Promise { constructor(f) { super(f); this.mine = true; } } return new P((r) => r(1)).then(() => {}).mine; }
{ class U extends URL { get x() { return this.searchParams.get('x'); } } return new U('http://h/?x=5').x; }
{ class W extends WeakMap { } const k = {}, w = new W([[k, 1]]); return [w.get(k), w instanceof WeakMap]; }
{ const o = { a: 1, get b() { return this.a + 1; }, set b(v) { this.a = v; }, ['c' + 1]: 3, m() { return super.toString === Object.prototype.toString; } }; o.b = 5; return [o.b, o.c1, o.m()]; }
{ class A { static #count = 0; static make() { A.#count++; return A.#count; } } A.make(); return A.make(); }
{ class A { static { A.init = 'yes'; } } return A.init; }
{ class A { ['comp' + 'uted']() { return 1; } static ['x'] = 2; 'quoted name' = 3; 5 = 6; } return [new A().computed(), A.x, new A()]; }
{ class A { a = this.b; b = 2; c = () => this.b; } const x = new A(); return [x.a, x.c.call(null)]; }
{ class A { constructor() { return { other: 1 }; } } class B extends A { f = 2; } return new B(); }
{ class A extends null {} return [Object.getPrototypeOf(A.prototype), attempt(() => new A())]; }
{ class A extends 5 {} }
{ class A { static m() {} get g() { return 1; } } return [Object.keys(A.prototype), flags(A.prototype, 'g'), A.prototype.constructor === A]; }
{ const mixin = (B) => class extends B { mixed() { return 'mixed ' + super.base(); } }; class Base { base() { return 'base'; } } class C extends mixin(Base) {} return new C().mixed(); }
{ class A { toString() { return 'str'; } get [Symbol.toStringTag]() { return 'Tag'; } [Symbol.toPrimitive](h) { return h; } } const a = new A(); return [`${a}`, a + '', Object.prototype.toString.call(a)]; }
{ class Temp { static #key = Symbol('k'); [Symbol.iterator] = function* () { yield 1; }; } return [...new Temp()]; }
{ class A { #a = 1; static eq(x, y) { return x.#a === y.#a; } clone() { const c = new A(); c.#a = this.#a; return c; } } return A.eq(new A(), new A().clone()); }
{ const A = class Named { me() { return Named.name; } }; return [A.name, new A().me()]; }
// operators
{ let a = null, b = 0, c = 1; a ??= 5; b ||= 6; c &&= 7; return [a, b, c, null ?? 1, 0 ?? 1, undefined?.x, null?.[0], ({ f() { return this.v; }, v: 3 }).f?.(), ({}).nope?.()]; }
[2 ** 10, (-2) ** 3, 1_000_000, 0b101, 0o17, 0xff]
{ const o = { a: { b: null } }; return [o?.a?.b?.c, o.x?.y.z.w, o.a?.['b'], delete o?.a, o]; }
{ let s = ''; for (const k in { a: 1, b: 2 }) s += k; label: { s += '!'; break label; } return s; }
{ const f = ({ a = 1, b: [c] = [2] } = {}, [d, ...e] = 'xyz') => [a, c, d, e]; return [f(), f({ a: 5, b: [6] }, [7])]; }
{ const tdz = () => { try { return typeof x; } catch (e) { return e.name; } }; return tdz(); }
{ switch (3) { case 1: let a = 1; break; case 3: { const b = 2; return b; } } }
{ try { throw 1; } catch { return 'no binding'; } }
{ const f = (a, b) => a + b, g = async () => {}, h = function* () {}; return [f.name, f.length, f(1, 2)]; }
{ const o = { __proto__: { inherited: 1 }, own: 2 }; return [o.inherited, Object.keys(o)]; }
{ return ((a, b = 2, ...c) => [a, b, c])(1); }
{ const wm = new WeakMap(), k = {}; wm.set(k, 1); class C { #w = wm; get() { return this.#w.get(k); } } return new C().get(); }
