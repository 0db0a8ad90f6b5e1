// Every way to make a version live, to look at versions and to go back, through real fronts.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { onNode, request, domain, sanitized, tarFiles, until, writeTree, zipFiles } from '../lib/node.mjs';

const sha = (b) => crypto.createHash('sha256').update(b).digest('hex');
const boundary = 'b0undary-7d9f';
function form(fields, file, filename = 'site.zip') {
  const parts = Object.entries(fields).map(([k, v]) => Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${k}"\r\n\r\n${v}\r\n`));
  return { headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` }, body: Buffer.concat([...parts,
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`), file, Buffer.from(`\r\n--${boundary}--\r\n`)]) };
}

await onNode('deploy', { conf: '[log]\naccess = all\n' }, async (n, part) => {
  const fronts = n.allFronts();
  const show = async (site, target = '/', front = fronts[0]) => (await n.get(front, `${site}.${domain}`, target)).text;
  const ok = (rs, status = 200) => { assert.equal(rs.status, status, rs.text); return rs.json.data; };
  const refused = (rs, status, code) => { assert.equal(rs.status, status, rs.text); assert.equal(rs.json.error.code, code, rs.text); return rs.json.error.details ?? {}; };
  const raw = (site, bytes, type, query = '', opts = {}) => n.api('POST', `/api/deploy?site_name=${site}${query}`, bytes, { ...opts, headers: { 'Content-Type': type, ...(opts.headers ?? {}) } });
  const zip = (site, files, query, opts) => raw(site, zipFiles(files), 'application/zip', query, opts);

  await part('forms: multipart and raw, zip and tar', async () => {
    const files = { 'index.html': 'hello', 'd/a.txt': 'A' };
    const zst = (() => { try { const d = writeTree(files); execFileSync('tar', ['--zstd', '-cf', '/tmp/fazt.tzst', '-C', d, '.']); const b = fs.readFileSync('/tmp/fazt.tzst'); fs.rmSync('/tmp/fazt.tzst'); fs.rmSync(d, { recursive: true }); return b; } catch { return null; } })();
    const forms = [['zip', zipFiles(files), 'application/zip'], ['tar', tarFiles(files), 'application/x-tar'], ['tgz', tarFiles(files, '-cz'), 'application/gzip'],
      ['noext', tarFiles(files), 'application/octet-stream'], ['octet', zipFiles(files), 'application/octet-stream']];
    if (zst) forms.push(['tzst', zst, 'application/octet-stream']);
    for (const front of fronts)
      for (const [name, bytes, type] of forms) {
        const d = ok(await raw(`${name}-${front}`, bytes, type, '', { front, key: n.key }));
        assert.deepEqual([d.site, d.file_count, d.size_bytes, d.deploy, d.live, d.unchanged, d.message], [`${name}-${front}`, 2, 6, 1, true, false, 'Deployed']);
        assert.match(d.app_id, /^fazt_app_[0-9A-Za-z]{12}$/);
        assert.match(d.url, new RegExp(`^http://${name}-${front}\\.example\\.test:\\d+$`));
        assert.match(d.preview_url, /^http:\/\/d1--/);
        assert.equal(await show(`${name}-${front}`, '/d/a.txt', front), 'A');
        const key = n.newKey('deploy');
        const f = form({ site_name: `form-${name}-${front}.${domain}`, spa: 'true', message: 'Ünïcode', source_type: 'git', source_url: 'https://g.test/x', source_ref: 'main', source_commit: 'c0ffee' }, bytes, 'any.name');
        assert.equal(ok(await n.api('POST', '/api/deploy', f.body, { front, key, headers: f.headers })).site, `form-${name}-${front}`);
        assert.equal(await show(`form-${name}-${front}`, '/spa/route', front), 'hello');
      }
    const d = ok(await n.api('GET', '/api/apps/form-zip-nginx/deploys/1'));
    assert.deepEqual([d.message, d.source, d.source_url, d.source_ref, d.source_commit, d.live, d.draft, d.diff.added], ['Ünïcode', 'git', 'https://g.test/x', 'main', 'c0ffee', true, false, ['d/a.txt', 'index.html']]);
    ok(await zip('stripped', { 'top/index.html': 'S', 'top/x/y.txt': 'Y' }, '&strip=1', { key: n.newKey('deploy') }));
    assert.equal(await show('stripped', '/x/y.txt'), 'Y');
  });

  await part('what is refused before anything is made', async () => {
    const key = n.newKey('admin'), z = zipFiles({ 'index.html': 'x' });
    refused(await n.api('POST', '/api/deploy', z, { key, headers: { 'Content-Type': 'application/zip' } }), 400, 'MISSING_FIELD');
    refused(await n.api('POST', '/api/deploy?site_name=x', undefined, { key }), 400, 'MISSING_FIELD');
    for (const bad of ['www', 'api', 'mail', 'localhost', 'd1--x']) refused(await raw(bad, z, 'application/zip', '', { key }), 404, 'RESERVED');
    refused(await raw('admin', z, 'application/zip', '', { key }), 403, 'SYSTEM_ALIAS');
    for (const bad of ['-a', 'a-', 'a_b', 'a.b', 'x'.repeat(64), '%20', 'ä', '../x'])
      refused(await raw(encodeURIComponent(bad).replace('%2520', '%20'), z, 'application/zip', '', { key }), 400, 'VALIDATION_FAILED');
    refused(await raw('x', z, 'text/plain', '', { key }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    refused(await raw('x', Buffer.from('no archive'), 'application/zip', '', { key }), 422, 'ARCHIVE_INVALID');
    refused(await raw('x', z, 'application/zip', '&draft=maybe', { key }), 400, 'VALIDATION_FAILED');
    refused(await n.api('GET', '/api/apps/x', undefined, { key }), 404, 'APP_NOT_FOUND');
  });

  await part('unchanged, drafts, promote, diff, rollback', async () => {
    const key = n.newKey('admin'), opts = { key };
    ok(await zip('b', { 'index.html': 'one', 'same.txt': 's', 'old.txt': 'o' }, '&message=first', opts));
    const again = ok(await zip('b', { 'index.html': 'one', 'same.txt': 's', 'old.txt': 'o' }, '', opts));
    assert.deepEqual([again.unchanged, again.deploy], [true, 1]);
    const two = ok(await zip('b', { 'index.html': 'two', 'same.txt': 's', 'new.txt': 'n' }, '', opts));
    assert.deepEqual([two.unchanged, two.deploy], [false, 2]);
    const d = ok(await n.api('GET', '/api/apps/b/deploys/2', undefined, opts));
    assert.deepEqual(d.diff, { added: ['new.txt'], changed: ['index.html'], removed: ['old.txt'] });
    assert.deepEqual(ok(await n.api('GET', '/api/apps/b/deploys/1?against=2', undefined, opts)).diff, { added: ['old.txt'], changed: ['index.html'], removed: ['new.txt'] });
    const draft = ok(await zip('b', { 'index.html': 'three' }, '&draft=true', opts));
    assert.deepEqual([draft.deploy, draft.live], [3, false]);
    assert.equal(await show('b'), 'two');
    assert.equal(await show('d3--b'), 'three');
    refused(await n.api('POST', '/api/apps/b/rollback', { to: 3 }, opts), 409, 'CONFLICT');
    assert.deepEqual(ok(await n.api('POST', '/api/apps/b/rollback', undefined, opts)).deploy, 1);
    assert.equal(await show('b'), 'one');
    const back = ok(await n.api('POST', '/api/apps/b/rollback', { to: 2 }, opts));
    assert.deepEqual([back.deploy, back.previous], [2, 1]);
    assert.equal(ok(await n.api('POST', '/api/apps/b/promote', { deploy: 3 }, opts)).deploy, 3);
    assert.equal(await show('b'), 'three');
    assert.equal(ok(await n.api('POST', '/api/apps/b/rollback', { to: -1 }, opts)).deploy, 2);
    refused(await n.api('POST', '/api/apps/b/rollback', { to: 99 }, opts), 404, 'DEPLOY_NOT_FOUND');
    refused(await n.api('POST', '/api/apps/b/rollback', { to: 0 }, opts), 400, 'VALIDATION_FAILED');
    refused(await n.api('POST', '/api/apps/nobody/rollback', { to: 1 }, opts), 404, 'APP_NOT_FOUND');
    refused(await n.api('DELETE', '/api/apps/b/deploys/2', undefined, opts), 409, 'CONFLICT');
    ok(await n.api('DELETE', '/api/apps/b/deploys/1', undefined, opts));
    refused(await n.api('GET', '/api/apps/b/deploys/1', undefined, opts), 404, 'DEPLOY_NOT_FOUND');
    assert.equal((await n.get(fronts[0], `d1--b.${domain}`, '/')).status, 404);
    ok(await zip('prod', { 'index.html': 'prod' }, '', opts));
    const over = ok(await n.api('POST', '/api/apps/b/promote', { deploy: 3, to: 'prod' }, opts));
    assert.equal(over.previous, 1);
    assert.equal(await show('prod'), 'three');
    const list = await n.api('GET', '/api/apps/b/deploys?limit=1', undefined, opts);
    assert.deepEqual([list.json.data.length, list.json.meta], [1, { offset: 0, limit: 1, total: 2, has_more: true }]);
    const all = ok(await n.api('GET', '/api/deployments', undefined, opts)).deployments;
    assert.ok(all.length > 5 && all[0].site_id === 'prod', JSON.stringify(all[0]));
  });

  await part('going back takes less than 50 ms, whatever the size', async () => {
    const files = (v) => Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}.txt`, `${v} ${i}`]));
    const key = n.newKey('admin');
    ok(await zip('many', files('a'), '', { key }));
    ok(await zip('many', files('b'), '', { key }));
    const times = [];
    for (let i = 0; i < 20; i++) {
      const rs = await n.api('POST', '/api/apps/many/rollback', { to: 1 + i % 2 }, { key, headers: { 'X-Request-ID': `rollback-${i}` } });
      ok(rs);
      const line = await until(() => n.log().split('\n').findLast((l) => l.includes(`"rollback-${i}"`)));
      times.push(Number(JSON.parse(line).ms));
      assert.equal(await show('many', '/f7.txt'), `${i % 2 ? 'b' : 'a'} 7`);
    }
    times.sort((a, b) => a - b);
    assert.ok(times[10] < (sanitized ? 500 : 50), `${times}`);
  });

  await part('delta: only what is missing', async () => {
    const key = n.newKey('deploy'), opts = { key };
    const contents = { 'index.html': 'delta', 'a.txt': 'AAA', 'copy.txt': 'AAA', 'z.bin': crypto.randomBytes(400000) };
    const list = (c) => Object.entries(c).map(([path, b]) => ({ path, sha256: sha(b), size: Buffer.byteLength(b) }));
    const begin = async (site, c, more = {}) => n.api('POST', '/api/deploy/manifest', { site_name: site, files: list(c), ...more }, opts);
    const put = (id, b, hash = sha(b)) => n.api('PUT', `/api/deploy/blobs/${id}/${hash}`, Buffer.from(b), { ...opts, headers: { 'Content-Type': 'application/octet-stream' } });
    const up = ok(await begin('delta', contents));
    assert.deepEqual([...up.missing].sort(), [...new Set(list(contents).map((f) => f.sha256))].sort());
    const early = refused(await n.api('POST', '/api/deploy/commit', { upload_id: up.upload_id }, opts), 409, 'BLOBS_MISSING');
    assert.equal(early.missing.length, 3);
    refused(await put(up.upload_id, 'AAB', sha('AAA')), 422, 'HASH_MISMATCH');
    refused(await put(up.upload_id, 'not announced'), 404, 'NOT_FOUND');
    refused(await put('up_nobody', 'AAA'), 404, 'NOT_FOUND');
    assert.equal((await n.api('PUT', `/api/deploy/blobs/${up.upload_id}/${sha('AAA')}`, Buffer.from('AAA'), { key: n.newKey('deploy') })).status, 404);
    for (const b of new Set(Object.values(contents))) ok(await put(up.upload_id, b));
    const done = ok(await n.api('POST', '/api/deploy/commit', { upload_id: up.upload_id }, opts));
    assert.deepEqual([done.site, done.file_count, done.live], ['delta', 4, true]);
    assert.equal(sha((await n.get(fronts[0], `delta.${domain}`, '/z.bin')).bytes), sha(contents['z.bin']));
    assert.equal(await show('delta', '/copy.txt'), 'AAA');
    const next = ok(await begin('delta', { ...contents, 'index.html': 'delta 2' }, { message: 'm' }));
    assert.deepEqual(next.missing, [sha('delta 2')]);
    ok(await put(next.upload_id, 'delta 2'));
    assert.equal(ok(await n.api('POST', '/api/deploy/commit', { upload_id: next.upload_id }, opts)).deploy, 2);
    assert.equal(await show('delta'), 'delta 2');
    // What another app holds counts as missing.
    assert.equal(ok(await begin('other', { 'x.txt': 'AAA' })).missing.length, 1);
    for (const bad of [[{ path: '../x', sha256: sha('x'), size: 1 }], [{ path: 'x', sha256: 'zz', size: 1 }], [{ path: 'x', sha256: sha('x'), size: -1 }], [{ path: 'x', sha256: sha('x') }], 'x', []]) {
      const rs = await n.api('POST', '/api/deploy/manifest', { site_name: 'bad', files: bad }, opts);
      assert.ok([400, 422].includes(rs.status), `${JSON.stringify(bad)}: ${rs.status}`);
    }
  });

  await part('single files', async () => {
    const key = n.newKey('admin'), opts = { key };
    ok(await zip('one', { 'index.html': 'i', 'a/b.txt': 'b' }, '', opts));
    for (const front of fronts) {
      const w = ok(await n.api('PUT', '/api/apps/one/files/a/n%20ew.txt?message=hi', Buffer.from(`new ${front}`), { ...opts, front }));
      assert.deepEqual([w.path, w.size, w.hash], ['a/n ew.txt', 4 + front.length, sha(`new ${front}`)]);
      assert.equal(await show('one', '/a/n%20ew.txt', front), `new ${front}`);
    }
    const bytes = await n.api('GET', '/api/apps/one/files/a/b.txt', undefined, opts);
    assert.deepEqual([bytes.text, bytes.headers['content-security-policy'], bytes.headers['x-content-type-options'], /^attachment/.test(bytes.headers['content-disposition'])], ['b', 'sandbox', 'nosniff', true]);
    ok(await n.api('DELETE', '/api/apps/one/files/a/b.txt', undefined, opts));
    assert.equal((await n.get(fronts[0], `one.${domain}`, '/a/b.txt')).status, 404);
    assert.equal(await show('d1--one', '/a/b.txt'), 'b');
    refused(await n.api('DELETE', '/api/apps/one/files/a/b.txt', undefined, opts), 404, 'FILE_NOT_FOUND');
    refused(await n.api('GET', '/api/apps/one/files/nope', undefined, opts), 404, 'FILE_NOT_FOUND');
    for (const bad of ['.%2e/x', 'a%5cb', 'x%0a', 'a/%2e%2e/%2e%2e/x'])
      assert.ok([400, 404, 405, 422].includes((await n.api('PUT', `/api/apps/one/files/${bad}`, Buffer.from('x'), opts)).status), bad);
    const files = ok(await n.api('GET', '/api/apps/one/files', undefined, opts));
    assert.deepEqual(files.map((f) => f.path), ['a/n ew.txt', 'index.html']);
    assert.deepEqual([files[1].size, files[1].hash, files[1].mime_type], [1, sha('i'), 'text/html; charset=utf-8']);
    const empty = ok(await n.api('PUT', '/api/apps/one/files/empty.txt', Buffer.alloc(0), opts));
    assert.equal(empty.size, 0);
    assert.equal((await n.get(fronts[0], `one.${domain}`, '/empty.txt')).status, 200);
  });

  await part('Idempotency-Key and If-Match', async () => {
    const key = n.newKey('admin'), body = zipFiles({ 'index.html': 'idem' }), other = zipFiles({ 'index.html': 'other' });
    const send = (b, more) => raw('idem', b, 'application/zip', '', { key, headers: more });
    const first = await send(body, { 'Idempotency-Key': 'k1' }), again = await send(body, { 'Idempotency-Key': 'k1' });
    ok(first); ok(again);
    assert.equal(again.text, first.text);
    refused(await send(other, { 'Idempotency-Key': 'k1' }), 409, 'IDEMPOTENCY_MISMATCH');
    refused(await send(other, { 'Idempotency-Key': 'k'.repeat(65) }), 400, 'VALIDATION_FAILED');
    refused(await send(other, { 'If-Match': '"d9"' }), 412, 'PRECONDITION_FAILED');
    assert.equal(await show('idem'), 'idem');
    assert.equal(ok(await send(other, { 'If-Match': '"d1"' })).deploy, 2);
    refused(await n.api('PUT', '/api/apps/idem/files/x.txt', Buffer.from('x'), { key, headers: { 'If-Match': '"d1"' } }), 412, 'PRECONDITION_FAILED');
    ok(await n.api('PUT', '/api/apps/idem/files/x.txt', Buffer.from('x'), { key, headers: { 'If-Match': '"d2"' } }));
    const rb = await n.api('POST', '/api/apps/idem/rollback', { to: 1 }, { key, headers: { 'Idempotency-Key': 'rb' } });
    ok(await n.api('POST', '/api/apps/idem/rollback', { to: 3 }, { key }));
    assert.equal((await n.api('POST', '/api/apps/idem/rollback', { to: 1 }, { key, headers: { 'Idempotency-Key': 'rb' } })).text, rb.text);
    assert.equal(ok(await n.api('GET', '/api/apps/idem', undefined, { key })).deploy, 3);
    // Twenty at once are one.
    const many = await Promise.all(Array.from({ length: 20 }, () => raw('once', body, 'application/zip', '', { key, headers: { 'Idempotency-Key': 'k2' } })));
    assert.ok(many.every((r) => r.status === 200 || (r.status === 409 && r.json.error.code === 'CONFLICT')), many.map((r) => r.status).join());
    assert.equal(n.sql("SELECT count(*) c FROM version v JOIN app a ON a.id=v.app WHERE a.title='once'")[0].c, 1);
  });

  await part('keys and their scopes', async () => {
    const a = n.newKey('deploy:ka'), reader = n.newKey('apps.read'), none = n.newKey('logs.read'), admin = n.newKey('admin');
    ok(await zip('ka', { 'index.html': 'a' }, '', { key: admin }));
    ok(await zip('kb', { 'index.html': 'b' }, '', { key: admin }));
    ok(await zip('ka', { 'index.html': 'a2' }, '', { key: a }));
    refused(await zip('kb', { 'index.html': 'evil' }, '', { key: a }), 403, 'SCOPE_REQUIRED');
    refused(await zip('knew', { 'index.html': 'evil' }, '', { key: a }), 403, 'SCOPE_REQUIRED');
    refused(await n.api('POST', '/api/apps/kb/rollback', { to: 1 }, { key: a }), 403, 'SCOPE_REQUIRED');
    refused(await n.api('POST', '/api/apps/ka/promote', { deploy: 1, to: 'kb' }, { key: a }), 403, 'SCOPE_REQUIRED');
    refused(await n.api('PUT', '/api/apps/kb/files/x', Buffer.from('x'), { key: a }), 403, 'SCOPE_REQUIRED');
    refused(await n.api('POST', '/api/deploy/manifest', { site_name: 'kb', files: [{ path: 'x', sha256: sha('x'), size: 1 }] }, { key: a }), 403, 'SCOPE_REQUIRED');
    ok(await n.api('POST', '/api/apps/ka/rollback', { to: 1 }, { key: a }));
    refused(await n.api('GET', '/api/apps', undefined, { key: a }), 403, 'SCOPE_REQUIRED');
    refused(await zip('ka', { 'index.html': 'x' }, '', { key: reader }), 403, 'SCOPE_REQUIRED');
    ok(await n.api('GET', '/api/apps/ka', undefined, { key: reader }));
    refused(await n.api('GET', '/api/apps/ka', undefined, { key: none }), 403, 'SCOPE_REQUIRED');
    refused(await n.api('GET', '/api/apps/ka', undefined, { key: `${admin.slice(0, -1)}x` }), 401, 'INVALID_API_KEY');
    refused(await n.api('GET', '/api/apps/ka', undefined, { key: null }), 401, 'UNAUTHORIZED');
    const basic = await n.api('GET', '/api/apps/ka', undefined, { key: null, headers: { Authorization: `Basic ${Buffer.from(`any:${admin}`).toString('base64')}` } });
    ok(basic);
    assert.equal(await show('kb'), 'b');
    const made = ok(await n.api('POST', '/api/keys', { name: 'x', scopes: 'deploy:ka', expires_in: '1h' }, { key: admin }));
    ok(await zip('ka', { 'index.html': 'by new key' }, '', { key: made.token }));
    ok(await n.api('DELETE', `/api/keys?id=${made.id}`, undefined, { key: admin }));
    refused(await zip('ka', { 'index.html': 'x' }, '', { key: made.token }), 401, 'INVALID_API_KEY');
    refused(await n.api('POST', '/api/keys', { name: 'x', scopes: 'apps' }, { key: n.newKey('keys,deploy') }), 403, 'SCOPE_REQUIRED');
  });

  await part('fork, trash, restore, export, import', async () => {
    const key = n.newKey('admin'), opts = { key };
    ok(await zip('orig', { 'index.html': 'orig', 'd/x.bin': crypto.randomBytes(3000) }, '&spa=true', opts));
    const fork = ok(await n.api('POST', '/api/apps/orig/fork', { alias: 'forked' }, opts), 201);
    assert.equal(await show('forked'), 'orig');
    ok(await zip('forked', { 'index.html': 'changed' }, '', opts));
    assert.equal(await show('orig'), 'orig');
    assert.deepEqual(ok(await n.api('GET', '/api/apps/orig/forks', undefined, opts)).map((f) => f.id), [fork.id]);
    assert.equal(ok(await n.api('GET', '/api/apps/forked/lineage', undefined, opts)).forks[0].id, fork.id);
    const app = ok(await n.api('GET', '/api/apps/orig', undefined, opts));
    const exported = await n.api('GET', '/api/apps/orig/export', undefined, opts);
    assert.equal(exported.status, 200);
    assert.match(exported.headers['content-type'], /^application\/zip/);
    const f = form({ alias: 'imported' }, exported.bytes, 'export.zip');
    const imported = ok(await n.api('POST', '/api/apps/import', f.body, { ...opts, headers: f.headers }), 201);
    assert.equal(imported.alias, 'imported');
    for (const t of ['/', '/d/x.bin']) assert.equal(sha((await n.get(fronts[0], `imported.${domain}`, t)).bytes), sha((await n.get(fronts[0], `orig.${domain}`, t)).bytes));
    assert.equal(await show('imported', '/spa/route'), 'orig');
    const taken = await n.api('POST', '/api/apps/import', f.body, { ...opts, headers: f.headers });
    assert.equal(taken.status, 409, taken.text);
    ok(await n.api('DELETE', '/api/apps/orig', undefined, opts));
    assert.equal((await n.get(fronts[0], `orig.${domain}`, '/')).status, 404);
    refused(await n.api('GET', `/api/apps/${app.id}`, undefined, opts), 404, 'APP_NOT_FOUND');
    assert.ok(ok(await n.api('GET', '/api/apps?trash=true', undefined, opts)).some((x) => x.id === app.id));
    ok(await n.api('POST', `/api/apps/${app.id}/restore`, {}, opts));
    const back = ok(await n.api('GET', `/api/apps/${app.id}`, undefined, opts));
    assert.equal(back.file_count, 2);
    refused(await n.api('DELETE', '/api/apps/root', undefined, opts), 403, 'SYSTEM_APP');
    ok(await n.api('DELETE', `/api/apps/${app.id}?purge=true`, undefined, opts));
    refused(await n.api('POST', `/api/apps/${app.id}/restore`, {}, opts), 404, 'APP_NOT_FOUND');
    assert.equal(await show('forked'), 'changed');
  });

  await part('at most 30 deploys a minute by one key', async () => {
    const key = n.newKey('deploy');
    const codes = [];
    for (let i = 0; i < 32; i++) codes.push(await zip('rate', { 'index.html': `r${i}` }, '', { key }));
    assert.equal(codes.filter((r) => r.status === 200).length, 30);
    const no = codes.at(-1);
    refused(no, 429, 'RATE_LIMIT_EXCEEDED');
    assert.ok(Number(no.headers['retry-after']) >= 1 && no.headers['x-ratelimit-limit'] === '30' && no.headers['x-ratelimit-remaining'] === '0');
    ok(await zip('rate', { 'index.html': 'other key' }, '', { key: n.newKey('deploy') }));
  });

  await part('a thousand readers during fifty deploys see whole versions', async () => {
    const files = (v) => Object.fromEntries(['index.html', 'a.js', 'b.css', 'deep/c.txt', 'd.bin'].map((p) => [p, `version ${v} `.repeat(p === 'd.bin' ? 20000 : 20)]));
    const keys = [n.newKey('deploy'), n.newKey('deploy')];
    ok(await zip('live', files(0), '', { key: keys[0] }));
    const agents = fronts.map(() => new http.Agent({ keepAlive: true, maxSockets: 4 }));
    let going = true, reads = 0, newest = 0;
    const bad = [];
    const readers = Array.from({ length: 6 }, async (_, i) => {
      const front = fronts[i % fronts.length], agent = agents[i % fronts.length];
      let last = 0;
      while (going || reads < 1000) {
        const target = ['/', '/a.js', '/b.css', '/deep/c.txt', '/d.bin'][reads++ % 5], floor = newest;
        const rs = await request(n.ports[front], { host: `live.${domain}`, path: target, agent });
        const versions = new Set(rs.text.match(/version \d+/g));
        const v = Number([...versions][0]?.slice(8));
        if (rs.status !== 200 || versions.size !== 1 || rs.bytes.length !== Number(rs.headers['content-length']) || v < last || v < floor)
          bad.push(`${front} ${target} ${rs.status} ${[...versions]} last ${last} floor ${floor}`);
        last = v;
      }
    });
    for (let v = 1; v <= 50; v++) {
      ok(await zip('live', files(v), '', { key: keys[v % 2], front: fronts[v % fronts.length] }));
      newest = v;
    }
    going = false;
    await Promise.all(readers);
    agents.forEach((a) => a.destroy());
    assert.deepEqual(bad.slice(0, 5), []);
    assert.ok(reads >= 1000);
  });
});
