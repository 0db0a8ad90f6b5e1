// What Node cannot tell about the library: [options of jsrun, [[snippet, line], ...]].

export const heap_max = 600000;

const helpers = `__extends __assign __rest __decorate __param __metadata __esDecorate __runInitializers __propKey
	__setFunctionName __awaiter __generator __values __read __spreadArray __await __asyncGenerator __asyncDelegator
	__asyncValues __makeTemplateObject __createBinding __exportStar __importStar __importDefault
	__classPrivateFieldGet __classPrivateFieldSet __classPrivateFieldIn __addDisposableResource __disposeResources
	__re __const __proto __super __name`.split(/\s+/);

const value = (v, more = {}) => ({ value: v, ...more });

const plain = [
	// nothing of the library's own is in reach
	['return ["__lib", "__drain", "__promiseState", "__unhandled", "__preload", "__host_hidden", "__host_load"]' +
		'.filter(function (n) { return n in globalThis; });', value([])],
	['return [typeof Uint8Array.allocPlain, typeof Uint8Array.plainOf, typeof BigInt, typeof Intl];',
		value(['undefined', 'undefined', 'undefined', 'undefined'])],
	['var m = new Map([[1, 2]]), p = Promise.resolve(1), o = {}; new Map([[o, 1]]); ' +
		'return [m, p, o, [].values(), new URL("http://x"), new WeakMap(), /a/].map(function (x) ' +
		'{ return Reflect.ownKeys(x).length + Object.getOwnPropertySymbols(x).length; });',
	value([0, 0, 0, 0, 0, 0, 1])],
	['var seen = []; var p = new Proxy({}, { get: function (t, k) { seen.push(String(k)); }, has: function (t, k) ' +
		'{ seen.push("has"); }, set: function () { seen.push("set"); return true; } }); new Map([[p, 1]]).get(p); ' +
		'new WeakSet([p]).has(p); return seen;', value([])],
	// the helpers are there, and for-in does not see them
	[`return ${JSON.stringify(helpers)}.filter(function (n) { return typeof globalThis[n] !== 'function' || ` +
		'Object.getOwnPropertyDescriptor(globalThis, n).enumerable; });', value([])],
	['var k = []; for (var n in globalThis) k.push(n); for (n in {}) k.push(n); for (n in []) k.push(n); ' +
		'for (n in "") k.push(n); for (n in function () {}) k.push(n); ' +
		'return k.filter(function (n) { return !/^(show|attempt|later|flags|watched)$/.test(n); });', value([])],
	// frames of the library are not in stacks
	['try { [1].find(5); } catch (e) { return /fazt:/.test(e.stack); }', value(false)],
	['function f() { return new TypeError("x"); }\nreturn f().stack.split("\\n").slice(0, 2);',
		value(['TypeError: x', '    at f (snippet.js:2)'])],
	['var e = new Error("x");\nreturn [e.fileName, e.lineNumber];', value(['snippet.js', 2])],
	// what the host uses holds, whatever a script does
	['Array.prototype.push = Array.prototype.shift = Function.prototype.call = Function.prototype.apply = ' +
		'function () { throw 1; }; var p = Promise.resolve(5); return p.then(function (v) { return v + 1; });', value(6)],
	['var then = Promise.prototype.then; Promise.prototype.then = function () { throw 1; }; ' +
		'JSON.stringify = Object.keys = Symbol = Object = Array = undefined; ' +
		'return new (Object.getPrototypeOf === 1 ? 0 : Promise)(function (r) { r(5); });',
	{ error: 'TypeError', message: "cannot read property 'getPrototypeOf' of undefined" }],
	['delete Object.prototype.constructor; Object.prototype.s = 2; Object.prototype.v = 7; return Promise.resolve(5);',
		value(5)],
	['Object.defineProperty(Object.prototype, "waiting", { value: 1 }); return Promise.resolve(5).then(function (v) ' +
		'{ return v; });', value(5)],
	// rejections nobody looks at
	['Promise.reject(new Error("a")); return 1;', value(1, { unhandled: [{}] })],
	['Promise.reject(5); var p = Promise.reject(6); p.catch(function () {}); return 1;', value(1, { unhandled: [5] })],
	['var p = Promise.reject(5); return later(function () { p.catch(function () {}); return 1; });', value(1)],
	['Promise.all([Promise.reject(1), Promise.reject(2)]).catch(function () {}); return 1;', value(1)],
	['Promise.resolve().then(function () { throw 3; }); return 1;', value(1, { unhandled: [3] })],
	['new Promise(function () {}).then(1); return new Promise(function () {});', value('(pending)')],
	// Node's own windows-1252 is latin1
	['return new TextDecoder("latin1").decode(new Uint8Array([0x80, 0x9f]));', value('\u20ac\u0178')],
	// private state through weak maps
	['var w = new WeakMap(), o = {}; w.set(o, 1); return [__classPrivateFieldGet(o, w, "f"), ' +
		'__classPrivateFieldSet(o, w, 2, "f"), w.get(o), attempt(function () { __classPrivateFieldGet({}, w, "f"); }), ' +
		'attempt(function () { __classPrivateFieldGet(null, w, "f"); })];',
	value([1, 2, 2, 'throws TypeError', 'throws TypeError'])],
	['return [__const("x", 1).v, attempt(function () { __const("x", 1).v += 1; }), __proto(null, {}) instanceof Object, ' +
		'__proto(5, { a: 1 }).a, __name(function () {}, "n").name];', value([1, 'throws TypeError', false, 1, 'n'])],
	['function L() { return __super(Array, this, arguments); } __extends(L, Array); var l = new L(1, 2, 3); l.push(4); ' +
		'return [l.length, l instanceof L, Array.isArray(l), l.map(String) instanceof L, l.slice(1).length];',
	value([4, true, true, true, 3])],
	['var re = __re(/(\\d+)-(\\d+)/g, "y=1,m=2", false); return ["2020-12".replace(re, "$<m>/$<y>"), re.flags, ' +
		're.exec("1-2").groups.y, Array.from("1-2 3-4".matchAll(re), function (m) { return m.groups.m; })];',
	value(['12/2020', 'g', '1', ['4']])],
	['var re = __re(/a/, "", true); re.lastIndex = 1; return [re.test("ba"), re.lastIndex, re.test("ba"), re.sticky, ' +
		're.flags, String(re)];', value([true, 2, false, true, 'y', '/a/y'])],
	['return __re(/(?:(a)|(b))/, "x=1,x=2", false).exec("b").groups.x;', value('b')],
	// arguments
	['return (function () { return [__spreadArray([], __read(arguments), false), Array.from(arguments), new Set(arguments).size]; ' +
		'})(1, 2);', value([[1, 2], [1, 2], 2])],
];

// Syntax that not every Node has.
const modern = [
	['const log = []; { using a = { [Symbol.dispose]() { log.push("a"); } }, b = { [Symbol.dispose]() { log.push("b"); } }; ' +
		'log.push("body"); } return log;', value(['body', 'b', 'a'])],
	['const f = () => { using a = { [Symbol.dispose]() { throw new Error("dispose"); } }; throw new Error("body"); }; ' +
		'try { f(); } catch (e) { return [e.name, e.error.message, e.suppressed.message]; }',
	value(['SuppressedError', 'dispose', 'body'])],
	['return (async () => { const log = []; { await using a = { async [Symbol.asyncDispose]() { await 1; log.push("a"); } }; ' +
		'log.push("body"); } log.push("after"); return log; })();', value(['body', 'a', 'after'])],
	['const dec = (f, ctx) => function (...a) { return ctx.kind + ctx.name + f.call(this, ...a); }; ' +
		'class A { @dec m(x) { return x + 1; } } return new A().m(1);', value('methodm2')],
	['const logged = (C, ctx) => { C.tag = ctx.name; return C; }; @logged class A {} return A.tag;', value('A')],
	['const twice = (v, ctx) => (x) => x * 2; class A { @twice n = 21; } return new A().n;', value(42)],
	['const acc = (t, ctx) => ({ get() { return t.get.call(this) + 1; } }); class A { @acc accessor n = 1; } ' +
		'return new A().n;', value(2)],
	// a full stack ends the call, not the generator's loop
	['const r = async (n) => 1 + await r(n + 1); return r(0).catch((e) => e.name);', value('RangeError')],
	['return Object.groupBy([1, 2, 3], (x) => x % 2 ? "odd" : "even");', value({ odd: [1, 3], even: [2] })],
	['return /(?<y>\\d{4})-(?<m>\\d\\d)/u.exec("2020-12").groups.m;', value('12')],
	['return "a\\nb".match(/a.b/s)[0] + "x1y2".replace(/[a-z]/y, "-");', value('a\nb-1y2')],
];

export const facts = [[[], plain], [['-e'], plain], [['-x'], modern]];
