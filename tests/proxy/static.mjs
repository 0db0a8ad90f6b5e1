// Static sites through every front: three real ones byte for byte, and each rule of how a
// path becomes an answer.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import zlib from 'node:zlib';
import { onNode, request, root, domain, sanitized, skip, zipFolder } from '../lib/node.mjs';

const modules = path.join(root, 'tests/node_modules');
if (!fs.existsSync(path.join(modules, 'three'))) skip('npm ci --prefix tests has not run');
const sha = (b) => crypto.createHash('sha256').update(b).digest('hex');
const decode = { br: zlib.brotliDecompressSync, gzip: zlib.gunzipSync };

function tree(dir, under = '') {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => e.isDirectory() ?
    tree(path.join(dir, e.name), `${under}${e.name}/`) : [`${under}${e.name}`]);
}

async function pool(items, width, fn) {
  const left = [...items];
  await Promise.all(Array.from({ length: width }, async () => { while (left.length) await fn(left.pop()); }));
}

await onNode('static', {}, async (n, part) => {
  const fronts = n.allFronts();
  const each = async (fn) => { for (const f of fronts) await fn(f, (host, target, headers, method = 'GET') =>
    n.request(f, { host: `${host}.${domain}`.replace(/^\./, ''), path: target, headers, method })); };
  const put = async (site, files, query) => { const d = await n.deploy(site, files, query); assert.equal(d.status, 200, d.text); return d.json.data; };

  await part('a name without a deploy says so', async () => {
    for (const front of n.allFronts()) {
      const rs = await n.get(front, domain, '/', { Accept: 'text/html' });
      assert.equal(rs.status, 404, front);
      assert.match(rs.text, /Nothing here yet/, front);
    }
  });

  await part('real sites, every file', async () => {
    const sites = { swagger: path.join(modules, 'swagger-ui-dist'), reveal: path.join(modules, 'reveal.js/dist'), three: path.join(modules, 'three') };
    const agents = Object.fromEntries(fronts.map((f) => [f, new http.Agent({ keepAlive: true, maxSockets: 8 })]));
    for (const [site, dir] of Object.entries(sites)) {
      // three.js whole is 3,000 files: what browsers load is enough
      const names = tree(dir).filter((x) => site !== 'three' || /^(build|examples\/jsm)\//.test(x));
      const served = fs.mkdtempSync('/tmp/fazt-site-');
      for (const x of names) {
        fs.mkdirSync(path.dirname(path.join(served, x)), { recursive: true });
        fs.copyFileSync(path.join(dir, x), path.join(served, x));
      }
      const d = await n.api('POST', `/api/deploy?site_name=${site}`, zipFolder(served), { headers: { 'Content-Type': 'application/zip' } });
      fs.rmSync(served, { recursive: true });
      assert.equal(d.status, 200, d.text);
      assert.equal(d.json.data.file_count, names.length);
      let compressed = 0;
      for (const front of fronts)
        await pool(names, 8, async (name) => {
          const want = fs.readFileSync(path.join(dir, name));
          for (const accept of [undefined, 'gzip', 'br', 'gzip;q=0.5, br;q=0.9, *;q=0', 'identity', 'br;q=0, gzip;q=0']) {
            if (accept === undefined || front === fronts[0] || name.length % 5 === 0) {
              const target = `/${name.split('/').map(encodeURIComponent).join('/')}`;
              const rs = await request(n.ports[front], { host: `${site}.${domain}`, path: target, agent: agents[front], headers: accept ? { 'Accept-Encoding': accept } : {} });
              const label = `${front} ${site}/${name} ${accept}`;
              if (path.basename(name) === 'index.html' && rs.status === 301) continue;
              assert.equal(rs.status, 200, label);
              const coding = rs.headers['content-encoding'];
              if (coding) compressed++;
              if (!accept || accept === 'identity' || accept.startsWith('br;q=0')) assert.equal(coding, undefined, label);
              if (coding) assert.ok(rs.headers.etag.endsWith(coding === 'br' ? '-br"' : '-gz"'), label);
              assert.equal(sha(coding ? decode[coding](rs.bytes) : rs.bytes), sha(want), label);
              if (!coding) assert.equal(rs.headers.etag, `"${sha(want).slice(0, 32)}"`, label);
              assert.equal(rs.headers['x-content-type-options'], 'nosniff', label);
              assert.ok(rs.headers['content-type'], label);
            }
          }
        });
      assert.ok(compressed > 0);
    }
    for (const a of Object.values(agents)) a.destroy();
  });

  await put('s', {
    'index.html': '<h1>home</h1>', 'about.html': 'ABOUT', 'docs/index.html': 'DOCS', 'docs/a.html': 'DOC A', 'both.html': 'BOTH', 'both/index.html': 'BOTH INDEX',
    'file': 'FILE', 'app.js': `let a = 1;\n${'// text\n'.repeat(400)}`, 'pic.png': crypto.randomBytes(5000), 'assets/app-DiwrgTda.css': 'a{}'.repeat(500),
    'main.3f2a1b9c.js': 'x', 'assets/plain.css': 'b{}', '404.html': 'MY 404', 'small.css': 'c{}', 'data.json': '{}', 'a.wasm': 'w', 'x.unknownext': 'u', 'no ext': 'n',
    'feed.xml': '<x/>', 'i.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>', 'm.mjs': 'export{}', 't.txt': 'é', 'r.bin': Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256)),
    'private/p.txt': 'PRIVATE', '.well-known/security.txt': 'Contact: x', '.env': 'X=1', '.x/y': 'Z', 'api/lib.txt': 'API',
  });

  await part('clean URLs and folders', async () => each(async (f, get) => {
    for (const [target, status, want] of [['/', 200, '<h1>home</h1>'], ['/about', 200, 'ABOUT'], ['/about.html', 200, 'ABOUT'], ['/about/', 301, '/about'], ['/docs', 301, '/docs/'], ['/docs?a=b&c', 301, '/docs/?a=b&c'],
      ['/docs/', 200, 'DOCS'], ['/docs/a', 200, 'DOC A'], ['/both', 200, 'BOTH'], ['/both/', 200, 'BOTH INDEX'], ['/file', 200, 'FILE'], ['/file/', 301, '/file'], ['/no%20ext', 200, 'n'],
      ['/nope', 404, 'MY 404'], ['/nope.js', 404, 'MY 404'], ['/docs/nope', 404, 'MY 404'], ['/nope/', 404, 'MY 404'], ['/assets', 404, 'MY 404'], ['/assets/', 404, 'MY 404'], ['/404', 200, 'MY 404'], ['/.well-known/security.txt', 200, 'Contact: x'],
      ['/.env', 404, 'MY 404'], ['/.x/y', 404, 'MY 404'], ['//docs', 301, '/docs/'], ['//evil.test/..//docs', 301, '/docs/'], ['//evil.test/%2e%2e/docs', 301, '/docs/'], ['/api/lib.txt', 404, null], ['/private/p.txt', 401, null]]) {
      const rs = await get('s', target);
      assert.equal(rs.status, status, `${f} ${target}`);
      if (status === 301) assert.equal(rs.headers.location.replace(/^https?:\/\/s\.example\.test(:\d+)?/, ''), want, `${f} ${target}`);
      else if (want !== null) assert.equal(rs.text, want, `${f} ${target}`);
    }
    const refused = await get('s', '/private/p.txt');
    assert.match(refused.headers['content-type'], /^text\/plain/);
    assert.ok(!refused.text.includes('PRIVATE'));
  }));

  await part('types and cache rules', async () => each(async (f, get) => {
    for (const [target, type, cache] of [['/', 'text/html; charset=utf-8', 'no-cache'], ['/about', 'text/html; charset=utf-8', 'no-cache'], ['/app.js', /^text\/javascript/, 'public, max-age=300'],
      ['/assets/app-DiwrgTda.css', /^text\/css/, 'public, max-age=31536000, immutable'], ['/main.3f2a1b9c.js', /^text\/javascript/, 'public, max-age=31536000, immutable'],
      ['/assets/plain.css', /^text\/css/, 'public, max-age=300'], ['/pic.png', 'image/png', 'public, max-age=300'], ['/data.json', /^application\/json/, 'public, max-age=300'],
      ['/a.wasm', 'application/wasm', 'public, max-age=300'], ['/x.unknownext', 'application/octet-stream', 'public, max-age=300'], ['/i.svg', /^image\/svg\+xml/, 'public, max-age=300'],
      ['/m.mjs', /^text\/javascript/, 'public, max-age=300'], ['/t.txt', 'text/plain; charset=utf-8', 'public, max-age=300'], ['/feed.xml', /xml/, 'public, max-age=300']]) {
      const rs = await get('s', target);
      assert.equal(rs.status, 200, target);
      assert.match(rs.headers['content-type'], type instanceof RegExp ? type : new RegExp(`^${type.replace(/[+/]/g, '\\$&')}$`), `${f} ${target}`);
      assert.equal(rs.headers['cache-control'], cache, `${f} ${target}`);
      assert.equal(rs.headers['x-content-type-options'], 'nosniff');
      assert.equal(rs.headers['referrer-policy'], 'strict-origin-when-cross-origin');
      assert.equal(rs.headers['content-security-policy'], undefined);
      assert.equal(rs.headers['set-cookie'], undefined);
    }
    assert.equal((await get('s', '/app.js')).headers.vary, 'Accept-Encoding');
    assert.equal((await get('s', '/pic.png')).headers.vary, undefined);
  }));

  await part('conditions', async () => each(async (f, get) => {
    const plain = await get('s', '/app.js'), { etag } = plain.headers, date = plain.headers['last-modified'];
    const br = (await get('s', '/app.js', { 'Accept-Encoding': 'br' })).headers.etag;
    const status = async (headers, target = '/app.js') => (await get('s', target, headers)).status;
    for (const [headers, want] of [[{ 'If-None-Match': etag }, 304], [{ 'If-None-Match': `W/${etag}` }, 304], [{ 'If-None-Match': '*' }, 304], [{ 'If-None-Match': `"x", ${etag}` }, 304],
      [{ 'If-None-Match': '"x"' }, 200], [{ 'If-None-Match': etag.slice(1, -1) }, 200], [{ 'If-None-Match': br, 'Accept-Encoding': 'br' }, 304], [{ 'If-None-Match': `W/${br}`, 'Accept-Encoding': 'br' }, 304],
      [{ 'If-Modified-Since': date }, 304], [{ 'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' }, 200], [{ 'If-Modified-Since': 'rubbish' }, 200],
      [{ 'If-None-Match': '"x"', 'If-Modified-Since': date }, 200], [{ 'If-None-Match': etag, 'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' }, 304]])
      assert.equal(await status(headers), want, `${f} ${JSON.stringify(headers)}`);
    const rs = await get('s', '/app.js', { 'If-None-Match': etag });
    assert.deepEqual([rs.headers.etag, rs.headers['cache-control'], rs.headers.vary, rs.bytes.length], [etag, 'public, max-age=300', 'Accept-Encoding', 0]);
    assert.equal(await status({ 'If-None-Match': '"x"' }, '/nope'), 404);
  }));

  await part('ranges', async () => each(async (f, get) => {
    const all = (await get('s', '/r.bin')).bytes, { etag, ...h } = (await get('s', '/r.bin')).headers;
    assert.equal(all.length, 1000);
    for (const [range, status, from, to] of [['bytes=0-0', 206, 0, 0], ['bytes=0-9', 206, 0, 9], ['bytes=990-', 206, 990, 999], ['bytes=-10', 206, 990, 999], ['bytes=-5000', 206, 0, 999], ['bytes=500-5000', 206, 500, 999],
      ['bytes=1000-', 416], ['bytes=1000-1001', 416], ['bytes=-0', 416], ['bytes=9-0', 200], ['bytes=a-b', 200], ['lines=0-9', 200], ['bytes=0-1,5-6', 200], ['bytes=', 200], ['bytes=0', 200]]) {
      const rs = await get('s', '/r.bin', { Range: range });
      assert.equal(rs.status, status, `${f} ${range}`);
      if (status === 206) {
        assert.equal(rs.headers['content-range'], `bytes ${from}-${to}/1000`, `${f} ${range}`);
        assert.deepEqual(rs.bytes, all.subarray(from, to + 1), `${f} ${range}`);
      } else if (status === 416) assert.equal(rs.headers['content-range'], 'bytes */1000', `${f} ${range}`);
      else assert.deepEqual(rs.bytes, all);
    }
    const date = h['last-modified'];
    for (const [value, want] of [[etag, 206], [`W/${etag}`, 200], ['"x"', 200], [date, 206], ['Mon, 01 Jan 2001 00:00:00 GMT', 200], ['Mon, 01 Jan 2035 00:00:00 GMT', 200]])
      assert.equal((await get('s', '/r.bin', { Range: 'bytes=0-9', 'If-Range': value })).status, want, `${f} If-Range ${value}`);
    const packed = await get('s', '/app.js', { Range: 'bytes=0-9', 'Accept-Encoding': 'br, gzip' });
    assert.deepEqual([packed.status, packed.headers['content-encoding'], packed.text], [206, undefined, 'let a = 1;']);
    assert.equal((await get('s', '/r.bin', { Range: 'bytes=0-9', 'If-None-Match': etag })).status, 304);
    const head = await get('s', '/r.bin', {}, 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length'], head.bytes.length, head.headers.etag], [200, '1000', 0, etag]);
  }));

  await part('methods', async () => each(async (f, get) => {
    const options = await get('s', '/app.js', {}, 'OPTIONS');
    assert.deepEqual([options.status, options.headers.allow, options.bytes.length], [204, 'GET, HEAD, OPTIONS', 0]);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const rs = await get('s', '/app.js', { 'Content-Length': '0' }, method);
      assert.deepEqual([rs.status, rs.headers.allow], [405, 'GET, HEAD, OPTIONS'], `${f} ${method}`);
    }
    for (const method of ['TRACE', 'PROPFIND', 'PURGE']) assert.equal((await get('s', '/app.js', {}, method)).status, 405, `${f} ${method}`);
    const head = await get('s', '/nope', {}, 'HEAD');
    assert.deepEqual([head.status, head.bytes.length], [404, 0]);
  }));

  await part('SPA and 200.html', async () => {
    await put('spa', { 'index.html': 'APP', 'a.js': 'A', 'docs/index.html': 'D' }, '&spa=true');
    await put('spam', { 'index.html': 'APP', 'manifest.json': '{"spa":true}' });
    await put('two', { 'index.html': 'INDEX', '200.html': 'TWO', '404.html': 'FOUR' });
    await put('bare', { 'x.txt': 'x' });
    await each(async (f, get) => {
      for (const [site, target, status, want] of [['spa', '/any/where', 200, 'APP'], ['spa', '/a.js', 200, 'A'], ['spa', '/nope.js', 404, null], ['spa', '/docs', 301, null], ['spa', '/x/', 301, null],
        ['spam', '/any', 200, 'APP'], ['two', '/any', 200, 'TWO'], ['two', '/any.js', 404, 'FOUR'], ['two', '/', 200, 'INDEX'], ['bare', '/', 404, null], ['bare', '/any', 404, null]]) {
        const rs = await get(site, target);
        assert.equal(rs.status, status, `${f} ${site}${target}`);
        if (want !== null) assert.equal(rs.text, want, `${f} ${site}${target}`);
      }
      assert.equal((await get('spa', '/any')).headers['cache-control'], 'no-cache');
      assert.match((await get('bare', '/any')).headers['content-type'], /^text\/html/);
    });
  });

  await part('_headers and _redirects', async () => {
    const d = await put('rules', {
      'index.html': 'HOME', 'a/b.txt': 'AB', 'real.txt': 'REAL', 'over.txt': 'FILE', 'to/x.txt': 'REWRITTEN', '_headers': [
        '/*', '  X-All: yes', '  Content-Length: 5', '  X-Accel-Redirect: /etc/passwd', '/a/*', '  X-A: 1', '  Cache-Control: public, max-age=7', '/real.txt', '  ! X-All', '  X-Multi: a', ''].join('\n'),
      '_redirects': ['/old /new 301', '/tmp /new 302', '/r307 /new 307', '/real.txt /never 301', '/over.txt /new 301!', '/blog/:y/:slug /p/:slug?y=:y', '/s/* /t/:splat 308', '/q id=:id /item/:id 301', '/rw/* /to/:splat 200',
        '/gone /x 410', '/abs https://other.test/z', '/bad //evil.test/x', '/loop /loop 200', '/js javascript:alert(1)', '/nf /index.html 404', '/api/x /y', ''].join('\n') });
    assert.ok(d.warnings.length >= 2, JSON.stringify(d.warnings));
    assert.ok(d.warnings.some((w) => w.file === '_headers') && d.warnings.some((w) => w.file === '_redirects'));
    await each(async (f, get) => {
      const where = async (t) => { const rs = await get('rules', t); return `${rs.status} ${(rs.headers.location ?? '').replace(/^https?:\/\/rules\.example\.test(:\d+)?/, '')}`.trim(); };
      for (const [target, want] of [['/old', '301 /new'], ['/old?x=1', '301 /new?x=1'], ['/tmp', '302 /new'], ['/r307', '307 /new'], ['/real.txt', '200'], ['/over.txt', '301 /new'], ['/blog/2024/hi', '301 /p/hi?y=2024'],
        ['/s/a/b', '308 /t/a/b'], ['/q?id=7', '301 /item/7'], ['/gone', '410'], ['/abs', '301 https://other.test/z'], ['/bad', '404'], ['/js', '404'], ['/nf', '404']]) {
        const got = await where(target);
        assert.ok(got === want || (target === '/q?id=7' && got === '301 /item/7?id=7'), `${f} ${target}: ${got}, want ${want}`);
      }
      assert.equal((await get('rules', '/rw/x.txt')).text, 'REWRITTEN');
      assert.ok((await get('rules', '/loop')).status < 500);
      assert.ok(![301, 302].includes((await get('rules', '/api/x')).status));
      const a = await get('rules', '/a/b.txt');
      assert.deepEqual([a.headers['x-all'], a.headers['x-a'], a.headers['cache-control'], a.headers['x-accel-redirect'], a.text], ['yes', '1', 'public, max-age=7', undefined, 'AB']);
      const real = await get('rules', '/real.txt');
      assert.deepEqual([real.headers['x-all'], real.headers['x-multi']], [undefined, 'a']);
      for (const evil of ['/s//evil.test', '/s/%2f%2fevil.test/', '/s/%0d%0aX-Inj:1']) {
        const rs = await get('rules', evil);
        assert.ok(rs.status === 400 || /^(https?:\/\/rules\.example\.test(:\d+)?)?\/[^/]/.test(rs.headers.location), `${f} ${evil}: ${rs.headers.location}`);
        assert.equal(rs.headers['x-inj'], undefined);
      }
    });
  });

  await part('previews, aliases, names', async () => {
    await put('v', { 'index.html': 'V1' });
    const v = await put('v', { 'index.html': 'V2' });
    const draft = await put('v', { 'index.html': 'V3 DRAFT' }, '&draft=true');
    await put('w', { 'index.html': 'W' });
    await put('root', { 'index.html': 'ROOT SITE' });
    await put('404', { 'index.html': 'NOBODY' });
    const post = async (target, body) => { const rs = await n.api('POST', target, body); assert.ok(rs.status < 300, rs.text); };
    await post('/api/aliases', { subdomain: 'v2', type: 'proxy', app_id: 'v' });
    await post('/api/aliases', { subdomain: 'go', type: 'redirect', url: 'https://other.test/base' });
    await post('/api/aliases', { subdomain: 'gopath', type: 'redirect', url: 'https://other.test/base', status: 308, keep_path: true });
    await post('/api/aliases/held/reserve', {});
    await post('/api/aliases/ab/split', { targets: [{ app_id: 'v', weight: 70 }, { app_id: 'w', weight: 30 }] });
    assert.equal(draft.live, false);
    await each(async (f, get) => {
      for (const [host, status, text] of [['v', 200, 'V2'], ['v2', 200, 'V2'], ['d1--v', 200, 'V1'], ['d2--v', 200, 'V2'], ['d3--v', 200, 'V3 DRAFT'], ['d1--v2', 200, 'V1'], ['', 200, 'ROOT SITE'], ['root', 200, 'ROOT SITE'], ['404', 200, 'NOBODY'],
        ['nobody', 404, 'NOBODY'], ['held', 404, 'NOBODY'], ['d9--v', 404, null], ['d0--v', 404, null], ['d01--v', 404, null], ['d1--nobody', 404, null], ['a.b', 404, 'NOBODY']]) {
        const rs = await get(host, '/');
        assert.equal(rs.status, status, `${f} ${host}`);
        if (text !== null) assert.equal(rs.text, text, `${f} ${host}`);
        assert.equal(rs.headers['x-robots-tag'], /^d[123]--v/.test(host) ? 'noindex' : undefined, `${f} ${host}`);
      }
      const where = async (host, t) => { const rs = await get(host, t); return `${rs.status} ${rs.headers.location}`; };
      assert.equal(await where('go', '/x?y=1'), '301 https://other.test/base');
      assert.equal(await where('gopath', '/x?y=1'), '308 https://other.test/base/x?y=1');
      assert.match(await where('www', '/x/y?z=1'), /^301 http:\/\/example\.test(:\d+)?\/x\/y\?z=1$/);
      for (const host of ['other.test', '127.0.0.1']) {
        const rs = await n.get(f, host, '/');
        assert.deepEqual([rs.status, rs.bytes.length], [421, 0]);
      }
    });
    assert.equal(v.deploy, 2);
  });

  await part('a split is fair and sticky', async () => {
    const front = fronts.at(-1), agent = new http.Agent({ keepAlive: true, maxSockets: 16 }), total = sanitized ? 4000 : 10000;
    const seen = {};
    let cookie;
    await pool(Array.from({ length: total }), 16, async () => {
      const rs = await request(n.ports[front], { host: `ab.${domain}`, agent });
      seen[rs.text] = (seen[rs.text] ?? 0) + 1;
      if (rs.text === 'W') cookie = rs.headers['set-cookie'][0];
    });
    assert.ok(Math.abs(seen.V2 / total - 0.7) < 0.02, JSON.stringify(seen));
    assert.equal(seen.V2 + seen.W, total);
    assert.match(cookie, /^(__Host-)?fazt_split=[^;]+;/);
    for (const attr of [/Path=\//i, /HttpOnly/i, /SameSite=Lax/i, /Max-Age=2592000/i]) assert.match(cookie, attr);
    for (let i = 0; i < 40; i++)
      assert.equal((await request(n.ports[front], { host: `ab.${domain}`, agent, headers: { Cookie: `a=1; ${cookie.split(';')[0]}` } })).text, 'W');
    for (const bad of ['x', '99', '-1', '', '%00', '1e9'])
      assert.equal((await request(n.ports[front], { host: `ab.${domain}`, agent, headers: { Cookie: `${cookie.split('=')[0]}=${bad}` } })).status, 200);
    agent.destroy();
  });

  await part('maintenance, disabled, no deploy', async () => {
    assert.equal((await n.api('POST', '/api/apps', { title: 'empty', alias: 'empty' })).status, 201);
    assert.equal((await n.api('PUT', '/api/apps/w', { maintenance: true, maintenance_message: 'Back <soon>' })).status, 200);
    await each(async (f, get) => {
      const rs = await get('w', '/');
      assert.equal(rs.status, 503, f);
      assert.ok(rs.text.includes('Back &lt;soon&gt;') && rs.headers['retry-after'], rs.text);
      assert.equal((await get('empty', '/')).status, 404);
    });
    assert.equal((await n.api('PUT', '/api/apps/w', { maintenance: false, enabled: false })).status, 200);
    await each(async (f, get) => assert.equal((await get('w', '/')).status, 503));
    assert.equal((await n.api('PUT', '/api/apps/w', { enabled: true })).status, 200);
    await each(async (f, get) => assert.equal((await get('w', '/')).text, 'W'));
  });
});
