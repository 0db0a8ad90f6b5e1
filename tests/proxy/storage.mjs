// Documents, key-values and blobs from scripts through the real fronts: what they answer,
// that apps cannot see each other's, quotas, transactions, counters under load, previews.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { onNode, domain, request, sleep, sanitized } from '../lib/node.mjs';

// The body of a function becomes api/main.js; its value or what it threw comes back.
const script = (body) => `
function run() {
${body}
}
let answer;
try {
  const value = run();
  answer = { value, cursor: value?.cursor };
} catch (e) {
  answer = { thrown: { name: e.name, code: e.code, message: e.message, retryable: e.retryable } };
}
respond(200, answer);`;

await onNode('storage', {}, async (n, part) => {
  const fronts = n.allFronts();
  let turn = 0;
  let key = n.key, deploys = 0;
  const deploy = async (app, body, query = '') => {
    if (++deploys % 25 === 0) key = n.newKey('admin');	// thirty a minute and key
    const rs = await n.deploy(app, { 'api/main.js': script(body) }, query, { key });
    assert.equal(rs.status, 200, rs.text);
    assert.deepEqual(rs.json.data.warnings, [], body);
    return rs.json.data;
  };
  const on = (app) => async (body) => {
    await deploy(app, body);
    const rs = await n.get(fronts[turn++ % fronts.length], `${app}.${domain}`, '/api/');
    assert.equal(rs.status, 200, `${body}: ${rs.text}`);
    return rs.json;
  };
  const a = on('a'), b = on('b');
  const is = async (call, body, want) => assert.deepEqual((await call(body)).value, want, body);
  const throws = async (call, body, name, code) => { const r = await call(body); assert.deepEqual([r.thrown?.name, r.thrown?.code], [name, code], `${body}: ${JSON.stringify(r)}`); return r.thrown; };

  await part('kv', async () => {
    await is(a, 'const kv = fazt.app.kv; kv.set("k", {a: [1, "😀", null]}); return kv.get("k")', { a: [1, '😀', null] });
    await is(a, 'return [fazt.app.kv.get("none"), fazt.app.kv.delete("none"), fazt.app.kv.set("x", 0)].map(String)', ['undefined', 'undefined', 'undefined']);
    await is(a, 'return fazt.app.kv.list("k")', [{ key: 'k', value: { a: [1, '😀', null] } }]);
    await is(a, 'for (const k of ["p/1", "p/2", "p%3", "p_4"]) fazt.app.kv.set(k, k); return fazt.app.kv.list("p/").map((r) => r.key)', ['p/1', 'p/2']);
    await is(a, 'return fazt.app.kv.list("p", {limit: 2, after: "p/1", keysOnly: true})', [{ key: 'p/2' }, { key: 'p_4' }].sort((x, y) => (x.key < y.key ? -1 : 1)));
    await is(a, 'const kv = fazt.app.kv; return [kv.incr("n"), kv.incr("n", 5), kv.incr("n", -0.5), kv.get("n")]', [1, 6, 5.5, 5.5]);
    await is(a, 'const kv = fazt.app.kv; return [kv.cas("c", undefined, {x: 1, y: 2}), kv.cas("c", undefined, 1), kv.cas("c", {y: 2, x: 1}, 3), kv.cas("c", 3, undefined), kv.get("c") === undefined]', [true, false, true, true, true]);
    await is(a, 'const kv = fazt.app.kv; kv.set("t", 1, 40); const had = kv.get("t"); const end = Date.now() + 60; while (Date.now() < end); return [had, kv.get("t") === undefined, kv.list("t").length]', [1, true, 0]);
    await is(a, 'const kv = fazt.app.kv; kv.set("t", 1, 5000); kv.set("t", 2); return kv.list("t")', [{ key: 't', value: 2 }]);
    await is(a, 'const kv = fazt.app.kv; kv.set("t", 1); kv.set("t", 1, 0); return kv.get("t") === undefined', true);
    await throws(a, 'fazt.app.kv.set("k")', 'TypeError', undefined);
    await throws(a, 'fazt.app.kv.set("", 1)', 'TypeError', undefined);
    await throws(a, 'fazt.app.kv.set("x".repeat(513), 1)', 'TypeError', undefined);
    await throws(a, 'fazt.app.kv.set("s", "text"); fazt.app.kv.incr("s")', 'StorageError', 'KV_NOT_NUMBER');
    await throws(a, 'fazt.app.user.kv.get("k")', 'AuthError', 'LOGIN_REQUIRED');
    const r = await a('fazt.app.user.kv.get("k")');
    assert.equal(r.thrown.message, 'fazt.app.user.kv.get requires login');
    await is(a, 'return fazt.storage.kv.get("k") !== undefined', true);
  });

  await part('documents', async () => {
    await is(a, `const ds = fazt.app.ds; for (let i = 0; i < 30; i++) ds.insert('d', { id: 'i' + i, n: i, even: i % 2 === 0, tags: ['t' + i % 3], o: { deep: [i] } });
      return [ds.count('d'), ds.find('d', { n: { $gte: 27 } }).map((d) => d.id), ds.findOne('d', 'i3').n, ds.findOne('d', { 'o.deep.0': 4 }).id]`, [30, ['i29', 'i28', 'i27'], 3, 'i4']);
    const doc = (await a('return fazt.app.ds.findOne("d", "i1")')).value;
    assert.deepEqual(Object.keys(doc).sort(), ['_createdAt', '_updatedAt', 'even', 'id', 'n', 'o', 'tags']);
    assert.ok(Math.abs(doc._createdAt - Date.now()) < 60000);
    for (const [query, want] of [['{ even: true, n: { $lt: 4 } }', ['i2', 'i0']], ['{ tags: { $contains: "t1" }, n: { $lt: 5 } }', ['i4', 'i1']], ['{ $or: [{ n: 1 }, { n: 2 }] }', ['i2', 'i1']],
      ['{ n: { $in: [3, 9, 99] } }', ['i9', 'i3']], ['{ missing: null, n: 5 }', ['i5']], ['{ n: { $not: { $gt: 1 } } }', ['i1', 'i0']], ['{ id: { $prefix: "i2" }, n: { $lt: 22 } }', ['i21', 'i20', 'i2']], ['{ $and: [{ n: { $gt: 3 } }, { n: { $lt: 6 } }] }', ['i5', 'i4']],
      ['{ n: { $nin: [0, 1, 2] }, even: 1, $not: { n: { $gt: 5 } } }', ['i4']], ['{ missing: { $exists: true } }', []], ['{ n: { $in: [] } }', []], ['{ n: "1" }', []], ['{ n: { $gt: "0" } }', []], ['{ missing: { $ne: 1 }, n: 7 }', ['i7']]]) {
      await is(a, `return fazt.app.ds.find('d', ${query}).map((d) => d.id)`, want);
    }
    // The same answers with indexes.
    await is(a, `const ds = fazt.app.ds; return [ds.index('d', 'n'), ds.index('d', ['even', 'n'], { name: 'en' }), ds.explain('d', { n: 3 }).scan, ds.explain('d', { o: 1 }).scan, ds.index('d', 'n')].map(String).slice(1)`, ['en', 'false', 'true', (await a('return fazt.app.ds.index("d", "n")')).value]);
    await is(a, `return fazt.app.ds.find('d', { n: { $in: [3, 9, 99] } }).map((d) => d.id)`, ['i9', 'i3']);
    await is(a, `return fazt.app.ds.find('d', { even: true }, { sort: '-n', limit: 2, fields: ['n'] })`, [{ id: 'i28', n: 28 }, { id: 'i26', n: 26 }]);
    const p1 = await a(`return fazt.app.ds.find('d', {}, { sort: { even: -1, n: 1 }, limit: 20, fields: ['n'] })`);
    assert.ok(p1.cursor);
    const p2 = await a(`return fazt.app.ds.find('d', {}, { sort: { even: -1, n: 1 }, limit: 20, fields: ['n'], after: ${JSON.stringify(p1.cursor)} })`);
    assert.deepEqual([...p1.value, ...p2.value].map((d) => d.n), [...Array(15).keys()].map((i) => 2 * i).concat([...Array(15).keys()].map((i) => 2 * i + 1)));
    assert.equal(p2.cursor, null);
    await is(a, `const ds = fazt.app.ds; return [ds.update('d', { n: { $lt: 3 } }, { $inc: { n: 100 }, $set: { 'o.new.x': 1 }, $unset: { tags: 1 }, plain: 'p' }), ds.findOne('d', 'i0')]`.replace("ds.findOne('d', 'i0')]", "(({ n, o, tags, plain }) => ({ n, o, tags, plain }))(ds.findOne('d', 'i0'))]"), [3, { n: 100, o: { deep: [0], new: { x: 1 } }, plain: 'p' }]);
    await is(a, `const ds = fazt.app.ds; return [ds.upsert('u', { k: 1 }, { $inc: { c: 1 } }).inserted, ds.upsert('u', { k: 1 }, { $inc: { c: 1 } }).inserted, ds.find('u').map(({ k, c }) => [k, c])]`, [true, false, [[1, 2]]]);
    await is(a, `const ds = fazt.app.ds; return [ds.deleteOldest('d', 10), ds.count('d'), ds.delete('d', { n: { $gte: 25 } }), ds.count('d')]`, [20, 10, 5, 5]);
    await throws(a, `fazt.app.ds.insert('d', { id: 'i24' })`, 'StorageError', 'DS_DUPLICATE');
    await throws(a, `fazt.app.ds.insertMany('d', [{ id: 'new1' }, { id: 'i24' }])`, 'StorageError', 'DS_DUPLICATE');
    await is(a, `return fazt.app.ds.findOne('d', 'new1')`, null);
    for (const bad of ['{ $where: "1" }', '{ n: { $regex: "x" } }', '{ "x\') = 1 --": 1 }', '{ "": 1 }', '{ n: { $in: 3 } }', '{ $or: {} }', '{ "a..b": 1 }'])
      await throws(a, `fazt.app.ds.find('d', ${bad})`, 'StorageError', 'DS_BAD_QUERY');
    await throws(a, `fazt.app.ds.update('d', {}, { $push: { a: 1 } })`, 'StorageError', 'DS_BAD_UPDATE');
    await throws(a, `fazt.app.ds.insert('d')`, 'TypeError', undefined);
    await throws(a, `fazt.app.ds.insert('d', [1])`, 'TypeError', undefined);
    // undefined in a query is null, not "everything".
    await is(a, `const before = fazt.app.ds.count('d'); return [fazt.app.ds.delete('d', { n: undefined }), fazt.app.ds.count('d') === before]`, [0, true]);
  });

  await part('blobs', async () => {
    const bytes = crypto.randomBytes(70000).toString('base64');
    await is(a, `const { s3 } = fazt.app; s3.put('dir//x.bin', fazt.crypto.base64.decode('${bytes}'), 'image/png');
      const o = s3.get('dir/x.bin'); return [o.data === '${bytes}', o.mime, o.size, o.hash]`, [true, 'image/png', 70000, crypto.createHash('sha256').update(Buffer.from(bytes, 'base64')).digest('hex')]);
    await is(a, `const { s3 } = fazt.app; s3.put('t', 'Grüße 😀'); return [s3.get('t', { as: 'text' }).data, s3.head('t').size, s3.list('dir/').map((o) => o.path), s3.get('none'), s3.head('none'), s3.delete('t') === undefined, s3.get('t')]`,
      ['Grüße 😀', Buffer.byteLength('Grüße 😀'), ['dir/x.bin'], null, null, true, null]);
    for (const bad of ['', '../x', 'a/../b', 'a\\u0000b', '/'])
      await throws(a, `fazt.app.s3.put('${bad}', 'x')`, 'TypeError', undefined);
  });

  await part('one app never sees another', async () => {
    await a('fazt.app.kv.set("secret", "canary-kv"); fazt.app.ds.insert("secret", { id: "s", v: "canary-ds" }); fazt.app.s3.put("secret", "canary-s3"); fazt.app.ds.searchIndex("secret", ["v"])');
    const tries = ['fazt.app.kv.get("secret")', 'fazt.app.kv.list()', 'fazt.app.ds.find("secret")', 'fazt.app.ds.findOne("secret", "s")', 'fazt.app.ds.search("secret", "canary")', 'fazt.app.s3.get("secret")', 'fazt.app.s3.list()', 'fazt.app.s3.get("../a/secret")',
      'fazt.storage.kv.list("")', 'fazt.app.ds.find("secret", { $or: [{ id: "s" }, { v: { $exists: true } }] })', 'fazt.app.ds.count("secret")', 'fazt.app.ds.indexes("secret")', 'fazt.app.kv.list("", { after: "" })'];
    for (const t of tries) assert.ok(!JSON.stringify(await b(`try { return ${t} } catch (e) { return e.message }`)).includes('canary'), t);
    await b('fazt.app.kv.delete("secret"); fazt.app.ds.delete("secret", {}); fazt.app.s3.delete("secret")');
    await is(a, 'return [fazt.app.kv.get("secret"), fazt.app.ds.count("secret"), fazt.app.s3.head("secret").size]', ['canary-kv', 1, 9]);
    const url = (await a('return fazt.app.s3.url("secret")')).value;
    assert.equal((await n.get(fronts[0], `a.${domain}`, url)).text, 'canary-s3');
    assert.notEqual((await n.get(fronts[0], `b.${domain}`, url)).status, 200);
  });

  await part('transactions', async () => {
    await throws(a, 'fazt.tx(() => { fazt.app.kv.set("tx", 1); fazt.app.ds.insert("tx", {}); throw new RangeError("no") })', 'RangeError', undefined);
    await is(a, 'return [fazt.app.kv.get("tx") === undefined, fazt.app.ds.count("tx")]', [true, 0]);
    await is(a, 'return fazt.tx(() => { fazt.app.kv.set("tx", 1); return fazt.app.kv.get("tx") + fazt.app.kv.incr("tx") })', 3);
    await throws(a, 'fazt.tx(() => fazt.tx(() => 1))', 'StorageError', 'TX_NESTED');
    await throws(a, 'fazt.tx(() => fazt.app.s3.put("x", "y"))', 'StorageError', 'TX_NOT_ALLOWED');
    await throws(a, 'fazt.tx(() => { fazt.app.kv.set("tx", 9); return Promise.resolve(1) })', 'StorageError', 'TX_NOT_ALLOWED');
    await is(a, 'return fazt.app.kv.get("tx")', 2);
    // One that does not end is cut, rolled back, and others go on.
    await deploy('a', 'return fazt.tx(() => { fazt.app.kv.set("tx", 99); for (;;); })');
    const cut = await n.get(fronts[0], `a.${domain}`, '/api/');
    assert.equal(cut.status, 504, cut.text);
    await is(a, 'return fazt.app.kv.get("tx")', 2);
    await is(b, 'fazt.app.kv.set("alive", 1); return fazt.app.kv.get("alive")', 1);
  });

  await part('counters: many callers, nothing lost', async () => {
    const clients = 64, each = sanitized ? 20 : 1000;
    assert.equal((await n.deploy('count', { 'api/main.js': 'fazt.app.kv.incr("n"); respond(String(fazt.app.kv.get("n")))' })).status, 200);
    const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
    let bad = 0;
    await Promise.all(Array.from({ length: clients }, async () => {
      for (let i = 0; i < each; i++) {
        const rs = await request(n.ports.nginx, { host: `count.${domain}`, path: '/api/', agent });
        if (rs.status === 503) { i--; await sleep(5); } else if (rs.status !== 200) bad++;
      }
    }));
    agent.destroy();
    assert.equal(bad, 0);
    assert.equal((await n.get(fronts[0], `count.${domain}`, '/api/')).text, String(clients * each + 1));
  });

  await part('quotas', async () => {
    const call = on('q');
    await call('return 1');
    assert.equal((await n.api('PUT', '/api/apps/q/quotas', { kv_keys: 3, docs: 2, blob_bytes: 1000 })).status, 200);
    await throws(call, 'for (let i = 0; i < 4; i++) fazt.app.kv.set("k" + i, i)', 'LimitError', 'QUOTA_EXCEEDED');
    await is(call, 'fazt.app.kv.set("k0", "again"); fazt.app.kv.delete("k1"); fazt.app.kv.set("k9", 1); return fazt.app.kv.list().length', 3);
    await throws(call, 'for (let i = 0; i < 3; i++) fazt.app.ds.insert("c", { i })', 'LimitError', 'QUOTA_EXCEEDED');
    await throws(call, 'fazt.app.s3.put("x", "y".repeat(1001))', 'LimitError', 'QUOTA_EXCEEDED');
    const usage = (await n.api('GET', '/api/apps/q/usage')).json.data;
    assert.deepEqual([usage.kv, usage.docs], [{ used: 3, limit: 3 }, { used: 2, limit: 2 }]);
    assert.equal((await n.deploy('q2', { 'api/main.js': 'for (let i = 0; ; i++) fazt.app.kv.set("k" + i, 1)' })).status, 200);
    assert.equal((await n.api('PUT', '/api/apps/q2/quotas', { kv_keys: 5 })).status, 200);
    const rs = await n.get(fronts[0], `q2.${domain}`, '/api/');
    assert.deepEqual([rs.status, rs.json.code], [429, 'QUOTA_EXCEEDED']);
  });

  await part('previews read only', async () => {
    const preview = async (body) => {
      const { deploy: d } = await deploy('a', body, '&draft=true');
      return (await n.get(fronts[0], `d${d}--a.${domain}`, '/api/')).json;
    };
    await is(preview, 'return fazt.app.kv.get("secret")', 'canary-kv');
    await throws(preview, 'fazt.app.kv.set("x", 1)', 'StorageError', 'READ_ONLY');
    await throws(preview, 'fazt.app.ds.insert("x", {})', 'StorageError', 'READ_ONLY');
    await throws(preview, 'fazt.app.s3.put("x", "y")', 'StorageError', 'READ_ONLY');
  });
});
