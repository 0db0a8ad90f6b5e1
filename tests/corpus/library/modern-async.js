(async () => 1)()
(async () => { throw new RangeError('x'); })()
(async () => { const a = await 1, b = await Promise.resolve(2), c = await { then(f) { f(3); } }; return [a, b, c]; })()
(async () => { try { await Promise.reject(new RangeError('r')); } catch (e) { return e.name; } finally { } })()
{ const log = []; async function f() { log.push(1); await null; log.push(2); } f(); log.push(3); return later(() => log); }
{ const log = [], p = (x) => () => log.push(x); (async () => { await 0; log.push('a1'); await 0; log.push('a2'); })(); Promise.resolve().then(p(1)).then(p(2)).then(p(3)); return later(() => log); }
{ const log = [], p = (x) => () => log.push(x); (async () => Promise.resolve())().then(p('async returned promise')); Promise.resolve().then(p(1)).then(p(2)).then(p(3)).then(p(4)); return later(() => log); }
{ const log = [], p = (x) => () => log.push(x); (async () => { await { then(f) { log.push('then'); f(); } }; log.push('after'); })(); Promise.resolve().then(p(1)).then(p(2)).then(p(3)); return later(() => log); }
{ const log = [], p = (x) => () => log.push(x); const q = Promise.resolve(); (async () => { await q; log.push('q'); })(); q.then(p(1)); return later(() => log); }
{ const log = [], p = (x) => () => log.push(x); (async () => { try { await Promise.reject(0); } catch { log.push('caught'); } })(); Promise.resolve().then(p(1)).then(p(2)); return later(() => log); }
{ const log = []; async function a() { log.push('a1'); await b(); log.push('a2'); } async function b() { log.push('b1'); await c(); log.push('b2'); } async function c() { log.push('c'); } a().then(() => log.push('done')); log.push('s'); Promise.resolve().then(() => log.push(1)).then(() => log.push(2)).then(() => log.push(3)); return later(() => log); }
{ async function f(a, b = a + 1, ...c) { return [this.x, a, b, c, arguments.length]; } return f.call({ x: 1 }, 1, undefined, 5); }
{ async function f(a = (() => { throw new RangeError('d'); })()) {} return f(); }
{ const o = { async m() { return await this.v; }, v: 5 }; return o.m(); }
{ class C { #x = 1; async get() { await null; return this.#x; } static async make() { return new C().get(); } } return C.make(); }
{ const sleep = () => new Promise((r) => queueMicrotask(r)); return (async () => { const out = []; for (let i = 0; i < 3; i++) { await sleep(); out.push(i); } return out; })(); }
{ return (async () => { const r = await Promise.all([1, 2, 3].map(async (x) => { await null; return x * 2; })); return r; })(); }
{ return (async () => { let n = 0; while (n < 500) { await n++; } return n; })(); }
{ return (async () => { for (const x of [1, 2]) { try { if (x === 1) continue; await x; return 'got ' + x; } finally { await 'f'; } } })(); }
{ return (async () => { label: for (const a of [1, 2]) { for (const b of [1, 2]) { if (await b === 2) continue label; if (a === 2) break label; } } return 'ok'; })(); }
{ return (async () => { const { a, ...r } = await { a: 1, b: 2 }; const [x, ...y] = await [1, 2, 3]; return [a, r, x, y, { k: await 1, ...await { z: 2 } }, `${await 5}`]; })(); }
{ return (async () => (await 1) + (await 2) * (await 3))(); }
{ return (async () => { const f = async () => { throw new Error('a'); }; const r = await Promise.allSettled([f(), 1]); return r.map((x) => x.status); })(); }
{ return (async function () { return await (async () => { return await 5; })(); })(); }
{ const recurse = async (n) => n === 0 ? 0 : 1 + await recurse(n - 1); return recurse(300); }
{ return (async () => { await (async () => { throw 1; })().catch((e) => e + 1); return 'fine'; })(); }
(async () => { return await undefined?.x ?? 'dflt'; })()
// async generators
{ async function* g() { yield 1; yield Promise.resolve(2); const x = yield 3; return x; } return (async () => { const it = g(), out = []; out.push(await it.next(), await it.next(), await it.next(), await it.next('z'), await it.next()); return out; })(); }
{ async function* g() { yield 1; yield 2; } return (async () => { const out = []; for await (const x of g()) out.push(x); return out; })(); }
{ return (async () => { const out = []; for await (const x of [1, Promise.resolve(2), 3]) out.push(x); return out; })(); }
{ async function* g() { try { yield 1; yield 2; } finally { log.push('closed'); } } const log = []; return (async () => { for await (const x of g()) { log.push(x); break; } return log; })(); }
{ async function* g() { yield 1; throw new RangeError('x'); } return (async () => { const out = []; try { for await (const x of g()) out.push(x); } catch (e) { out.push(e.name); } return out; })(); }
{ async function* g() { const it = g.it; yield 1; } return (async () => { const it = g(); const r = await Promise.all([it.next(), it.next(), it.next()]); return r; })(); }
{ async function* g() { try { yield 1; } catch (e) { yield 'c' + e; } } return (async () => { const it = g(); return [await it.next(), await it.throw('boo'), await it.next()]; })(); }
{ async function* g() { yield 1; } return (async () => { const it = g(); return [await it.return(Promise.resolve(7)), await it.next()]; })(); }
{ async function* g() { yield 1; } return (async () => { const it = g(); try { await it.throw(new RangeError('t')); } catch (e) { return [e.name, await it.next()]; } })(); }
{ async function* g() { try { yield 1; } finally { await null; yield 'f'; } } return (async () => { const it = g(); return [await it.next(), await it.return('r'), await it.next(), await it.next()]; })(); }
{ async function* inner() { yield 'a'; return 'ret'; } async function* g() { const r = yield* inner(); yield r; yield* [1, Promise.resolve(2)]; } return (async () => { const out = []; for await (const x of g()) out.push(x); return out; })(); }
{ async function* g() { yield Promise.reject(new RangeError('rejected')); } return (async () => { const it = g(); try { await it.next(); } catch (e) { return [e.name, await it.next()]; } })(); }
{ const log = []; async function* g() { log.push('start'); yield 1; } const it = g(); log.push('made'); it.next(); log.push('nexted'); return later(() => log); }
{ async function* g() {} const it = g(); return [Object.prototype.toString.call(it), it[Symbol.asyncIterator]() === it, Object.keys(it), it.next() instanceof Promise]; }
{ const log = [], p = (x) => () => log.push(x); async function* g() { yield 1; yield 2; } (async () => { for await (const x of g()) log.push('v' + x); log.push('end'); })(); Promise.resolve().then(p(1)).then(p(2)).then(p(3)).then(p(4)).then(p(5)).then(p(6)).then(p(7)).then(p(8)).then(p(9)).then(p(10)); return later(() => log); }
{ return (async () => { for await (const x of 5) ; })(); }
{ const o = { async *[Symbol.asyncIterator]() { yield 'x'; } }; return (async () => { const out = []; for await (const v of o) out.push(v); return out; })(); }
{ const log = []; const it = { [Symbol.asyncIterator]() { return { i: 0, async next() { return this.i < 3 ? { value: this.i++, done: false } : { done: true }; }, async return() { log.push('return'); return {}; } }; } }; return (async () => { for await (const x of it) { log.push(x); if (x === 1) break; } return log; })(); }
{ async function* g() { for (let i = 0; i < 3; i++) { if (await i === 1) continue; yield i; } } return (async () => { const out = []; for await (const x of g()) out.push(x); return out; })(); }
{ class S { async *items() { yield* [1, 2].map(async (x) => x * 10); } } return (async () => { let s = 0; for await (const x of new S().items()) s += x; return s; })(); }
{ async function* g() { return Promise.resolve(9); } return g().next(); }
{ async function* g(n) { if (n > 0) { yield n; yield* g(n - 1); } } return (async () => { const out = []; for await (const x of g(4)) out.push(x); return out; })(); }
