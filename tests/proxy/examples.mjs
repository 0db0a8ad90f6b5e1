// The example apps, deployed as they lie in the tree and used through the real fronts.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import path from 'node:path';
import { onNode, domain, root } from '../lib/node.mjs';

const boundary = 'gallery-4711';
function upload(files) {
  const parts = files.map(({ name, type, bytes }) => Buffer.concat([Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`), bytes, Buffer.from('\r\n')]));
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

await onNode('examples', {}, async (n, part) => {
  const fronts = n.allFronts();
  for (const app of ['guestbook', 'shortener', 'recipes', 'gallery', 'typescript', 'notes']) {
    const rs = await n.deploy(app, path.join(root, 'examples', app));
    assert.equal(rs.status, 200, rs.text);
    assert.deepEqual(rs.json.data.warnings, [], app);
  }
  const call = async (front, app, method, target, body, headers = {}) => {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const rs = await n.request(front, { host: `${app}.${domain}`, method, path: target, body: bytes, headers: {
      ...(bytes === undefined ? {} : { 'Content-Length': bytes.length, 'Content-Type': 'application/json' }), ...headers } });
    return rs;
  };

  await part('guestbook: sign, page, refuse', async () => {
    for (const front of fronts) {
      const get = async (q = '') => (await call(front, 'guestbook', 'GET', `/api/entries${q}`)).json;
      const before = (await get()).total;
      for (let i = 0; i < 13; i++) {
        const rs = await call(front, 'guestbook', 'POST', '/api/entries', { name: `N${i}`, text: `Grüße 🎉 ${i}` });
        assert.equal(rs.status, 201, rs.text);
        assert.match(rs.json.id, /^[0-9a-f-]{36}$/);
      }
      const first = await get();
      assert.deepEqual([first.total, first.entries.length, first.entries[0].text], [before + 13, 10, 'Grüße 🎉 12']);
      const second = await get(`?after=${encodeURIComponent(first.next)}`);
      assert.equal(second.entries[0].text, 'Grüße 🎉 2');
      const seen = new Set([...first.entries, ...second.entries].map((e) => e.id));
      assert.equal(seen.size, first.entries.length + second.entries.length);
      for (const bad of [{}, { name: 'x' }, { name: ' ', text: ' ' }, { name: 'x'.repeat(61), text: 'y' }])
        assert.equal((await call(front, 'guestbook', 'POST', '/api/entries', bad)).status, 400);
      assert.equal((await call(front, 'guestbook', 'PUT', '/api/entries', {})).headers.allow, 'GET, POST');
      assert.equal((await call(front, 'guestbook', 'GET', '/api/other')).status, 404);
      assert.match((await call(front, 'guestbook', 'GET', '/')).text, /<h1>Guestbook/);
    }
  });

  await part('shortener: codes never collide, visits are exact', async () => {
    const codes = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
      const rs = await call(fronts[i % fronts.length], 'shortener', 'POST', '/api/links', { url: `https://example.org/${i}?ä=1` });
      assert.equal(rs.status, 201, rs.text);
      return rs.json.code;
    }));
    assert.equal(new Set(codes).size, 40);
    await Promise.all(Array.from({ length: 60 }, async (_, i) => {
      const rs = await call(fronts[i % fronts.length], 'shortener', 'GET', `/api/go/${codes[0]}`);
      assert.deepEqual([rs.status, rs.headers.location], [302, 'https://example.org/0?%C3%A4=1']);
    }));
    assert.deepEqual((await call(fronts[0], 'shortener', 'GET', `/api/links/${codes[0]}`)).json, { code: codes[0], url: 'https://example.org/0?%C3%A4=1', visits: 60 });
    assert.equal((await call(fronts[0], 'shortener', 'GET', '/api/go/none')).status, 404);
    for (const url of [undefined, '', 'x', 'javascript:alert(1)', '//a'])
      assert.equal((await call(fronts[0], 'shortener', 'POST', '/api/links', { url })).status, 400, String(url));
  });

  await part('recipes: full text', async () => {
    const titles = async (q) => (await call(fronts[0], 'recipes', 'GET', `/api/recipes?${new URLSearchParams(q)}`)).json.map((r) => r.doc.title).sort();
    // Many at once on an empty collection: filled exactly once.
    const first = await Promise.all(fronts.flatMap((f) => [1, 2, 3, 4].map(() => call(f, 'recipes', 'GET', '/api/recipes'))));
    for (const rs of first) assert.equal(rs.json.length, 8, rs.text);
    assert.deepEqual(first[0].json.map((r) => r.doc.minutes), [20, 25, 30, 40, 50, 75, 90, 240]);
    assert.deepEqual(Object.keys(first[0].json[0].doc).sort(), ['id', 'minutes', 'title', 'vegetarian']);
    assert.deepEqual(await titles({ q: 'lemon' }), ['Red lentil soup', 'Roast chicken with lemon']);
    assert.deepEqual(await titles({ q: 'lemon', vegetarian: 'true' }), ['Red lentil soup']);
    assert.deepEqual(await titles({ q: 'tomat*' }), ['Fish stew with fennel', 'Pasta with tomatoes']);
    assert.deepEqual(await titles({ q: 'tomatoes -fish' }), ['Pasta with tomatoes']);
    assert.deepEqual(await titles({ q: '"water bath"' }), ['Crème brûlée']);
    assert.deepEqual(await titles({ q: 'creme brulee' }), ['Crème brûlée']);
    assert.deepEqual(await titles({ minutes: '25' }), ['Pancakes', 'Pasta with tomatoes']);
    for (const q of ['"', '*', '-', 'a AND', 'coll:1', 'NEAR(', 'x OR y)', '^', '{a b}: c']) {
      const rs = await call(fronts[0], 'recipes', 'GET', `/api/recipes?${new URLSearchParams({ q })}`);
      assert.ok(rs.status === 200 || rs.status === 400 || rs.status === 500, `${q}: ${rs.text}`);
      if (rs.status !== 200) assert.fail(`${q}: ${rs.status} ${rs.text}`);
    }
    const hit = (await call(fronts[0], 'recipes', 'GET', '/api/recipes?q=miso')).json[0];
    assert.match(hit.highlight.steps, /<mark>miso<\/mark>/i);
    assert.equal((await call(fronts[0], 'recipes', 'GET', '/api/recipes/pancakes')).json.title, 'Pancakes');
    assert.equal((await call(fronts[0], 'recipes', 'GET', '/api/recipes/none')).status, 404);
    assert.equal((await call(fronts[0], 'recipes', 'GET', '/private/recipes.json')).status, 404);
  });

  await part('gallery: uploads, ranges, signed links', async () => {
    for (const front of fronts) {
      const big = crypto.randomBytes(3 << 20), small = Buffer.from('GIF89a tiny');
      const rs = await call(front, 'gallery', 'POST', '/api/items', upload([{ name: 'a b.mp4', type: 'video/mp4', bytes: big }, { name: 's.gif', type: 'image/gif', bytes: small }]),
        { 'Content-Type': `multipart/form-data; boundary=${boundary}` });
      assert.equal(rs.status, 201, rs.text);
      const [video, image] = rs.json;
      assert.deepEqual([video.size, video.type, image.size], [big.length, 'video/mp4', small.length]);
      assert.match(video.name, /^[0-9a-f-]{36}\/a_b\.mp4$/);
      const whole = await call(front, 'gallery', 'GET', `/api/items/${video.name}`);
      assert.deepEqual([whole.status, whole.headers['content-type'], whole.bytes.equals(big)], [200, 'video/mp4', true]);
      const ranged = await call(front, 'gallery', 'GET', `/api/items/${video.name}`, undefined, { Range: 'bytes=1000000-1000099' });
      assert.deepEqual([ranged.status, ranged.headers['content-range'], ranged.bytes.equals(big.subarray(1000000, 1000100))], [206, `bytes 1000000-1000099/${big.length}`, true]);
      const tail = await call(front, 'gallery', 'GET', `/api/items/${video.name}`, undefined, { Range: 'bytes=-5' });
      assert.ok(tail.bytes.equals(big.subarray(big.length - 5)));
      assert.equal((await call(front, 'gallery', 'GET', `/api/items/${video.name}`, undefined, { Range: `bytes=${big.length}-` })).status, 416);
      assert.equal((await call(front, 'gallery', 'GET', `/api/items/${video.name}`, undefined, { 'If-None-Match': whole.headers.etag })).status, 304);
      const head = await call(front, 'gallery', 'HEAD', `/api/items/${video.name}`);
      assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length], [200, String(big.length), 0]);
      const signed = await call(front, 'gallery', 'GET', image.url);
      assert.deepEqual([signed.status, signed.text], [200, 'GIF89a tiny']);
      assert.equal((await call(front, 'gallery', 'GET', image.url.replace(/k=./, 'k=_'))).status, 403);
      assert.equal((await call(front, 'gallery', 'GET', image.url.split('?')[0])).status, 403);
      const listed = (await call(front, 'gallery', 'GET', '/api/items')).json;
      assert.deepEqual(listed.map((i) => i.name).sort(), [video.name, image.name].sort());
      const html = await call(front, 'gallery', 'POST', '/api/items', upload([{ name: 'x.html', type: 'text/html', bytes: Buffer.from('<script>') }]), { 'Content-Type': `multipart/form-data; boundary=${boundary}` });
      assert.equal(html.status, 415);
      for (const i of [video, image]) assert.equal((await call(front, 'gallery', 'DELETE', `/api/items/${i.name}`)).status, 204);
      assert.equal((await call(front, 'gallery', 'GET', `/api/items/${video.name}`)).status, 404);
    }
  });

  await part('typescript: zod, async, modules', async () => {
    for (const front of fronts) {
      const made = await call(front, 'typescript', 'POST', '/api/tasks', { title: '  Write tests ', tags: ['a'] });
      assert.equal(made.status, 201, made.text);
      assert.deepEqual([made.json.title, made.json.done, made.json.tags], ['Write tests', false, ['a']]);
      const changed = await call(front, 'typescript', 'PATCH', `/api/tasks/${made.json.id}`, { done: true });
      assert.deepEqual([changed.status, changed.json.done, changed.json.title], [200, true, 'Write tests']);
      const bad = await call(front, 'typescript', 'POST', '/api/tasks', { title: '', due: 'tomorrow' });
      assert.deepEqual([bad.status, bad.json.errors.map((e) => e.path[0]).sort()], [400, ['due', 'title']]);
      assert.equal((await call(front, 'typescript', 'GET', '/api/tasks/none')).status, 404);
      const other = await call(front, 'typescript', 'DELETE', '/api/tasks');
      assert.deepEqual([other.status, other.headers.allow], [405, 'GET, POST']);
    }
    const done = (await call(fronts[0], 'typescript', 'GET', '/api/tasks?done=true')).json;
    assert.equal(done.length, fronts.length);
  });

  await part('notes: nobody without a session', async () => {
    const rs = await call(fronts[0], 'notes', 'GET', '/api/notes');
    assert.deepEqual([rs.status, rs.json.code], [401, 'UNAUTHORIZED']);
    assert.match(rs.json.login_url, /\/auth\/login\?redirect=/);
    const page = await call(fronts[0], 'notes', 'GET', '/api/notes', undefined, { Accept: 'text/html' });
    assert.equal(page.status, 303);
  });
});
