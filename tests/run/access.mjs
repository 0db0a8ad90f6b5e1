// Every row of the route table against every kind of caller.  The expectation is computed
// from the row; a row that says nothing of its callers fails.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { bin, onNode, domain, sleep } from '../lib/node.mjs';

const doc = JSON.parse(execFileSync(bin, ['openapi'], { encoding: 'utf8', maxBuffer: 1 << 26 }));
const scopes = ['aliases', 'aliases.read', 'apps', 'apps.read', 'auth', 'backup', 'data', 'data.read', 'deploy', 'env', 'jobs', 'keys', 'logs.read', 'metrics.read', 'net', 'realtime',
  'secrets', 'sql', 'sql.read', 'stats.read', 'system', 'system.read', 'users', 'users.read'];
const serverWide = ['auth', 'keys', 'metrics.read', 'sql', 'sql.read', 'system', 'system.read', 'users', 'users.read'];
const values = { n: '1', sub: 'spare', domain: 'shop.test', upload_id: 'up_none', sha256: '0'.repeat(64), path: 'index.html' };
// What a handler wants before it looks whose app it is.
const bodies = { '/api/apps/{app}/domains': { domain: 'shop.test' }, '/api/apps/{app}/promote': { deploy: 1 }, '/api/apps/{app}/fork': { alias: 'forked' }, '/api/apps/{app}': { description: 'changed' } };
const rows = Object.entries(doc.paths).flatMap(([path, methods]) => Object.entries(methods).filter(([m]) => /^(get|post|put|patch|delete)$/.test(m))
  .map(([method, row]) => ({ method: method.toUpperCase(), path, ...row })));
const gives = (held, want) => held === want || `${held}.read` === want;

await onNode('access', { fronts: ['nginx'] }, async (n, part) => {
  for (const site of ['mine', 'other', 'trashed']) assert.equal((await n.deploy(site, { 'index.html': site })).status, 200);
  // Only what is in the trash can be taken out of it, by its id.
  const trashed = (await n.api('GET', '/api/apps/trashed')).json.data.id;
  assert.equal((await n.api('DELETE', '/api/apps/trashed')).status, 200);
  const short = await n.api('POST', '/api/keys', { name: 'short', scopes: scopes.filter((s) => s !== 'keys').join(), expires_in: 1 });
  assert.equal(short.status, 200, short.text);
  const expired = short.json.data.token, made = {};
  const key = (list) => (made[list] ??= n.newKey(list));
  await sleep(1200);

  const call = (row, k, app = 'mine', method = row.method) => {
    const target = row.path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, name) => (name === 'app' ? (app === 'mine' && row.path.endsWith('/restore') ? trashed : app) : values[name] ?? 'x'));
    return n.api(method, target, row.method === 'GET' ? undefined : bodies[row.path] ?? {}, { front: 'scgi', key: k });
  };
  const code = (rs) => `${rs.status} ${(() => { try { return rs.json.error.code; } catch { return '-'; } })()}`;
  const entered = (rs) => ![401, 403, 405, 500, 502].includes(rs.status) || code(rs) === '403 REAUTH_REQUIRED' || /^403 SYSTEM_/.test(code(rs));

  await part(`${rows.length} rows`, async () => {
    assert.ok(rows.length > 50);
    for (const row of rows) {
      const at = `${row.method} ${row.path}`, scope = row['x-scope'], hosts = row['x-hosts'];
      assert.ok(['anon', 'user', 'admin', 'owner', 'fresh'].includes(row['x-who']), `${at}: who may call it?`);
      assert.ok(hosts?.length && hosts.every((h) => ['admin', 'internal'].includes(h)), `${at}: on which host?`);
      if (!hosts.includes('admin')) {
        for (const k of [null, n.key]) assert.equal((await call(row, k)).status, 404, at);
        continue;
      }
      if (row['x-who'] === 'anon') {
        assert.ok(entered(await call(row, null)), at);
        assert.equal(code(await call(row, expired)), '401 INVALID_API_KEY', at);
        continue;
      }
      assert.ok(scope === '*' || scope === undefined || scopes.includes(scope), `${at}: scope ${scope}`);
      assert.equal(code(await call(row, null)), '401 UNAUTHORIZED', `${at} anonymous`);
      assert.equal(code(await call(row, expired)), '401 INVALID_API_KEY', `${at} expired key`);
      assert.equal(code(await call(row, 'fazt_key_nonsense')), '401 INVALID_API_KEY', `${at} bad key`);
      if (scope === undefined) { assert.equal(code(await call(row, n.key)), '403 FORBIDDEN', at); continue; }
      if (scope !== '*') {
        const lacking = await call(row, key(scopes.filter((s) => !gives(s, scope)).join()));
        assert.equal(code(lacking), '403 SCOPE_REQUIRED', `${at} without ${scope}`);
        assert.equal(lacking.json.error.details.scope, scope, at);
        if (serverWide.includes(scope)) assert.equal(code(await call(row, key(`${scope}:mine`))), '403 SCOPE_REQUIRED', `${at} for one app`);
      }
      if (row.path.includes('{app}')) {
        assert.equal(code(await call(row, key(`${scope}:other`))), '403 SCOPE_REQUIRED', `${at} key of another app`);
        // The family of an app is other apps.
        if (row.method === 'GET' && !/\/(lineage|forks)$/.test(row.path)) assert.ok(entered(await call(row, key(`${scope}:mine`))), `${at} key of this app`);
        // What is not there and what is not theirs look alike to such a key, or it hears of no app at all.
        assert.ok(['403 SCOPE_REQUIRED', '404 APP_NOT_FOUND', '404 SITE_NOT_FOUND'].includes(code(await call(row, key(`${scope}:other`), 'nobody'))), `${at} unknown app`);
      }
      const holder = key(scope === '*' ? 'logs.read' : row.path === '/api/apps/import' ? 'apps,data' : scope);
      const app = row.method === 'GET' ? 'mine' : 'nobody', got = await call(row, holder, app);
      assert.ok(entered(got), `${at} with ${scope}: ${got.status} ${got.text.slice(0, 200)}`);
      assert.ok(entered(await call(row, n.key, app)), `${at} with admin`);
    }
  });

  await part('what no row allows', async () => {
    for (const path of new Set(rows.filter((r) => r['x-hosts'].includes('admin')).map((r) => r.path))) {
      const have = rows.filter((r) => r.path === path && r['x-hosts'].includes('admin')).map((r) => r.method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((m) => !have.includes(m))) {
        const rs = await call({ path, method }, null);
        // a literal path may also be caught by a row with a parameter
        if (rs.status === 405) assert.ok(have.every((m) => rs.headers.allow.includes(m)), `${method} ${path}: Allow ${rs.headers.allow}`);
        else assert.ok([401, 404].includes(rs.status), `${method} ${path}: ${rs.status}`);
      }
    }
    for (const target of ['/api', '/api/', '/api/nothing', '/auth/dev/callback', '/auth/dev/login', '/debug', '/api/apps/mine/nothing', '/.env', '/data.db', '/api/upgrade'])
      for (const k of [null, n.key]) assert.ok([404, 401].includes((await n.api('GET', target, undefined, { key: k, front: 'scgi' })).status), target);
  });

  await part('the rows of other hosts do not exist', async () => {
    for (const host of [`mine.${domain}`, domain, 'localhost', '127.0.0.1'])
      for (const target of ['/api/apps', '/api/keys', '/metrics', '/openapi.json', '/healthz']) {
        const rs = await n.request('scgi', { host, path: target, headers: { Authorization: `Bearer ${n.key}` } });
        assert.ok([404, 421].includes(rs.status), `${host}${target}: ${rs.status}`);
      }
  });

  await part('nothing was changed by those who may not', async () => {
    for (const site of ['mine', 'other']) assert.equal((await n.get('scgi', `${site}.${domain}`, '/')).text, site);
    const audit = n.sql("SELECT count(*) c FROM activity WHERE result='failure'")[0].c;
    assert.ok(audit > 0, 'refusals leave no trace');
  });
});
