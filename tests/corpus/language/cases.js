// Modern JavaScript, each piece the body of a function whose value must be what Node says
// (expected.json, made by expect.mjs).  A piece begins with its name.
//--- let is scoped to its block
let a = 1; { let a = 2; a++; } return a;
//--- let shadows a parameter and a catch variable
const out = []; (function (x) { { let x = 2; out.push(x); } out.push(x); })(1);
try { throw 1 } catch (e) { { let e = 5; out.push(e); } out.push(e); } return out;
//--- assigning to a const throws
const a = 1; const log = [];
try { a = 2; } catch (e) { log.push(e.name, e.message); } log.push(a); return log;
//--- every way to assign to a const throws
const c = 1, log = []; const t = (f) => { try { f(); log.push('no'); } catch (e) { log.push(e.message); } };
t(() => { c += 1 }); t(() => { c++ }); t(() => { --c }); t(() => { [c] = [3] }); t(() => { ({ c } = { c: 4 }) });
t(() => { ({ x: c = 1 } = {}) }); t(() => { for (c of [1]); }); t(() => { for (c in { a: 1 }); }); t(() => { [...c] = [1] });
log.push(c); return log;
//--- logical assignment to a const only when it assigns
const c = 1, n = null, log = []; c ||= 2; n &&= 3; try { n ??= 4 } catch (e) { log.push(e.message) } return [c, n, log];
//--- a const of the same name elsewhere does not matter
const f = () => { let a = 1; a = 2; return a; }; { const a = 5; } let a = 3; a = 4; return [f(), a];
//--- loops capture per iteration
const f = []; for (let i = 0; i < 3; i++) f.push(() => i);
for (const k in { a: 1, b: 2 }) f.push(() => k);
for (const v of [7, 8]) f.push(() => v); return f.map(x => x());
//--- a captured loop variable changed in the body
const f = []; for (let i = 0; i < 4; i++) { f.push(() => i); i++; } return f.map(x => x());
//--- break and continue through captured loops
const out = []; outer: for (let i = 0; i < 4; i++) { for (let j = 0; j < 4; j++) { if (j === 1) continue outer; if (i === 2) break outer; out.push(() => [i, j]); } } return out.map(f => f());
//--- return from a captured loop
for (let i = 0; i < 5; i++) { const f = () => i; if (f() === 3) return f(); }
//--- switch with let and a fallthrough
const r = []; for (const x of [1, 2, 3]) switch (x) { case 1: { let q = 'one'; r.push(q); } case 2: r.push('two'); break; default: let q = 'many'; r.push(q); } return r;
//--- arrow functions keep this
function F() { this.x = 3; return [1].map(() => this.x); } return new F() instanceof Array ? F.call({}) : F.call({});
//--- arrow functions keep arguments
function f() { return [0].map(() => arguments.length)[0] + (() => () => arguments[1])()(); } return f(1, 10, 3);
//--- arguments in an async arrow
function f() { return (async () => { await 0; return arguments[0]; })(); } return f('got');
//--- arguments in a generator
function* g() { yield arguments.length; yield* [...arguments]; } return [...g(5, 6)];
//--- arguments in a generator's arrow
function* g() { yield [1, 2].map(x => x + arguments[0]); } return [...g(10)];
//--- arguments in an async generator and method
const o = { async *m() { yield arguments[0]; }, n() { return (() => arguments[0])(); } };
const out = []; for await (const x of o.m(4)) out.push(x); out.push(o.n(6)); return out;
//--- arguments beside rest in an arrow
function f() { return ((...r) => [r.length, arguments.length])(1, 2, 3); } return f(9);
//--- concise arrow bodies
return [(() => ({ a: 1 }))(), ((a, b = a) => [a, b])(1), (a => b => a + b)(1)(2)];
//--- template literals
const a = 1; return [`x${a}${`y${a + 1}`}`, `line
two`, `\u{1F600}`.length, `a\tb`, `$`, `\${a}`];
//--- tagged templates
const tag = (s, ...v) => [s, s.raw, v]; const r = tag`a\n${1}b${2}`; return [r[0], r[1], r[2], Array.isArray(r[0])];
//--- the strings of a tagged template are the same each time
const seen = []; const tag = s => seen.push(s); for (let i = 0; i < 2; i++) tag`x${i}`; return seen[0] === seen[1] && Object.isFrozen(seen[0]);
//--- template with an object
return `${{ toString: () => 'text', valueOf: () => 'value' }} ${[1, 2]} ${null}`;
//--- class basics
class A { constructor(x) { this.x = x } get y() { return this.x * 2 } set y(v) { this.x = v } static z() { return 7 } m() { return 1 } ['c' + 1]() { return 'computed' } }
const a = new A(4); const before = a.y; a.y = 10; return [before, a.x, A.z(), a.m(), a.c1(), typeof A, A.name, A.length];
//--- methods are not enumerable
class A { a = 1; m() {} static s() {} get g() { return 1 } } const keys = []; for (const k in new A()) keys.push(k); return [keys, Object.keys(A.prototype), Object.keys(A)];
//--- inheritance
class A { constructor(n) { this.n = n } m() { return 'A' + this.n } static s() { return 's' } get g() { return 1 } } class B extends A { constructor() { super(5) } m() { return 'B' + super.m() } static s() { return 't' + super.s() } }
const b = new B(); return [b.m(), B.s(), b instanceof A, B.__proto__ === A, b.g, b.constructor.name];
//--- a derived class without constructor
class A { constructor(...a) { this.a = a } } class B extends A {} class C extends B { x = 1 } return [new B(1, 2).a, new C(3).a, new C().x];
//--- constructor that returns an object
class A { constructor() { return { own: true } } } class B extends A { x = 2 } return [new A(), new B()];
//--- fields
class A { x = 1; y; static s = 2; ['c' + 1] = 3; z = this.x + 1; 'two words' = 4; f = () => this.x } const a = new A(); return [a, A.s, 'y' in a, a.f.call(null), Object.keys(a)];
//--- fields of a derived class come after super
const log = []; class A { constructor() { log.push(Object.keys(this)) } } class B extends A { x = log.push('field'); constructor() { super(); log.push(Object.keys(this)) } } new B(); return log;
//--- a field hides the accessor of its base
class A { set v(x) { throw new Error('set') } } class B extends A { v = 1 } return Object.getOwnPropertyDescriptor(new B(), 'v');
//--- private members
class A { #x = 1; #m() { return this.#x + 1 } static #s = 5; get #g() { return 9 } set #w(v) { this.#x = v } static #t() { return 't' } t() { this.#w = 4; this.#x++; return [this.#m(), A.#s, this.#g, A.#t(), this.#x **= 2] } has(o) { return #x in o } } const a = new A(); return [a.t(), a.has(a), a.has({})];
//--- private members of a foreign object
class A { #x = 1; static get(o) { return o.#x } } try { A.get({}) } catch (e) { return e instanceof TypeError }
//--- static blocks
class A { static x; static y = []; static { A.x = 3; this.y.push(this.x) } } return [A.x, A.y];
//--- this in static members
class A { static a = 1; static b = this.a + 1; static c = () => this.b } return [A.b, A.c()];
//--- accessors on both sides
class A { static get v() { return this._v || 'none' } static set v(x) { this._v = x } } const first = A.v; A.v = 'some'; return [first, A.v];
//--- class expressions and names
const A = class Foo { n() { return Foo.name } }; const B = class {}; const o = { C: class {} }; return [A.name, new A().n(), B.name, typeof Foo, o.C.name];
//--- anonymous class with statics
const C = class { static a = 1; static b() { return this.a } }; return C.b();
//--- class getters on instances of subclasses
class A { get kind() { return this.constructor.name } } class B extends A { get kind() { return 'sub ' + super.kind } } return new B().kind;
//--- new.target
class A { constructor() { this.t = new.target === A } } class B extends A {} function F() { return new.target === undefined } return [new A().t, new B().t, F()];
//--- instanceof with Symbol.hasInstance
class Even { static [Symbol.hasInstance](n) { return n % 2 === 0 } } return [2 instanceof Even, 3 instanceof Even];
//--- errors of one's own
class NotFound extends Error { constructor(what) { super(`no ${what}`); this.name = 'NotFound'; this.what = what } } const e = new NotFound('x'); return [e instanceof NotFound, e instanceof Error, e.message, String(e), e.what, /NotFound|no x/.test(e.stack), Object.keys(e)];
//--- errors of one's own without constructor
class E extends TypeError {} const e = new E('q'); return [e instanceof E, e instanceof TypeError, e.message, e.constructor.name, e.name];
//--- errors with a cause
const e = new Error('outer', { cause: new Error('inner') }); class E extends Error {} return [e.cause.message, new E('m', { cause: 1 }).cause, 'cause' in new Error('x')];
//--- extending Array
class List extends Array { last() { return this[this.length - 1] } } const l = new List(); l.push(1, 2); l[5] = 9; return [l.length, l.last(), Array.isArray(l), l instanceof List, List.from([1, 2]).length];
//--- extending Map and Set
class Counter extends Map { inc(k) { return this.set(k, (this.get(k) ?? 0) + 1) } } const c = new Counter([['a', 1]]); c.inc('a').inc('b'); class Tags extends Set { constructor(it) { super(it); this.label = 'tags' } } const t = new Tags(['x', 'x']); return [[...c], c instanceof Counter, c.size, t.size, t.label, t.has('x')];
//--- extending Promise
class P extends Promise { tag() { return 'p' } } const p = new P(r => r(3)); return [p.tag(), p instanceof P, await p];
//--- extending an expression and a function
function Base(x) { this.x = x } Base.prototype.m = function () { return 'm' + this.x }; const mixin = B => class extends B { n() { return this.m() + 'n' } }; class A extends mixin(Base) { constructor() { super(7) } } return [new A().n(), new A() instanceof Base];
//--- destructuring objects
const { a: { b = 5, ...r }, ['k' + 1]: k, missing = 'd', ...rest } = { a: { c: 1, d: 2 }, k1: 9, z: 1, y: 2 }; return [b, r, k, missing, rest];
//--- destructuring arrays
const [x, , y = 3, ...z] = [1, 2, undefined, 4, 5]; const [[p], { q: [w] }] = [[1], { q: [2] }]; const [c1, c2] = 'hi'; return [x, y, z, p, w, c1, c2];
//--- destructuring assignments
let a = 1, b = 2; const o = {}; [a, b] = [b, a]; [o.x, o['y']] = [3, 4]; ({ a: o.z, q: a = 7 } = { a: 5 }); return [a, b, o];
//--- destructuring in parameters
const f = ({ a = 1, b } = {}, [c, ...d] = [3]) => [a, b ?? null, c, d]; return [f(), f({ b: 2 }, [4, 5, 6])];
//--- destructuring in loops and catch
const out = []; for (const { id, tags: [first = 'none'] = [] } of [{ id: 1, tags: ['t'] }, { id: 2 }]) out.push(id + first); for (const [k, v] of Object.entries({ a: 1 })) out.push(k + v); try { throw { code: 7 } } catch ({ code }) { out.push(code) } return out;
//--- destructuring null throws
try { const { a } = null } catch (e) { return e instanceof TypeError }
//--- defaults are evaluated late and in order
const log = []; const d = x => { log.push(x); return x }; const f = (a = d(1), b = d(a + 1), c = () => a) => [a, b, c()]; return [f(), f(undefined, 9), f(null), log];
//--- spread
const s = [...'ab', ...[1, 2], ...new Set([3, 3])]; return [s, Math.max(...[1, 2], 3, ...[]), { ...{ a: 1 }, b: 2, ...null, ...'x' }, new Date(...[2020, 1, 1]).getFullYear(), [...[, 1]]];
//--- spread copies getters as values
let n = 0; const from = { get a() { return ++n } }; const o = { ...from }; return [o.a, o.a, n];
//--- rest parameters and length
const f = (a, ...r) => r; return [f(1), f(1, 2, 3), f.length];
//--- for-of over everything
let out = []; for (const x of [1, 2]) out.push(x); for (const c of 'a😀') out.push(c); for (const [k, v] of new Map([['m', 1]])) out.push(k + v); for (const x of new Set([4])) out.push(x); for (const x of (function* () { yield 5 })()) out.push(x); for (const [i, x] of ['q'].entries()) out.push(i + x); return out;
//--- for-of closes its iterator
let closed = 0; const it = { [Symbol.iterator]() { let i = 0; return { next: () => ({ value: i++, done: false }), return() { closed++; return {} } } } }; for (const x of it) { if (x === 2) break } try { for (const x of it) throw 1 } catch { } const [a, b] = it; return closed;
//--- for-of over nothing iterable throws
try { for (const x of 5); } catch (e) { return e instanceof TypeError }
//--- generators
function* g() { const x = yield 1; try { yield x * 2 } finally { yield 99 } } const i = g(); const out = [i.next(), i.next(5), i.return(3), i.next(), i.next()]; return out;
//--- generators throw and delegate
function* inner() { try { yield 'a' } catch (e) { yield 'caught ' + e } return 'ret' } function* outer() { const r = yield* inner(); yield r; yield* [7, 8] } const i = outer(); return [i.next().value, i.throw('x').value, ...i];
//--- generators as methods and with this
class Tree { constructor(v, ...kids) { this.v = v; this.kids = kids } *[Symbol.iterator]() { yield this.v; for (const k of this.kids) yield* k } *deep(n) { if (n > 0) { yield n; yield* this.deep(n - 1) } } } return [[...new Tree(1, new Tree(2, new Tree(3)), new Tree(4))], [...new Tree().deep(3)]];
//--- endless generator destructured
function* naturals() { for (let i = 0; ; i++) yield i } const [a, b, c] = naturals(); const take = (it, n) => { const r = []; for (const x of it) { if (r.length === n) break; r.push(x) } return r }; return [a, b, c, take(naturals(), 4)];
//--- generator with labels, switch and try
function* g(n) { l: for (let i = 0; i < n; i++) { switch (i % 3) { case 0: yield 'zero'; break; case 1: continue l; default: try { yield 'two'; if (i > 4) return 'done' } finally { yield 'f' + i } } } } return [...g(10)];
//--- yield in expressions
function* g() { const o = { a: yield 1, b: [yield 2, yield 3] }; return `${yield 4}` + JSON.stringify(o) + ((yield 5) ? 'y' : 'n') } const i = g(); let r = i.next(), n = 10; while (!r.done) r = i.next(n++); return r.value;
//--- iterator protocol by hand
const it = { from: 1, to: 3, [Symbol.iterator]() { let v = this.from, end = this.to; return { next: () => v <= end ? { value: v++, done: false } : { value: undefined, done: true } } } }; return [[...it], Math.max(...it), Array.from(it, x => x * 2)];
//--- async functions
const f = async x => x + 1; async function g() { return await f(await f(1)) } return g();
//--- async try, catch, finally
const fail = async m => { throw new Error(m) }; let s = ''; try { await fail('x') } catch (e) { s += e.message } finally { s += 'f' } const r = await (async () => { try { return await fail('q') } catch { return 'saved' } finally { s += 'g' } })(); return [s, r];
//--- async loops
let n = 0; for (const p of [1, 2, 3].map(async x => x)) n += await p; for (let i = 0; i < 4; i++) { if (i === 1) continue; if (await i === 3) break; n += await i } while (n < 12) n += await 1; do { n += await 2 } while (n < 15); return n;
//--- async closures in loops
const f = []; for (let i = 0; i < 3; i++) { await 0; f.push(() => i) } return f.map(x => x());
//--- async arrow keeps this
class A { x = 2; go = async () => { await 0; return this.x }; async m() { return (await [1, 2].map(async y => y + this.x))[0] } } return [await new A().go(), await new A().m()];
//--- async methods with super
class A { async m() { return 1 } static async s() { return 's' } } class B extends A { async m() { return await super.m() + 1 } static async s() { return 't' + await super.s() } } return [await new B().m(), await B.s()];
//--- async generators
async function* g(n) { for (let i = 0; i < n; i++) { await 0; yield i } return 'end' } const out = []; for await (const x of g(3)) out.push(x); const i = g(1); out.push(await i.next(), await i.next(), await i.next()); return out;
//--- async generator delegation
async function* a() { yield 1; yield 2 } async function* b() { yield* a(); yield* [3, Promise.resolve(4)] } const out = []; for await (const x of b()) out.push(x); return out;
//--- for await over promises
const out = []; for await (const x of [1, Promise.resolve(2), (async () => 3)()]) out.push(x); return out;
//--- order of jobs
const out = []; const job = async (name) => { out.push(name + 1); await null; out.push(name + 2); await null; out.push(name + 3) }; const p = [job('a'), job('b')]; Promise.resolve().then(() => out.push('then')); out.push('sync'); await Promise.all(p); return out;
//--- promise combinators
const no = Promise.reject(new Error('no')); no.catch(() => {}); return [await Promise.all([1, Promise.resolve(2)]), (await Promise.allSettled([no, 1])).map(x => x.status), await Promise.race([5, 6]), await Promise.any([no, 7]), await Promise.any([no]).catch(e => e.constructor.name + e.errors.length)];
//--- thenables
return [await { then(r) { r(4) } }, await Promise.resolve({ then(r) { r(5) } })];
//--- errors thrown in nested async functions
const a = async () => { await 0; null.x }; const b = async () => { try { await a() } catch (e) { throw new Error('wrapped', { cause: e }) } }; try { await b() } catch (e) { return [e.message, e.cause instanceof TypeError] }
//--- await in every position
const p = v => Promise.resolve(v); const o = { f: async (...a) => a, [await p('k')]: await p(1) }; return [o, await o.f(await p(1), ...await p([2, 3])), `${await p('t')}`, (await p({ x: 1 })).x, await p(true) ? await p('y') : 'n', await p(0) || await p('or'), await p(null) ?? 'nn', [await p(1), ...await p([2])], { ...await p({ s: 1 }) }, typeof await p(1), -(await p(4)), (await p([1, 2]))[await p(1)]];
//--- optional chaining
const o = { a: { f() { return this.v }, v: 3 }, n: null }; let calls = 0; const r = [o?.a?.f?.(), o.n?.x.y.z, o?.['a'].v, o.q?.(), o.q?.[calls++], o.a?.['f'](), (o?.a).v, o.n?.[0]?.x ?? 'd']; delete o?.a; return [r, calls, o];
//--- optional chaining keeps this
const o = { x: 1, m() { return this?.x } }; const n = null; return [o.m?.(), (o?.m)(), o?.['m']?.(), n?.m()];
//--- nullish and logical assignment
let a = null, b = 0, c = 1, o = { n: undefined, k: 5 }; a ??= 1; b ||= 2; c &&= 3; o.n ??= 'set'; o.k ??= 'not'; o['z'] ||= 'new'; return [a, b, c, o, 0 ?? 5, null ?? 'x', (null || undefined) ?? 'z'];
//--- logical assignment reads once
let n = 0; const o = { get a() { n++; return null }, set a(v) { n += 10 } }; const f = () => { n += 100; return o }; f().a ??= 1; return n;
//--- numbers
let x = 2; x **= 3; return [x, 2 ** 3 ** 2, (-2) ** 2, 1_000_000, 0b1010, 0o17, 0xff, 1e3, .5, 0b1_0];
//--- optional catch binding
try { throw 1 } catch { return 'caught' }
//--- object literals
const a = 1, k = 'z'; const o = { a, [k]: 2, m() { return 3 }, get g() { return 4 }, ['x' + 1]() { return 5 }, async am() { return 6 }, *gm() { yield 7 }, 'quoted-key': 8, 9: 'nine', get ['c' + 2]() { return 10 }, set s(v) { this.a = v } }; o.s = 11; return [o.a, o.z, o.m(), o.g, o.x1(), await o.am(), [...o.gm()], o['quoted-key'], o[9], o.c2];
//--- __proto__ in a literal
const p = { q: 1 }; const o = { __proto__: p, a: 2 }; const shorthand = (() => { const __proto__ = 5; return { __proto__ } })(); return [o.q, Object.keys(o), Object.getPrototypeOf({ __proto__: null }), Object.getPrototypeOf({ '__proto__': p }) === p, shorthand.hasOwnProperty('__proto__')];
//--- functions in blocks
const out = []; { function f() { return 1 } out.push(f()) } { function f() { return 2 } out.push(f()) } if (true) { function g() { return 'yes' } } else { function g() { return 'no' } } out.push(g()); return out;
//--- functions in blocks are hoisted in them
const out = []; if (true) { out.push(h()); function h() { return 'h' } } switch (1) { case 1: out.push(k()); function k() { return 'k' } } for (let i = 0; i < 2; i++) { out.push(m); function m() { return i } } return out.map(f => typeof f === 'function' ? f() : f);
//--- names of functions
const f = () => 1, g = function () {}, o = { h() {}, i: () => {}, j: function () {}, 'k l': () => {}, async m() {}, get n() { return 1 } }; let q; q = () => {}; const { r = () => {} } = {}; class A { s() {} static t() {} u = () => {} } const z = (() => () => {})();
return [f.name, g.name, o.h.name, o.i.name, o.j.name, o['k l'].name, o.m.name, q.name, r.name, A.prototype.s.name, A.t.name, new A().u.name, z.name, (() => {}).name, (function named() {}).name, Object.getOwnPropertyDescriptor(o, 'n').get.name === 'get n' || true];
//--- naming does not change what a function sees
let fact = n => n < 2 ? 1 : n * fact(n - 1); const old = fact; fact = () => 100; const get = () => 'outer'; const o = { get() { return get() }, delete() { return 'd' } }; return [old(5), o.get(), o.delete(), o.get.name, o.delete.name];
//--- trailing commas and odd spacing
const f = (a, b,) => a + b; const o = { a: 1, }; return [f(1, 2,), [1, , 2,].length, o]
//--- automatic semicolons
let a = 1
let b = a
++b
const c = [1, 2]
const d = a
return [a, b, c.length, d]
//--- labels
let r = 0; o: for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (j === 1) continue o; r += 1 } } b: { r += 100; if (r) break b; r = 0 } return r;
//--- getters, setters and defineProperty
const o = { _v: 1, get v() { return this._v }, set v(x) { this._v = x * 2 } }; o.v = 5; o.v += 1; return [o.v, Object.getOwnPropertyNames(o)];
//--- symbols
const s = Symbol('d'); const o = { [s]: 1, [Symbol.toPrimitive](hint) { return hint === 'number' ? 42 : hint } }; return [o[s], s.description, +o, `${o}`, o + '', Object.keys(o), Symbol.for('a') === Symbol.for('a'), typeof s];
//--- regular expression flags s, u and y
const y = /a/y; y.lastIndex = 1; return [/a.b/s.test('a\nb'), /^.$/u.test('😀'), /^.$/.test('😀'), y.test('ba'), y.lastIndex, y.sticky, /\u{61}/u.test('a'), /^\S$/u.test('💩')];
//--- regular expression flags are seen
return [/x/gi.flags, /x/y.flags.includes('y'), /x/m.source, String(/a\/b/)];
//--- named groups
const m = /(?<y>\d{4})-(?<m>\d\d)/.exec('on 2026-03-01'); const { groups: { y, m: month } } = m; return [y, month, m.index, m.length, '2026-03'.replace(/(?<a>\d+)-(?<b>\d+)/, '$<b>/$<a>'), 'x'.match(/(?<n>y)?x/).groups.n === undefined, /(?<q>['"]).\k<q>/.test('"a"')];
//--- unicode properties
return [/^\p{L}+$/u.test('éß漢'), /\p{Lu}/u.test('a'), /\p{Script=Greek}/u.test('π'), /^\p{Emoji_Presentation}$/u.test('😀'), 'a1é'.replace(/\P{L}/gu, ''), /[\p{N}_]/u.test('٣')];
//--- ignoring case with u
return [/[^x]/iu.test('\u{10400}'), /\u{10400}/iu.test('\u{10428}'), /é/iu.test('É')];
//--- matchAll and sticky loops
const out = []; for (const m of 'a1b22'.matchAll(/(?<l>[a-z])(\d+)/g)) out.push(m.groups.l + m[2]); const r = /\s*(\d+|[+*])/y; let t; while ((t = r.exec('1 + 22*3'))) out.push(t[1]); return out;
//--- regular expressions of the annex
return [/a{,2}/.test('a{,2}'), /]/.test(']'), /{/.test('{'), /\-/.test('-'), /[\w-]/.test('-'), /\a/.test('a'), /x{a}/.test('x{a}'), /[\b]/.test('\b'), /^[^]$/.test('\n'), /[]/.test('a'), /(?:)/.test(''), /\0/.test('\0'), /\cJ/.test('\n')];
//--- replace with functions
return ['aXbX'.replace(/x/gi, (m, i) => i), 'abc'.replace(/(b)/, '[$1$&$`]'), 'x'.replaceAll('x', '$$')];
//--- emoji and surrogates
const s = 'a😀é'; return [s.length, [...s].length, s.codePointAt(1), s.at(-1), s.split('').length, [...'👨‍👩‍👧'].length, `😀` === '\u{1F600}', s.indexOf('é'), encodeURIComponent('😀'), s.slice(1, 3)];
//--- identifiers beyond ASCII
const größe = 1, 名前 = 'n', $ = 2, _ = 3; const o = { größe, ключ: 4, é() { return 5 } }; return [größe + $ + _, 名前, o.größe, o.ключ, o.é(), Object.keys(o)];
//--- strings beyond ASCII
return ['é', "日本", `ü${'ö'}`, '\é', 'a\
b', '\x41\u0042\u{43}', ' '.length, /[à-ü]/.test('é'), 'é'.charCodeAt(0)];
//--- evaluation order
const log = []; const l = (x, v = x) => { log.push(x); return v }; const o = { [l('k1')]: l('v1'), [l('k2')]: l('v2') }; l('f', (...a) => 0)(l('a'), ...l('s', [1]), l('b')); l('obj', {})[l('key')] = l('val'); l('x') + l('y') * l('z'); return log;
//--- comma, void, typeof, delete, in
const o = { a: 1, b: 2 }; return [(1, 2), void 0 === undefined, typeof undeclared, delete o.a, 'a' in o, 'b' in o, !!'' , ~5, 7 >>> 1, -7 >> 1, 5 % -3, +'3', !0];
//--- closures keep their own variables
const counter = () => { let n = 0; return { up: () => ++n, get n() { return n } } }; const a = counter(), b = counter(); a.up(); a.up(); b.up(); return [a.n, b.n];
//--- immediately invoked
return [(() => 1)(), (function () { return 2 })(), (async () => 3)() instanceof Promise, new (class { v = 4 })().v, !function () { return false }()];
//--- recursion
const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2); const deep = n => n === 0 ? 0 : 1 + deep(n - 1); return [fib(15), deep(1000)];
//--- with statement and eval
const o = { q: 7 }; let got; with (o) { got = q } return [got, eval('1 + 1'), new Function('a', 'return a * 2')(4)];
//--- getter in a class with a symbol name
class A { get [Symbol.toStringTag]() { return 'Mine' } static [Symbol.for('x')] = 1 } return [String(new A()), A[Symbol.for('x')]];
//--- decorators
const log = []; const dec = (v, c) => { log.push(c.kind + ' ' + String(c.name)); return c.kind === 'method' ? function (...a) { return 'dec ' + v.apply(this, a) } : v }; @dec class A { @dec m(x) { return x } @dec f = 1 } return [new A().m(2), log];
//--- accessor fields
class A { accessor x = 1; static accessor y = 2 } const a = new A(); a.x += 5; return [a.x, A.y, Object.keys(a)];
//--- getter functions of destructured defaults
const { a = (() => 'lazy')(), b: { c = 1 } = {} } = { a: undefined }; return [a, c];
//--- spread in new and super
class A { constructor(...x) { this.x = x } } class B extends A { constructor(...y) { super(0, ...y, 9) } } return [new A(...[1, 2], 3).x, new B(4, 5).x];
//--- super properties
class A { get v() { return 'Av' + this.n } set w(x) { this.q = 'w' + x } m() { return 1 } } class B extends A { n = 2; get v() { return 'B' + super.v } m() { return super['m']() + super.m.call(this) } } return [new B().v, new B().m()];
//--- arrow in a constructor before super
class A { constructor(f) { this.f = f } } class B extends A { constructor() { super(() => this.x); this.x = 'set' } } return new B().f();
//--- object rest with computed keys and symbols
const s = Symbol(); const k = 'a'; const { [k]: a, ...rest } = { a: 1, b: 2, [s]: 3 }; return [a, rest, rest[s], Object.keys(rest)];
//--- exceptions in finally and return values
const f = () => { try { return 'try' } finally { f.done = true } }; const g = () => { try { throw 1 } catch { return 'catch' } finally { return 'finally' } }; const h = () => { for (;;) { try { return 1 } finally { break } } return 2 }; return [f(), f.done, g(), h()];
//--- typeof in a dead zone is not used
let early; { early = typeof later; var later = 1 } return [early, later];
//--- a hundred awaits
let n = 0; for (let i = 0; i < 100; i++) n += await 1; return n;
//--- async iteration closes
let closed = 0; const src = { [Symbol.asyncIterator]() { return { next: async () => ({ value: 1, done: false }), return: async () => { closed++; return {} } } } }; for await (const x of src) break; return closed;
//--- generator objects are iterators
function* g() { yield 1 } const i = g(); return [i[Symbol.iterator]() === i, typeof i.next, Object.prototype.toString.call(i)];
//--- class fields with arrow and await
class A { load = async (n) => { const r = []; for (const x of Array(n).keys()) r.push(await x); return r } } return new A().load(3);
//--- static inheritance of fields and methods
class A { static items = []; static add(x) { this.items.push(x); return this } } class B extends A { static items = ['b'] } B.add(1); A.add(2); return [A.items, B.items];
//--- computed members are evaluated once
let n = 0; const key = () => 'k' + n++; class A { [key()]() { return 1 } static [key()] = 2; [key()] = 3 } return [new A().k0(), A.k1, new A().k2, n];
//--- JSON of classes and maps
class P { constructor(x) { this.x = x } toJSON() { return { p: this.x } } } return JSON.stringify({ a: new P(1), m: [...new Map([[1, 2]])], d: new Date(0), u: undefined });
//--- sorting with spread and destructuring
const people = [{ n: 'b', a: 2 }, { n: 'a', a: 2 }, { n: 'c', a: 1 }]; return [...people].sort(({ a: x }, { a: y }) => x - y).map(({ n }) => n);
//--- reduce, flatMap, groupBy style pipelines
const words = 'the quick the lazy the end'.split(' '); const count = words.reduce((m, w) => m.set(w, (m.get(w) ?? 0) + 1), new Map()); return [Object.fromEntries(count), [...count.entries()].sort(([, a], [, b]) => b - a)[0], words.flatMap((w, i) => i % 2 ? [] : [w])];
//--- getters and setters with private state
const Stack = (() => { const items = new WeakMap(); return class Stack { constructor() { items.set(this, []) } push(...x) { items.get(this).push(...x); return this } pop() { return items.get(this).pop() } get size() { return items.get(this).length } } })(); const s = new Stack().push(1, 2); return [s.pop(), s.size, Object.keys(s)];
//--- async queue with events
class Queue { #items = []; #waiting = []; push(x) { const w = this.#waiting.shift(); w ? w(x) : this.#items.push(x) } next() { return this.#items.length ? Promise.resolve(this.#items.shift()) : new Promise(r => this.#waiting.push(r)) } async *[Symbol.asyncIterator]() { for (;;) { const x = await this.next(); if (x === null) return; yield x } } } const q = new Queue(); q.push(1); (async () => { await 0; q.push(2); q.push(null) })(); const out = []; for await (const x of q) out.push(x); return out;
//--- a parser with sticky expressions and generators
function* tokens(s) { const re = /\s*(?:(?<num>\d+(?:\.\d+)?)|(?<op>[-+*/()]))/y; let m; while (re.lastIndex < s.length && (m = re.exec(s))) { const { num, op } = m.groups; yield num !== undefined ? { num: +num } : { op } } }
const evaluate = s => { const t = [...tokens(s)]; let i = 0; const atom = () => { const x = t[i++]; if (x.op === '(') { const v = sum(); i++; return v } return x.op === '-' ? -atom() : x.num }; const product = () => { let v = atom(); while (t[i] && '*/'.includes(t[i].op)) v = t[i++].op === '*' ? v * atom() : v / atom(); return v }; const sum = () => { let v = product(); while (t[i] && ['+', '-'].includes(t[i].op)) v = t[i++].op === '+' ? v + product() : v - product(); return v }; return sum() }; return [evaluate('1 + 2 * 3'), evaluate('(1+2)*3 - -4/2'), [...tokens('1+x')].length];
//--- memoize with default parameters and closures
const memo = (f, cache = new Map()) => (...a) => { const k = JSON.stringify(a); cache.has(k) || cache.set(k, f(...a)); return cache.get(k) }; let calls = 0; const slow = memo((a, b = 2) => { calls++; return a * b }); return [slow(2), slow(2), slow(2, 5), calls];
//--- deep clone and merge
const merge = (a, b) => Object.entries(b).reduce((o, [k, v]) => ({ ...o, [k]: v && typeof v === 'object' && !Array.isArray(v) ? merge(o[k] ?? {}, v) : v }), { ...a }); return merge({ a: { x: 1, y: [1] }, b: 2 }, { a: { y: [2], z: { q: 1 } }, c: null });
//--- router with regular expressions
const routes = []; const route = (path, f) => routes.push([new RegExp('^' + path.replace(/:(\w+)/g, '(?<$1>[^/]+)') + '$'), f]); route('/users/:id', ({ id }) => 'user ' + id); route('/a/:x/b/:y', p => ({ ...p })); const go = path => { for (const [re, f] of routes) { const m = re.exec(path); if (m) return f(m.groups) } return 404 }; return [go('/users/7'), go('/a/1/b/2'), go('/nope')];
//--- strict mode in a function
const f = function () { 'use strict'; return this === undefined }; const g = function () { 'use strict'; try { undeclaredVariable = 1 } catch (e) { return e.name } }; return [f(), g()];
//--- sloppy this
const f = function () { return this === globalThis }; return f();
//--- line continuation and comments
/* a */ const a /* b */ = 1 // c
/** doc */ const b = `/* not */ // a comment`; return [a, b]; /* tail */
//--- html in strings
return ['</script>', '<!-- x -->', `<b>${'&amp;'}</b>`];
//--- getter and static async
class A { static async make(...x) { const a = new this(); await a.init(...x); return a } async init(x = 'd') { this.ok = x } } class B extends A {} return [(await A.make()).ok, (await B.make('b')) instanceof B];
//--- regular expressions that loop over nothing
return [/(?:a*)*b/.exec('xxb'), /^(?:.*(?:\n|$))*/.exec('ab\nc')[0], /(?:a|b*)*c/.exec('abbc')[0], /^(?: *(?:\n|$))+/.exec(' \n\nx')[0], /(?:\b)+x/.test('x'), /(|a)*b/.exec('aab')[0], /(?:(?=a))*a/.test('a'), /^(?:\s*(?:#.*)?)*$/.test(' # c')];
