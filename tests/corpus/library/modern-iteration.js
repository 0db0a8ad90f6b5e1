[...[1, 2], ...'a\ud83d\ude00', ...new Set([3]), ...new Map([[4, 5]])]
{ const [a, , b = 9, ...c] = [1, 2, undefined, 4, 5]; return [a, b, c]; }
{ const [x, y] = new Set([7, 8]); return [x, y]; }
{ const { a, b: { c = 3 } = {}, ...rest } = { a: 1, d: 4, e: 5 }; return [a, c, rest]; }
{ const [a] = null; }
{ const [a] = {}; }
{ const { a } = null; }
{ let [a = 1, [b] = [2]] = []; [a, b] = [b, a]; return [a, b]; }
{ const log = []; const [a, b] = watched([1, 2, 3], log); return [a, b, log]; }
{ const log = []; const [a, b, c] = watched([1, 2], log); return [a, b, c, log]; }
{ const log = []; const [...all] = watched([1, 2], log); return [all, log]; }
{ const log = []; for (const x of watched([1, 2, 3], log)) if (x === 2) break; return log; }
{ const log = []; for (const x of watched([1, 2], log)) ; return log; }
{ const log = []; try { for (const x of watched([1, 2], log)) throw new Error('x'); } catch (e) { log.push(e.message); } return log; }
{ const log = []; const f = () => { for (const x of watched([1, 2], log)) return x; }; return [f(), log]; }
{ const out = []; for (const [k, v] of new Map([['a', 1], ['b', 2]])) out.push(k + v); return out; }
{ const out = []; for (const c of 'a\ud83d\ude00b') out.push(c); return out; }
{ const out = []; for (const x of [1, , 3]) out.push(x); return out; }
{ const a = [1, 2], out = []; for (const x of a) { out.push(x); if (x < 4) a.push(x + 2); } return out; }
{ const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); return fs.map((f) => f()); }
{ const fs = []; for (const x of [1, 2, 3]) fs.push(() => x); return fs.map((f) => f()); }
{ for (const x of 5) ; }
{ for (const x of undefined) ; }
{ const f = (...args) => args; return [f(...[1, 2], 3, ...'ab'), Math.max(...[1, 5, 3])]; }
{ function f(a, b = a + 1, ...c) { return [a, b, c, f.length]; } return f(1, undefined, 3, 4); }
{ class P { constructor(...a) { this.a = a; } } return new P(...[1, 2], ...new Set([3])); }
[...[, 1]].hasOwnProperty(0)
{ const o = { a: 1, ...{ b: 2 }, ...null, ...'hi', ...[9] }; return o; }
{ const s = Symbol('s'), o = { [s]: 1, x: 2 }; const { x, ...r } = o; return [{ ...o }, r]; }
{ const o = { ...{ get a() { return 5; } } }; return Object.getOwnPropertyDescriptor(o, 'a'); }
// generators
{ function* g() { const x = yield 1; const y = yield x * 2; return x + y; } const it = g(); return [it.next('ignored'), it.next(10), it.next(5), it.next()]; }
{ function* g() { try { yield 1; } catch (e) { yield 'c' + e; } finally { yield 'f'; } return 'end'; } const it = g(); return [it.next(), it.throw('boo'), it.next(), it.next(), it.next()]; }
{ function* g() { try { yield 1; yield 2; } finally { yield 'cleanup'; } } const it = g(); return [it.next(), it.return(9), it.next(), it.next()]; }
{ function* g() { try { yield 1; } finally { return 'fin'; } } const it = g(); return [it.next(), it.return(9), it.next()]; }
{ function* g() { yield 1; } const it = g(); return [it.return(5), it.next()]; }
{ function* g() { yield 1; } const it = g(); return [attempt(() => it.throw(new RangeError('x'))), it.next()]; }
{ function* g() { yield* [1, 2]; const r = yield* h(); yield r; } function* h() { yield 'h'; return 'ret'; } return [...g()]; }
{ function* g() { try { yield* h(); } catch (e) { yield 'outer ' + e; } } function* h() { try { yield 1; } catch (e) { yield 'inner ' + e; throw 'again'; } } const it = g(); return [it.next(), it.throw('a'), it.next(), it.next()]; }
{ const log = []; function* g() { yield* watched([1, 2], log); } const it = g(); it.next(); return [it.return(7), log]; }
{ const log = []; function* g() { yield* watched([1, 2], log); } const it = g(); it.next(); return [attempt(() => it.throw(new RangeError('x'))), log]; }
{ function* g() { it.next(); yield 1; } const it = g(); return attempt(() => it.next()); }
{ function* g() { for (let i = 0; i < 3; i++) { if (i === 1) continue; yield i; } } return [...g()]; }
{ function* g() { outer: for (const a of [1, 2]) for (const b of [1, 2]) { if (b === 2) continue outer; yield [a, b]; } } return [...g()]; }
{ function* fib() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } } const out = []; for (const x of fib()) { if (x > 50) break; out.push(x); } return out; }
{ function* g() { switch (yield 1) { case 'a': yield 'A'; break; default: yield 'D'; } } const it = g(); it.next(); return [it.next('a'), it.next()]; }
{ function* g() { const r = []; for (const x of [yield 1, yield 2]) r.push(x); return r; } const it = g(); it.next(); it.next('x'); return it.next('y'); }
{ function* g() {} const it = g(); return [Object.prototype.toString.call(it), it[Symbol.iterator]() === it, Object.keys(it), JSON.stringify(it), typeof it.next, it.next.length]; }
{ const o = { *[Symbol.iterator]() { yield 1; yield 2; } }; return [...o]; }
{ class T { constructor(v, l, r) { Object.assign(this, { v, l, r }); } *[Symbol.iterator]() { if (this.l) yield* this.l; yield this.v; if (this.r) yield* this.r; } } return [...new T(2, new T(1), new T(3))]; }
{ function* g() { try { throw 1; } catch { yield 'c'; } finally { yield 'f'; } yield 'e'; } return [...g()]; }
{ function* g() { try { try { yield 1; } finally { yield 2; } } finally { yield 3; } } const it = g(); it.next(); return [it.return('r'), it.next(), it.next()]; }
{ function* g() { while (true) { try { yield 1; return 'x'; } finally { yield 'f'; } } } return [...g()]; }
{ function* g() { const x = { a: yield 1, b: [yield 2] }; return x; } const it = g(); it.next(); it.next('A'); return it.next('B'); }
{ function* g() { return arguments.length; } return [...g()].length; }
{ const it = (function* () { yield this.x; }).call({ x: 5 }); return it.next(); }
{ function* g(a, b = 2, ...c) { yield [a, b, c]; } return [...g(1, undefined, 3)]; }
{ function* g() { yield* 5; } return attempt(() => [...g()]); }
{ function* count() { let n = 0; while (n < 1000) yield n++; } let s = 0; for (const x of count()) s += x; return s; }
Array.from((function* () { yield 1; yield 2; })())
new Map((function* () { yield ['a', 1]; })())
Object.fromEntries((function* () { yield ['a', 1]; })())
// templates
{ const tag = (s, ...v) => [s, s.raw, v]; return tag`a${1}\n${2}b`; }
{ const f = () => (s => s)`x`; return [f() === f(), Object.isFrozen(f())]; }
`${[1, 2]}|${{}}|${null}|${1 + 1}`
String.raw`\n${1}\t`
