// Every row of the route table against every kind of caller: nobody, sessions of each role,
// of another app and ended ones, keys with and without the scope.  The expectation is
// computed from the row; a row that says nothing of its callers fails.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { bin, onNode, domain, sleep } from '../lib/node.mjs';
import { Visitor, invite, signedIn } from '../lib/visitor.mjs';

const doc = JSON.parse(execFileSync(bin, ['openapi'], { encoding: 'utf8', maxBuffer: 1 << 26 }));
const scopes = ['aliases', 'aliases.read', 'apps', 'apps.read', 'auth', 'backup', 'data', 'data.read', 'deploy', 'env', 'jobs', 'keys', 'logs.read', 'metrics.read', 'net', 'realtime',
  'secrets', 'sql', 'sql.read', 'stats.read', 'system', 'system.read', 'users', 'users.read'];
const serverWide = ['auth', 'keys', 'metrics.read', 'sql', 'sql.read', 'system', 'system.read', 'users', 'users.read'];
const values = { n: '1', sub: 'spare', domain: 'shop.test', upload_id: 'up_none', sha256: '0'.repeat(64), path: 'index.html' };
// What a handler wants before it looks whose app it is.
const bodies = { '/api/apps/{app}/domains': { domain: 'shop.test' }, '/api/apps/{app}/promote': { deploy: 1 }, '/api/apps/{app}/fork': { alias: 'forked' }, '/api/apps/{app}': { description: 'changed' } };
const rows = Object.entries(doc.paths).flatMap(([path, methods]) => Object.entries(methods).filter(([m]) => /^(get|post|put|patch|delete)$/.test(m))
  .map(([method, row]) => ({ method: method.toUpperCase(), path, ...row })));
const onAdmin = (row) => row['x-hosts'].includes('admin') || row['x-hosts'].includes('auth');	// here they are one
const mutating = rows.filter((r) => r.method !== 'GET');
// Nothing at these acts for a visitor: programs call them from anywhere.
const anySite = /^\/(api\/device\/(code|token)|api\/echo|track|webhook\/.*)$/;
const ranks = { anon: 0, user: 1, admin: 2, owner: 3, fresh: 4 };
const gives = (held, want) => held === want || `${held}.read` === want;

await onNode('access', { fronts: ['nginx'], scheme: 'https' }, async (n, part) => {
  for (const site of ['mine', 'other', 'trashed']) assert.equal((await n.deploy(site, { 'index.html': site })).status, 200);
  // Only what is in the trash can be taken out of it, by its id.
  const trashed = (await n.api('GET', '/api/apps/trashed')).json.data.id;
  assert.equal((await n.api('DELETE', '/api/apps/trashed')).status, 200);
  const short = await n.api('POST', '/api/keys', { name: 'short', scopes: scopes.filter((s) => s !== 'keys').join(), expires_in: 1 });
  assert.equal(short.status, 200, short.text);
  const expired = short.json.data.token, made = {};
  const key = (list) => (made[list] ??= n.newKey(list));
  await sleep(1200);

  const targetOf = (row, app = 'mine') => row.path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, name) => (name === 'app' ? (app === 'mine' && row.path.endsWith('/restore') ? trashed : app) : values[name] ?? 'x'));
  const call = (row, k, app = 'mine', method = row.method) =>
    n.api(method, targetOf(row, app), row.method === 'GET' ? undefined : bodies[row.path] ?? {}, { front: 'scgi', key: k, headers: k ? {} : { 'Sec-Fetch-Site': 'same-origin' } });
  const code = (rs) => `${rs.status} ${(() => { try { return rs.json.error.code; } catch { return '-'; } })()}`;
  const entered = (rs) => ![401, 403, 405, 500, 502].includes(rs.status) || ['401 INVALID_CREDENTIALS', '403 REAUTH_REQUIRED'].includes(code(rs)) || /^403 SYSTEM_/.test(code(rs));

  await part(`${rows.length} rows`, async () => {
    assert.ok(rows.length > 50);
    for (const row of rows) {
      const at = `${row.method} ${row.path}`, scope = row['x-scope'], hosts = row['x-hosts'];
      assert.ok(['anon', 'user', 'admin', 'owner', 'fresh'].includes(row['x-who']), `${at}: who may call it?`);
      assert.ok(hosts?.length && hosts.every((h) => ['admin', 'internal', 'auth', 'app'].includes(h)), `${at}: on which host?`);
      if (!onAdmin(row)) {
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

  // --- sessions ---
  const app = `mine.${domain}`, people = { user: await invite(n), admin: await invite(n, { role: 'admin' }), owner: n.owner }, in_ = {};
  // Signed in on the admin host and on the app; again, when a row has ended it.
  const as = async (role) => {
    const v = in_[role], alive = v && (await v.get(app, '/auth/session')).json.data.authenticated && (role === 'user' || (await v.get(n.admin, '/api/user/me')).status === 200);
    if (alive) return v;
    in_[role] = await signedIn(n, people[role]);
    await in_[role].enter(app);
    return in_[role];
  };
  const fresh = (until) => n.sql(`UPDATE session SET fresh = ${until}`);
  const send = (v, row, host = n.admin, o = {}) => v.request(row.method, host, targetOf(row, row.method === 'GET' ? 'mine' : 'nobody'), { ...(row.method === 'GET' ? {} : { json: bodies[row.path] ?? {} }), ...o });
  const jar = (v, host) => [...v.cookies(host)].map(([k, x]) => `${k}=${x}`).join('; ');
  // The sso session is seen by the sign-in and by what is one's own, and never more than a user.
  const bySso = (row) => /^\/(auth|device|api\/sessions|api\/password)(\/|$)/.test(row.path);
  const wanted = (row, caller) => {
    const needs = ranks[row['x-who']], has = caller === 'user' && !bySso(row) ? 0 : ranks[caller] ?? 0;
    if (has >= needs) return 'in';
    if (has === 0) return '401';
    return needs === 4 && caller === 'owner' ? '403 REAUTH_REQUIRED' : '403 FORBIDDEN';
  };
  const judge = (row, caller, rs) => {
    const want = wanted(row, caller), at = `${row.method} ${row.path} as ${caller}: ${rs.code} ${rs.text.slice(0, 160)}, want ${want}`;
    if (want === 'in') assert.ok(entered(rs) || (rs.code === '403 FORBIDDEN' && row.path === '/device' && caller === 'user'), at);
    else if (want === '401') assert.ok(['401 UNAUTHORIZED', '401 SESSION_EXPIRED'].includes(rs.code) || (bySso(row) && row.method === 'GET' && rs.status === 303 && /^(https:\/\/[^/]+)?\/auth\/login/.test(rs.headers.location)), at);
    else assert.equal(rs.code, want, at);
  };
  const other = await signedIn(n, people.owner);
  await other.enter(`other.${domain}`);
  const token = other.cookies(`other.${domain}`).get('__Host-fazt'), foreign = ['__Host-fazt', '__Host-fazt_admin', '__Host-fazt_sso'].map((x) => `${x}=${token}`).join('; ');
  const old = await signedIn(n, people.owner), ended = jar(old, n.admin);
  n.sql(`UPDATE session SET expires = 1 WHERE ip = '${old.ip}'`);

  await part('sessions on the admin host', async () => {
    fresh(0);
    for (const row of rows.filter(onAdmin)) {
      for (const role of ['user', 'admin', 'owner']) judge(row, role, await send(await as(role), row));
      judge(row, 'anon', await send(new Visitor(n), row));
      judge(row, "another app's session", await send(new Visitor(n), row, n.admin, { cookie: foreign }));
      judge(row, 'ended', await send(new Visitor(n), row, n.admin, { cookie: ended }));
      if (row['x-who'] !== 'fresh') continue;
      const v = await as('owner');
      fresh('9e15');
      judge(row, 'fresh', await send(v, row));
      fresh(0);
    }
  });

  await part('sessions on app hosts', async () => {
    const there = rows.filter((r) => r['x-hosts'].includes('app'));
    assert.ok(there.length > 3);
    for (const row of there) {
      assert.match(row.path, /^\/auth\//);
      const at = `${row.method} ${row.path}`;
      if (at === 'POST /auth/login') { assert.equal((await send(new Visitor(n), row, app)).status, 403); continue; }
      const users = await as('user'), got = await send(users, row, app), nobody = ranks[row['x-who']] > 0 ? (rs) => rs.status === 401 : entered;
      assert.ok(entered(got), `${at}: ${got.code}`);
      for (const cookie of ['', foreign, ended, jar(users, n.admin)]) {
        const rs = await send(new Visitor(n), row, app, { cookie });
        assert.ok(nobody(rs), `${at} with ${cookie.slice(0, 20)}: ${rs.code}`);
      }
    }
    // What an app without code says of its visitor is no row (GET /api/me), nor is its front page.
    for (const row of rows.filter((r) => !r['x-hosts'].includes('app') && !['/', '/api/me'].includes(r.path)))
      for (const host of [app, `d1--mine.${domain}`]) assert.ok([404, 405].includes((await send(in_.owner, row, host)).status), `${row.method} ${row.path} on ${host}`);
  });

  await part('no other site changes anything', async () => {
    const forged = [['same-site', { site: 'same-site' }], ['cross-site', { site: 'cross-site' }], ['none', { site: 'none' }], ['a wrong Origin', { site: null, headers: { Origin: `https://${app}` } }], ['Origin null', { site: null, headers: { Origin: 'null' } }], ['http', { site: null, headers: { Origin: `http://${n.admin}` } }]];
    const signIn = /^\/(auth\/login|api\/login|api\/logout|auth\/logout|auth\/invite\/\{code\}|api\/device\/.*|device)$/;
    fresh('9e15');
    for (const row of mutating.filter(onAdmin)) {
      const v = await as('owner'), at = `${row.method} ${row.path}`;
      fresh('9e15');
      for (const [what, o] of forged) {
        const rs = await send(v, row, n.admin, o);
        if (anySite.test(row.path)) assert.ok(entered(rs), `${at} ${what}: ${rs.code}`);
        else assert.ok(rs.code === '403 CSRF_REJECTED' || (rs.status === 403 && /html/.test(rs.headers['content-type'])), `${at} ${what}: ${rs.code} ${rs.text.slice(0, 200)}`);
      }
      const own = await send(v, row, n.admin, { site: null, headers: { Origin: `https://${n.admin}` } });
      assert.ok(entered(own) || bySso(row), `${at} with our Origin: ${own.code}`);
      // With neither header: a program.  With a session it may sign in and out, no more.
      const bare = await send(await as('owner'), row, n.admin, { site: null });
      if (!signIn.test(row.path) && !anySite.test(row.path)) assert.equal(bare.code, '403 CSRF_REJECTED', `${at} with neither header`);
    }
    for (const row of mutating.filter((r) => r['x-hosts'].includes('app'))) {
      const v = await as('user');
      for (const [what, o] of forged.map(([x, y]) => [x, x === 'a wrong Origin' ? { site: null, headers: { Origin: `https://other.${domain}` } } : y]))
        assert.equal((await send(v, row, app, o)).code, '403 CSRF_REJECTED', `${row.method} ${row.path} on an app, ${what}`);
    }
    // A form that another site posts has no JSON type; where JSON is wanted it is refused too.
    const v = await as('owner');
    const form = await v.request('POST', n.admin, '/api/apps', { body: '{"title":"forged"}', type: 'text/plain' });
    assert.equal(form.code, '415 UNSUPPORTED_MEDIA_TYPE');
    assert.equal(n.sql("SELECT count(*) c FROM app WHERE title='forged'")[0].c, 0);
  });

  await part('what no row allows', async () => {
    for (const path of new Set(rows.filter(onAdmin).map((r) => r.path))) {
      const have = rows.filter((r) => r.path === path && onAdmin(r)).map((r) => r.method);
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

// AUTH on a host of its own: neither has the rows of the other.
await onNode('access: admin and sign-in apart', { fronts: ['nginx'], scheme: 'https', hosts: { admin: `admin.${domain}`, auth: `login.${domain}` } }, async (n, part) => {
  await part('each host has its own rows', async () => {
    for (const row of rows)
      for (const [name, host] of [['admin', n.admin], ['auth', n.auth]]) {
        if (row['x-hosts'].includes(name)) continue;
        const target = row.path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, k) => values[k] ?? 'x');
        const rs = await new Visitor(n).request(row.method, host, target, row.method === 'GET' ? {} : { json: {} });
        // Another row may have this path for another method, or with a parameter.
        assert.ok([404, 405].includes(rs.status) || rows.some((r) => r !== row && r.method === row.method && r['x-hosts'].includes(name) && new RegExp(`^${r.path.replace(/\{\w+\.\.\.\}/g, '.+').replace(/\{\w+\}/g, '[^/]+')}$`).test(target)), `${row.method} ${target} on ${name}: ${rs.code}`);
      }
  });
  await part('a role user gets into the sign-in host, not into the dashboard', async () => {
    const v = await signedIn(n, await invite(n), { host: n.auth });
    assert.deepEqual([...v.cookies(n.auth).keys()].filter((k) => k !== '__Host-fazt_pre'), ['__Host-fazt_sso']);
    const rs = await v.follow(n.admin, '/auth/login?redirect=/api/user/me');
    assert.ok(!v.cookies(n.admin).has('__Host-fazt_admin') && rs.status === 403, `${rs.seen} ${rs.status}`);
    assert.equal((await new Visitor(n).login({ ...(await invite(n)) })).status, 403, 'no admin session for a role user');
    const boss = await signedIn(n, n.owner, { host: n.auth });
    const at = await boss.follow(n.admin, '/auth/login?redirect=/api/user/me');
    assert.ok(boss.cookies(n.admin).has('__Host-fazt_admin'), `${at.seen} ${at.status}`);
    assert.equal((await boss.get(n.admin, '/api/user/me')).json.data.role, 'owner');
  });
});
