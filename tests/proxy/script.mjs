// api/main.js through the real fronts: which value becomes the answer, what a script sees
// of its request, what it may say, and what strangers see of its errors.
import assert from 'node:assert/strict';
import { onNode, domain, until } from '../lib/node.mjs';

await onNode('script', {}, async (n, part) => {
  const fronts = n.allFronts();
  let serial = 0, key = n.key;
  // Deploy files (a string is api/main.js) and return a caller for each front.
  const app = async (files, { warnings = 0 } = {}) => {
    const name = `s${++serial}`;
    if (serial % 25 === 0) key = n.newKey('admin');	// thirty a minute and key
    const rs = await n.deploy(name, typeof files === 'string' ? { 'api/main.js': files } : files, '', { key });
    assert.equal(rs.status, 200, rs.text);
    assert.equal(rs.json.data.warnings.length, warnings, JSON.stringify(rs.json.data.warnings));
    const call = (target = '/api/', { method = 'GET', headers = {}, body, front = fronts[0] } = {}) =>
      n.request(front, { host: `${name}.${domain}`, method, path: target, headers: { ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }), ...headers }, body });
    call.site = name;
    call.warnings = rs.json.data.warnings;
    return call;
  };

  await part('which value is the answer', async () => {
    const table = [
      ['respond("a"); respond("b")', 200, 'a'],
      ['[1].forEach(() => respond(201, {x: 1})); 5', 201, '{"x":1}'],
      ['module.exports = (rq) => ({ status: 202, body: rq.method })', 202, 'GET'],
      ['exports.default = async () => "d"', 200, 'd'],
      ['exports.handler = () => [1, 2]', 200, '[1,2]'],
      ['export default async function (rq) { return { path: rq.path } }', 200, '{"path":"/api/"}'],
      ['return { a: 1 }', 200, '{"a":1}'],
      ['if (true) return "early"; respond("late")', 200, 'early'],
      ['const x = 3; x * 2', 200, '6'],
      ['if (request.method === "GET") { "then" } else { "else" }', 200, 'then'],
      ['Promise.resolve({ headers: { "X-A": "b" }, body: "p" })', 200, 'p'],
      ['await Promise.resolve(1); const v = await (async () => "top")(); return v', 200, 'top'],
      ['function handler(rq) { return "handler " + rq.path }', 200, 'handler /api/'],
      ['async function handler() { await null; return { status: 418 } }', 418, ''],
      ['const x = 1;', 200, ''],
      ['', 200, ''],
      ['respond()', 200, ''],
      ['respond(204)', 204, ''],
      ['respond("404", "gone")', 404, 'gone'],
      ['return null', 200, 'null'],
      ['respond(200, 7)', 200, '7'],
      ['respond(true)', 200, 'true'],
      ['return new Uint8Array([104, 105])', 200, 'hi'],
    ];
    for (const [source, status, text] of table) {
      const call = await app(source);
      for (const front of table.indexOf(table.find((r) => r[0] === source)) < 4 ? fronts : fronts.slice(0, 1)) {
        const rs = await call('/api/', { front });
        assert.deepEqual([rs.status, rs.text], [status, text], source);
      }
    }
  });

  await part('what a script sees', async () => {
    const echo = await app(`respond({ method: request.method, path: request.path, query: request.query, queryAll: request.queryAll,
      h: request.headers['x-thing'], H: request.headers['X-Thing'], cookies: request.cookies, cookie: request.headers.cookie,
      body: request.body, bodyError: request.bodyError, form: request.form, formAll: request.formAll, text: request.text(), raw: request.raw.byteLength,
      host: request.host, url: request.url, ip: request.ip, id: request.id, secure: request.secure, deploy: request.deploy,
      files: request.files && Object.keys(request.files) })`);
    for (const front of fronts) {
      const rs = await echo('/api/a%20b//c/../d?x=1&x=2&e=%F0%9F%98%80&plus=a+b', { front, method: 'POST', body: '{"emoji":"😀","n":1.5}',
        headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Thing': 'v', Cookie: 'a=1; __Host-fazt=secret; b=2', 'X-Request-ID': 'abcdefgh-1' } });
      assert.equal(rs.status, 200, rs.text);
      const v = rs.json;
      assert.deepEqual([v.method, v.path, v.query, v.queryAll.x], ['POST', '/api/a b/d', { x: '1', e: '😀', plus: 'a b' }, ['1', '2']]);
      assert.deepEqual([v.h, v.H, v.cookies, v.body, v.text, v.raw], ['v', 'v', { a: '1', b: '2' }, { emoji: '😀', n: 1.5 }, '{"emoji":"😀","n":1.5}', 24]);
      assert.ok(!String(v.cookie).includes('secret'));
      assert.deepEqual([v.host, v.ip, v.id, v.secure, v.deploy], [`${echo.site}.${domain}`, '127.0.0.1', 'abcdefgh-1', false, 1]);
      assert.match(v.url, new RegExp(`^http://${echo.site}\\.example\\.test.*/api/`));
      const form = (await echo('/api/', { front, method: 'POST', body: 'a=1&a=2&b=%E2%82%AC+x', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })).json;
      assert.deepEqual([form.body, form.form, form.formAll], [{ a: '1', b: '€ x' }, { a: '1', b: '€ x' }, { a: ['1', '2'], b: ['€ x'] }]);
      const bad = (await echo('/api/', { front, method: 'POST', body: '{"a":', headers: { 'Content-Type': 'application/json' } })).json;
      assert.equal(bad.body, null);
      assert.ok(bad.bodyError);
      assert.equal((await echo('/api/', { front, method: 'POST', body: 'plain', headers: { 'Content-Type': 'text/plain' } })).json.body, 'plain');
      // A first byte of 0xff, 0x80 or 0x82 must not become a Symbol.
      const raw = (await echo('/api/', { front, method: 'POST', body: Buffer.from([0xff, 0x41, 0x80]), headers: { 'Content-Type': 'text/plain' } })).json;
      assert.deepEqual([raw.body, raw.raw], ['\ufffdA\ufffd', 3]);
    }
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      for (const front of fronts) assert.equal((await echo('/api/m', { method, front })).json.method, method);
  });

  await part('what a script says', async () => {
    const table = [
      ['{ a: [1, undefined, () => 1], d: new Date(0), u: undefined }', '{"a":[1,null,null],"d":"1970-01-01T00:00:00.000Z"}', 'application/json'],
      ['"text 😀"', 'text 😀', 'text/plain; charset=utf-8'],
      ['" [1]"', ' [1]', 'application/json'],
      ['new Uint8Array([0, 255]).buffer', Buffer.from([0, 255]).toString(), 'application/octet-stream'],
    ];
    for (const [expression, text, type] of table) {
      const rs = await (await app(`respond(${expression})`))();
      assert.deepEqual([rs.status, rs.text, rs.headers['content-type']], [200, text, type], expression);
    }
    const cookies = await (await app('respond(200, "x", { "Set-Cookie": ["a=1; Path=/", "b=2"], "X-N": 7, "Content-Type": "text/html" })'))();
    assert.deepEqual([cookies.headers['set-cookie'], cookies.headers['x-n'], cookies.headers['content-type']], [['a=1; Path=/', 'b=2'], '7', 'text/html']);
    const redirect = await (await app('respond.redirect("/x?a=1", 307)'))();
    assert.deepEqual([redirect.status, redirect.headers.location], [307, '/x?a=1']);
    for (const headers of ['{"X-Accel-Redirect":"/etc/passwd"}', '{"Status":"200"}', '{"Content-Length":"1"}', '{"X-A":"b\\r\\nX-Inj: 1"}', '{"X-A":"b\\nX-Inj: 1"}', '{"X A":"b"}', '{"":"b"}', '{"X-A":"\\u0000"}',
      '{"Set-Cookie":"a=1; Domain=example.test"}', '{"Set-Cookie":"__Host-fazt=1"}', '{"Strict-Transport-Security":"max-age=1"}', '{"Transfer-Encoding":"chunked"}'])
      for (const front of fronts.slice(0, 2)) {
        const rs = await (await app(`respond(200, "x", ${headers})`))('/api/', { front });
        assert.deepEqual([rs.status, rs.headers['x-inj'], rs.headers['x-accel-redirect']], [500, undefined, undefined], headers);
        assert.equal(rs.json.code, 'INTERNAL_ERROR');
      }
    const head = await (await app('respond("12345")'))('/api/', { method: 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
    for (const status of [199, 600, 99, 1000, 1.5, -1, '"abc"'])
      assert.equal((await (await app(`respond(${status}, "x")`))()).status, 500, String(status));
  });

  await part('errors: strangers see a code and an id, the log sees file, line and column', async () => {
    const call = await app({ 'api/main.js': 'const lib = require("./lib/deep");\n\nrespond(200, "never");\nlib.go(request.query.how);\n', 'api/lib/deep.js':
      '// a comment\nexports.go = (how) => {\n  const inner = async () => {\n    throw new TypeError(`secret ${how}`);\n  };\n  if (how === "async") return inner();\n  null.boom;\n};\n' });
    for (const front of fronts) {
      const rs = await call('/api/?how=sync', { front });
      assert.equal(rs.status, 500);
      assert.deepEqual(Object.keys(rs.json).sort(), ['code', 'error', 'id']);
      assert.deepEqual([rs.json.error, rs.json.code], ['Internal error', 'INTERNAL_ERROR']);
      assert.equal(rs.json.id, rs.headers['x-request-id']);
    }
    const logs = async (q = '') => (await n.api('GET', `/api/logs?site_id=${call.site}${q}`)).json.data.logs;
    const line = await until(async () => (await logs()).find((l) => l.level === 'error'), 5000, 'a log line');
    assert.deepEqual([line.file, line.line], ['api/lib/deep.js', 7]);
    assert.match(line.message, /api\/lib\/deep\.js:7:\d+/);
    assert.match(line.message, /api\/main\.js:4/);
    const broken = await app({ 'api/main.js': 'const a = 1;\nconst b = ;\n' }, { warnings: 1 });
    assert.deepEqual([broken.warnings[0].file, broken.warnings[0].line, broken.warnings[0].column], ['api/main.js', 2, 11]);
    assert.equal((await broken()).status, 500);
    const table = [
      ['while (true) {}', 504, 'TIMEOUT'], ['const a = []; for (;;) a.push(new Array(1000).fill(1))', 500, 'MEMORY_LIMIT'],
      ['await new Promise(() => {})', 500, 'INTERNAL_ERROR'], ['throw 1', 500, 'INTERNAL_ERROR'], ['throw null', 500, 'INTERNAL_ERROR'],
      ['Promise.reject(new Error("x")); respond("ok")', 500, 'INTERNAL_ERROR'], ['require("./none")', 500, 'INTERNAL_ERROR'], ['require("../../etc/passwd")', 500, 'INTERNAL_ERROR'],
      ['fazt.auth.requireLogin()', 401, 'UNAUTHORIZED'], ['fazt.session.require()', 400, 'SESSION_REQUIRED'],
    ];
    for (const [source, status, code] of table) {
      const rs = await (await app(source))();
      assert.deepEqual([rs.status, rs.json.code], [status, code], `${source}: ${rs.text}`);
    }
  });

  await part('nothing stays', async () => {
    const call = await app({ 'api/state.js': 'let count = 0; module.exports = { count };', 'api/main.js': `
      const seen = [typeof leak, ({}).polluted, JSON.parse('1'), Math.random() === 0.5, require('lodash').polluted, require('./state').count].join();
      const ok = JSON.stringify({ seen });
      globalThis.leak = 1; Object.prototype.polluted = 1; JSON.stringify = () => 'HACKED'; JSON.parse = () => 9; Math.random = () => 0.5;
      require('lodash').polluted = 1; require('./state').count++; Promise.prototype.then = null; Array.prototype.map = null; delete globalThis.Object;
      respond(200, ok)` });
    const answers = new Set();
    for (let i = 0; i < 300; i++) answers.add((await call('/api/', { front: fronts[i % fronts.length] })).text);
    assert.deepEqual([...answers], ['{"seen":"undefined,,1,false,,0"}']);
    const randoms = new Set();
    const random = await app('respond([Math.random(), fazt.crypto.randomUUID(), require("uuid").v4()].join())');
    for (let i = 0; i < 100; i++) for (const v of (await random()).text.split(',')) randoms.add(v);
    assert.equal(randoms.size, 300);
  });

  await part('stdlib', async () => {
    const call = await app(`
      const _ = require('lodash'), dayjs = require('dayjs'), { marked } = require('marked'), uuid = require('uuid'), validator = require('validator'), { z } = require('zod'), cheerio = require('cheerio');
      respond({ chunk: _.chunk([1, 2, 3], 2), date: dayjs('2026-03-01').add(1, 'day').format('YYYY-MM-DD'), html: marked('# Hi *x*'), v5: uuid.v5('a', uuid.v5.URL), email: validator.isEmail('a@b.co'),
        z: z.object({ a: z.number() }).safeParse({ a: '1' }).success, text: cheerio.load('<p class="x">hé</p>')('.x').text() })`);
    const v = (await call()).json;
    assert.deepEqual([v.chunk, v.date, v.email, v.z, v.text], [[[1, 2], [3]], '2026-03-02', true, false, 'hé']);
    assert.match(v.html, /<h1[^>]*>Hi <em>x<\/em><\/h1>/);
    assert.equal(v.v5, 'e1407479-3136-56c0-9908-bb02fb0339e2');
  });
});
