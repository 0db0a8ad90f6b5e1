// order of jobs
{ var log = []; function p(x) { return function () { log.push(x); }; } Promise.resolve().then(p('a1')).then(p('a2')).then(p('a3')); Promise.resolve().then(p('b1')).then(p('b2')); log.push('sync'); return later(function () { return log; }); }
{ var log = []; function p(x) { return function () { log.push(x); }; } Promise.resolve().then(function () { return Promise.resolve(); }).then(p('inner')); Promise.resolve().then(p(1)).then(p(2)).then(p(3)).then(p(4)); return later(function () { return log; }); }
{ var log = []; function p(x) { return function () { log.push(x); }; } new Promise(function (r) { r(Promise.resolve()); }).then(p('adopted')); Promise.resolve().then(p(1)).then(p(2)).then(p(3)); return later(function () { return log; }); }
{ var log = []; function p(x) { return function () { log.push(x); }; } new Promise(function (r) { r({ then: function (f) { log.push('then'); f(); } }); }).then(p('thenable')); Promise.resolve().then(p(1)).then(p(2)).then(p(3)); return later(function () { return log; }); }
{ var log = []; function p(x) { return function () { log.push(x); }; } Promise.resolve().finally(p('f')).then(p('after')); Promise.resolve().then(p(1)).then(p(2)).then(p(3)).then(p(4)).then(p(5)); return later(function () { return log; }); }
{ var log = []; function p(x) { return function () { log.push(x); }; } Promise.all([1, Promise.resolve(2)]).then(p('all')); Promise.race([1]).then(p('race')); Promise.allSettled([Promise.reject(1)]).then(p('settled')); Promise.any([Promise.resolve(1)]).then(p('any')); Promise.resolve().then(p(1)).then(p(2)).then(p(3)).then(p(4)); return later(function () { return log; }); }
{ var log = [], r; var q = new Promise(function (a) { r = a; }); q.then(function () { log.push(1); }); q.then(function () { log.push(2); }); r(); q.then(function () { log.push(3); }); log.push('s'); return later(function () { return log; }); }
{ var log = []; Promise.reject(1).catch(function () { log.push('c'); }).then(function () { log.push('d'); }); Promise.resolve().then(function () { log.push(1); }).then(function () { log.push(2); }); return later(function () { return log; }); }
// resolving
new Promise(function (r) { r(1); r(2); })
new Promise(function (r, j) { j(1); r(2); })
new Promise(function (r) { r(1); throw 2; })
new Promise(function () { throw new RangeError('x'); })
new Promise(function (r) { r({ then: 5 }); })
new Promise(function (r) { r({ then: function (ok, no) { no('bad'); ok('late'); throw 1; } }); })
new Promise(function (r) { r(Object.defineProperty({}, 'then', { get: function () { throw new RangeError('getter'); } })); })
{ var r0, p = new Promise(function (r) { r0 = r; }), r1 = r0; r1(p); return p; }
{ var p = Promise.resolve(1).then(function () { return p; }); return p; }
new Promise()
new Promise(5)
Promise(function () {})
Promise.call({}, function () {})
Promise.call(Promise.resolve(), function () {})
// then, catch, finally
Promise.resolve(1).then(undefined, undefined).then(function (v) { return v + 1; })
Promise.reject(1).then(null, function (e) { return 'c' + e; })
Promise.reject(1).then(function () {}).catch(function (e) { return 'c' + e; })
Promise.resolve(1).then(function () { throw new TypeError('t'); }).catch(function (e) { return e.name; })
Promise.resolve(5).finally(function () { return 9; })
Promise.reject(5).finally(function () { return 9; })
Promise.resolve(5).finally(function () { throw 7; })
Promise.resolve(5).finally(function () { return Promise.reject(8); })
Promise.resolve(5).finally(3)
{ var n; return Promise.resolve(5).finally(function () { n = arguments.length; }).then(function () { return n; }); }
Promise.prototype.then.call({}, 1)
Promise.prototype.finally.call(1)
Promise.prototype.catch.call({ then: function (a, b) { return [a, b]; } }, 5)
{ var n; return Promise.resolve(1).then(function () { n = [arguments.length, this === undefined || this === globalThis]; }).then(function () { return n; }); }
// combinators
Promise.all([1, Promise.resolve(2), { then: function (r) { r(3); } }])
Promise.all([])
Promise.all([1, Promise.reject(2), Promise.reject(3)])
Promise.all(5)
Promise.all('ab')
Promise.all(new Set([1, 2]))
Promise.all()
Promise.allSettled([1, Promise.reject(new Error('x'))])
Promise.allSettled([])
Promise.race([Promise.reject(1), 2])
Promise.race([new Promise(function () {}), 5])
Promise.any([Promise.reject(1), 2, 3])
Promise.any([Promise.reject(1), Promise.reject(2)]).catch(function (e) { return [e.name, e.errors, e.message]; })
Promise.any([]).catch(function (e) { return [e.name, e.errors]; })
{ var log = []; return Promise.all(watched([1, 2], log)).then(function (v) { return [v, log]; }); }
{ var log = [], old = Promise.resolve; Promise.resolve = function (v) { throw new RangeError('r'); }; var p = Promise.all(watched([1, 2], log)); Promise.resolve = old; return p.catch(function (e) { return [e.name, log]; }); }
Promise.all.call(undefined, [])
Promise.all.call({}, [])
Promise.resolve.call(1, 2)
{ var w = Promise.withResolvers(); w.resolve(7); return w.promise; }
{ var w = Promise.withResolvers(); w.reject(7); return [Object.keys(w), w.promise.catch(function () {}) instanceof Promise]; }
Promise.try(function (a, b) { return a + b; }, 1, 2)
Promise.try(function () { throw new RangeError('x'); })
Promise.resolve(Promise.reject(4)).catch(function (e) { return e; })
{ var p = Promise.resolve(1); return [Promise.resolve(p) === p, Promise.reject(p).catch(function (e) { return e === p; }) instanceof Promise]; }
// classes
{ function Sub(ex) { var p = Reflect.construct(Promise, [ex], Sub); return p; } Object.setPrototypeOf(Sub, Promise); Sub.prototype = Object.create(Promise.prototype, { constructor: { value: Sub } }); var s = Sub.resolve(1), t = s.then(function (v) { return v + 1; }); return [s instanceof Sub, t instanceof Sub, Sub.all([1]) instanceof Sub, Promise.resolve(s) === s, s.finally(function () {}) instanceof Sub]; }
{ var p = Promise.resolve(1); p.constructor = { }; return p.then(function () {}) instanceof Promise; }
{ var p = Promise.resolve(1); p.constructor = 5; return p.then(function () {}); }
[Promise.name, Promise.length, flags(globalThis, 'Promise'), flags(Promise, 'prototype'), Promise[Symbol.species] === Promise, Object.prototype.toString.call(Promise.resolve()), Object.keys(Promise.resolve()), JSON.stringify(Promise.resolve(1))]
['then', 'catch', 'finally'].map(function (n) { return [Promise.prototype[n].name, Promise.prototype[n].length, flags(Promise.prototype, n)]; })
['all', 'allSettled', 'any', 'race', 'resolve', 'reject', 'withResolvers', 'try'].map(function (n) { return [Promise[n].name, Promise[n].length]; })
{ var p = new Proxy(Promise.resolve(1), {}); return attempt(function () { return p.then(function () {}); }); }
// a script that replaces what the library might use
{ var then = Promise.prototype.then, push = Array.prototype.push, log = []; Promise.prototype.then = function (a, b) { log.push('mine'); return then.call(this, a, b); }; try { Promise.resolve(1).then(function () {}); Promise.resolve(1).catch(function () {}); } finally { Promise.prototype.then = then; } return log; }
{ var p = Promise.resolve(1); for (var i = 0; i < 5000; i++) p = p.then(function (v) { return v + 1; }); return p; }
{ var n = 0, all = []; for (var i = 0; i < 2000; i++) all.push(Promise.resolve(i)); return Promise.all(all).then(function (v) { return v.length + v[1999]; }); }
