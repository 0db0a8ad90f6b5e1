// The optional nginx micro-cache: what it keeps, how it asks again, what it must never keep.
import assert from 'node:assert/strict';
import { onNode, domain, sleep, until } from '../lib/node.mjs';

await onNode('microcache', { fronts: ['nginx'] }, async (n, part) => {
  // The variable that says what the cache did is shown by this server only.
  const get = (target, headers = {}, method = 'GET', host = `s.${domain}`) => n.request('cached', { host, path: target, headers, method });
  const cached = (rs) => rs.headers['x-cache'] ?? '';
  const files = (v) => ({ 'index.html': `home ${v}`, 'a.txt': `A ${v}`, 'h.txt': `H ${v}`, 'r.bin': `0123456789 ${v}`, 'private/p.txt': 'P', 'q.txt': `Q ${v}`, 'short.txt': `S ${v}`,
    'c.js': `// ${v}\n`.repeat(400), '_headers': '/short.txt\n  Cache-Control: public, max-age=1\n/cookie.txt\n  Cache-Control: public, max-age=60\n', 'cookie.txt': 'c' });
  assert.equal((await n.deploy('s', files(1))).status, 200);
  assert.equal((await n.deploy('w', { 'index.html': 'W', 'a.txt': 'W A' })).status, 200);

  await part('MISS, then HIT', async () => {
    const one = await get('/a.txt'), two = await get('/a.txt');
    assert.deepEqual([cached(one), cached(two)], ['MISS', 'HIT']);
    assert.deepEqual([one.text, two.text, two.headers.etag], ['A 1', 'A 1', one.headers.etag]);
    assert.equal((await get('/a.txt', {}, 'GET', `w.${domain}`)).text, 'W A');
    assert.equal((await get('/a.txt?x=1')).text, 'A 1');
  });

  await part('304 out of the cache', async () => {
    const { etag } = (await get('/a.txt')).headers;
    const rs = await get('/a.txt', { 'If-None-Match': etag });
    assert.deepEqual([rs.status, rs.bytes.length], [304, 0]);
    assert.equal((await get('/a.txt', { 'If-None-Match': '"other"' })).status, 200);
    assert.equal((await get('/fresh-304.txt', { 'If-None-Match': '*' })).status, 404);
    // the first one ever asks with a condition: the next one still gets a body
    const first = await n.get('nginx', `s.${domain}`, '/q.txt');
    assert.ok([200, 304].includes((await get('/q.txt', { 'If-None-Match': first.headers.etag })).status));
    assert.equal((await get('/q.txt')).text, 'Q 1');
  });

  await part('HTML is asked for again and a new deploy is seen', async () => {
    assert.equal((await get('/')).text, 'home 1');
    assert.equal((await n.deploy('s', files(2))).status, 200);
    assert.equal((await get('/')).text, 'home 2');
  });

  await part('old copies are revalidated', async () => {
    assert.equal((await get('/short.txt')).text, 'S 2');
    assert.equal(cached(await get('/short.txt')), 'HIT');
    await sleep(2300);
    const states = new Set();
    await until(async () => { const rs = await get('/short.txt'); assert.equal(rs.text, 'S 2'); states.add(cached(rs)); return states.has('HIT') && states.size > 1; }, 8000, 'a revalidation');
    assert.ok([...states].some((s) => ['REVALIDATED', 'STALE', 'UPDATING', 'EXPIRED'].includes(s)), [...states].join());
    assert.equal((await n.deploy('s', files(3))).status, 200);
    await sleep(2300);
    await until(async () => (await get('/short.txt')).text === 'S 3', 5000, 'the new content');
  });

  await part('HEAD does not stand in for GET', async () => {
    const head = await get('/h.txt', {}, 'HEAD');
    assert.deepEqual([head.status, head.bytes.length], [200, 0]);
    assert.equal((await get('/h.txt')).text, 'H 3');
    assert.equal((await get('/h.txt', {}, 'HEAD')).bytes.length, 0);
    assert.equal((await get('/h.txt')).text, 'H 3');
  });

  await part('variants stay apart', async () => {
    const plain = await get('/c.js'), br = await get('/c.js', { 'Accept-Encoding': 'br' }), again = await get('/c.js');
    assert.deepEqual([plain.headers['content-encoding'], br.headers['content-encoding'], again.headers['content-encoding']], [undefined, 'br', undefined]);
    assert.equal(again.text, plain.text);
    assert.notEqual(br.headers.etag, plain.headers.etag);
  });

  await part('ranges', async () => {
    for (let i = 0; i < 2; i++) {
      const rs = await get('/r.bin', { Range: 'bytes=2-4' });
      assert.deepEqual([rs.status, rs.text, rs.headers['content-range']], [206, '234', 'bytes 2-4/12']);
    }
    assert.equal((await get('/r.bin')).text, '0123456789 3');
  });

  await part('nothing private and nothing personal is kept', async () => {
    for (let i = 0; i < 3; i++) {
      const rs = await get('/private/p.txt');
      assert.equal(rs.status, 401);
      assert.notEqual(cached(rs), 'HIT');
    }
    const admin = `admin.${domain}`, auth = { Authorization: `Bearer ${n.key}` };
    for (let i = 0; i < 3; i++) {
      const rs = await get('/api/apps?all=true', auth, 'GET', admin);
      assert.equal(rs.status, 200);
      assert.notEqual(cached(rs), 'HIT');
      assert.equal((await get('/api/apps?all=true', {}, 'GET', admin)).status, 401);
      assert.equal((await get('/api/apps?all=true', { Authorization: 'Bearer fazt_no' }, 'GET', admin)).status, 401);
    }
    for (const headers of [{ Cookie: 'a=1' }, auth]) {
      await get('/cookie.txt', headers);
      assert.notEqual(cached(await get('/cookie.txt', headers)), 'HIT', JSON.stringify(headers));
    }
    for (let i = 0; i < 2; i++) assert.notEqual(cached(await get('/api/echo', {}, 'GET', admin)), 'HIT');
  });

  await part('a split is drawn anew for each visitor', async () => {
    const made = await n.api('POST', '/api/aliases/ab/split', { targets: [{ app_id: 's', weight: 50 }, { app_id: 'w', weight: 50 }] }, { front: 'nginx' });
    assert.equal(made.status, 201, made.text);
    const seen = new Set();
    for (let i = 0; i < 60; i++) {
      const rs = await get('/a.txt', {}, 'GET', `ab.${domain}`);
      seen.add(rs.text);
      assert.ok(cached(rs) !== 'HIT', 'a split answer came from the cache');
    }
    assert.equal(seen.size, 2);
  });

  await part('errors are not kept', async () => {
    assert.equal((await get('/later.txt')).status, 404);
    assert.equal((await n.deploy('s', { ...files(3), 'later.txt': 'now' })).status, 200);
    assert.equal((await get('/later.txt')).text, 'now');
    for (const host of [`unknown.${domain}`, 'other.test']) for (let i = 0; i < 2; i++) assert.notEqual(cached(await get('/', {}, 'GET', host)), 'HIT');
  });
});
