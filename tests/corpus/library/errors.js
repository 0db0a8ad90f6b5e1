{ var e = new Error('m', { cause: 5 }); return [e.message, e.cause, flags(e, 'cause'), flags(e, 'message'), Object.keys(e), 'cause' in new Error('x'), 'cause' in new Error('x', {}), 'cause' in new Error('x', { cause: undefined })]; }
[Error('x').message, Error('x') instanceof Error, TypeError('x') instanceof TypeError, String(new RangeError('r')), String(new Error()), new Error(undefined).hasOwnProperty('message'), new Error(5).message]
['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'].map(function (n) { var C = globalThis[n]; return [C.name, C.length, C.prototype.name, C.prototype.message, C.prototype.constructor === C, Object.getPrototypeOf(C).name, flags(C, 'prototype'), flags(globalThis, n), Object.prototype.toString.call(new C())]; })
{ var e = new AggregateError([1, new Error('a')], 'msg', { cause: 1 }); return [e.name, e.message, e.errors.length, e.cause, e instanceof Error, Object.prototype.toString.call(e), flags(e, 'errors'), AggregateError.length]; }
new AggregateError(5)
AggregateError(new Set([1])).errors
{ var e = new SuppressedError(1, 2, 'm'); return [e.error, e.suppressed, e.message, e.name, e instanceof Error]; }
{ function My(m) { var e = Error.call(this, m) || this; e = Object.setPrototypeOf(e, My.prototype); return e; } My.prototype = Object.create(Error.prototype); var e = new My('x'); return [e instanceof My, e.message, e instanceof Error]; }
{ function My(m) { this.message = m; this.name = 'My'; } My.prototype = Object.create(Error.prototype, { constructor: { value: My } }); var e = new My('x'); return [String(e), e instanceof Error, typeof e.stack]; }
{ function My(m) { Error.call(this, m); Error.captureStackTrace(this, My); this.message = m; } My.prototype = Object.create(Error.prototype); var e = new My('x'); return [e.message, typeof e.stack, e.stack.length > 10]; }
{ var o = {}; Error.captureStackTrace(o); return [typeof o.stack, Object.keys(o)]; }
Error.captureStackTrace(1)
[typeof Error.captureStackTrace, Error.captureStackTrace.length, typeof Error.stackTraceLimit]
{ function inner() { return new Error('boo'); } var s = inner().stack.split('\n'); return [s[0], /inner/.test(s[1])]; }
{ var s; try { [].reduce(function () {}); } catch (e) { s = e.stack; } return typeof s; }
{ try { null.x; } catch (e) { return [e instanceof TypeError, e.constructor === TypeError, e.name]; } }
{ try { undefinedVariable; } catch (e) { return [e instanceof ReferenceError, e.constructor === ReferenceError]; } }
{ try { new Array(-1); } catch (e) { return [e instanceof RangeError, e.name]; } }
{ try { eval('('); } catch (e) { return [e instanceof SyntaxError, e.name]; } }
{ try { decodeURIComponent('%'); } catch (e) { return [e instanceof URIError, e.name]; } }
{ var e = new Error('a'); e.name = 'Custom'; e.code = 'X'; return [String(e), Object.keys(e), JSON.stringify(e)]; }
{ var e = new Error('a'); e.stack = 'mine'; return e.stack; }
{ var e = new Error('a'); e.message = 'b'; return [e.message, String(e)]; }
Error.prototype.toString.call({ name: 'N', message: 'M' })
Error.prototype.toString.call({})
[Object.getOwnPropertyNames(new Error('x')).indexOf('message') >= 0, Object.keys(new Error('x'))]
{ var e = new DOMException('m', 'AbortError'); return [e.name, e.message, e.code, e instanceof Error, e instanceof DOMException, String(e)]; }
{ var e = new DOMException(); return [e.name, e.message, e.code]; }
new Error('x', 5).cause
new Error('x', { get cause() { return 'got'; } }).cause
Object.getPrototypeOf(TypeError.prototype) === Error.prototype
{ var log = []; try { try { throw 1; } finally { log.push('f'); } } catch (e) { log.push(e); } return log; }
