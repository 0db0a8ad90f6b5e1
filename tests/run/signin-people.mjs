// Accounts and sessions: invites, roles, the last owner, and every way a session ends.
// Times are moved in the database beside the server.
import assert from 'node:assert/strict';
import { onNode, domain, until } from '../lib/node.mjs';
import { Visitor, freshAddress, invite, signedIn } from '../lib/visitor.mjs';

const app = `app.${domain}`;

await onNode('signin-people', { fronts: ['nginx'], scheme: 'https' }, async (n, part) => {
  const admin = n.admin, keyed = (key = n.key) => ({ headers: { Authorization: `Bearer ${key}` }, site: null });
  const program = new Visitor(n);
  const api = (method, target, json, key) => program.request(method, admin, target, { json, ...keyed(key) });
  const me = async (v) => (await v.get(admin, '/api/user/me')).status;
  const visitorOf = async (v, host = app) => (await v.get(host, '/auth/session')).json.data;
  assert.equal((await n.deploy('app', { 'index.html': 'app', 'api/main.js': 'respond(fazt.auth.getUser())' })).status, 200);
  const owner = await signedIn(n, n.owner);

  await part('the owner is who they are', async () => {
    assert.deepEqual(Object.keys((await owner.get(admin, '/api/user/me')).json.data).sort(), ['email', 'role', 'username', 'version']);
    assert.equal((await owner.get(admin, '/api/user/me')).json.data.role, 'owner');
    const status = (await owner.get(admin, '/api/auth/status')).json.data;
    assert.deepEqual([status.authenticated, status.username, status.role], [true, n.owner.username, 'owner']);
    assert.deepEqual((await new Visitor(n).get(admin, '/api/auth/status')).json.data, { authenticated: false });
    const self = (await owner.get(admin, '/api/me')).json.data;
    for (const k of ['id', 'email', 'name', 'picture', 'provider', 'role', 'created_at', 'last_login', 'disabled', 'email_verified']) assert.ok(k in self, k);
    assert.ok(Number.isInteger(self.created_at) && self.created_at < 1e11, 'unix seconds');
    const key = (await api('GET', '/api/me')).json.data.key;
    for (const k of ['id', 'name', 'scopes', 'expires_at']) assert.ok(k in key, k);
  });

  await part('a single-use code makes one account, however many hurry', async () => {
    const made = await api('POST', '/api/invites', { role: 'user' });
    assert.equal(made.status, 201, made.text);
    assert.ok(made.json.data.url.includes(made.json.data.code));
    const before = n.sql('SELECT count(*) c FROM user')[0].c;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => new Visitor(n)
      .post(n.auth, `/auth/invite/${made.json.data.code}`, { email: `race${i}@people.test`, name: 'r', password: 'a long enough password' })));
    const ok = answers.filter((rs) => rs.status === 201);
    assert.equal(ok.length, 1, JSON.stringify(answers.map((rs) => rs.status)));
    for (const rs of answers) assert.ok([201, 400, 429, 503].includes(rs.status), `${rs.status} ${rs.text}`);
    assert.equal(n.sql('SELECT count(*) c FROM user')[0].c, before + 1);
    assert.equal((await new Visitor(n).post(n.auth, `/auth/invite/${made.json.data.code}`, { email: 'late@people.test', password: 'a long enough password' })).status, 400);
    const used = (await api('GET', '/api/invites')).json.data.find((i) => i.use_count === 1);
    assert.deepEqual([used.status, used.max_uses], ['used', 1]);
    assert.ok(!('code' in used));
  });

  await part('invites that are no invites', async () => {
    const post = async (code, body) => new Visitor(n).post(n.auth, `/auth/invite/${code}`, { email: 'x@people.test', name: 'x', password: 'a long enough password', ...body });
    for (const code of ['x', 'A'.repeat(43), '%00', '..%2f', encodeURIComponent("' OR 1=1 --")]) assert.ok([400, 404].includes((await post(code)).status), code);
    const expired = (await api('POST', '/api/invites', { role: 'user' })).json.data.code;
    n.sql('UPDATE invite SET expires = created - 1 WHERE id = (SELECT max(id) FROM invite)');
    assert.equal((await post(expired)).status, 400);
    const gone = (await api('POST', '/api/invites', { role: 'user' })).json.data.code;
    const id = (await api('GET', '/api/invites')).json.data.map((i) => i.id).find((i) => n.sql(`SELECT 1 FROM invite WHERE uid='${i}' AND id=(SELECT max(id) FROM invite)`).length);
    assert.equal((await api('DELETE', `/api/invites/${id}`)).status, 200);
    assert.equal((await post(gone)).status, 400);
    const short = (await api('POST', '/api/invites', { role: 'user' })).json.data.code;
    for (const bad of [{ password: 'short' }, { password: 'password123' }, { email: 'no address' }, { email: '' }, { password: 'x'.repeat(1025) }])
      assert.equal((await post(short, bad)).status, 400, JSON.stringify(bad).slice(0, 60));
    assert.equal((await post(short)).status, 201, 'a refused form must not use the code up');
    // No one gives a role above their own.
    const adminUser = await signedIn(n, await invite(n, { role: 'admin' }));
    assert.equal((await adminUser.post(admin, '/api/invites', { role: 'owner' })).status, 403);
    assert.equal((await adminUser.post(admin, '/api/invites', { role: 'admin' })).status, 201);
    assert.equal((await owner.post(admin, '/api/invites', { role: 'emperor' })).status, 400);
  });

  await part('roles, and the last owner', async () => {
    const someone = await invite(n), boss = await invite(n, { role: 'admin' }), asAdmin = await signedIn(n, boss);
    const ownerId = (await owner.get(admin, '/api/me')).json.data.id;
    const role = (v, id, to) => v.post(admin, '/api/users/role', { user_id: id, role: to });
    assert.equal((await role(asAdmin, someone.id, 'owner')).status, 403);
    assert.equal((await role(asAdmin, ownerId, 'user')).status, 403);
    assert.equal((await role(owner, ownerId, 'admin')).code, '409 LAST_OWNER');
    assert.equal((await owner.request('PATCH', admin, `/api/users/${ownerId}`, { json: { disabled: true } })).code, '409 LAST_OWNER');
    assert.equal((await owner.del(admin, `/api/users/${ownerId}?data=keep`)).code, '409 LAST_OWNER');
    assert.equal((await role(owner, someone.id, 'emperor')).status, 400);
    assert.equal((await role(owner, 'fazt_usr_000000000000', 'user')).code, '404 USER_NOT_FOUND');
    const up = await role(owner, someone.id, 'owner');
    assert.deepEqual([up.status, up.json.data?.role, up.json.data?.user_id], [200, 'owner', someone.id], up.text);
    assert.equal((await role(asAdmin, someone.id, 'user')).status, 403, 'only an owner changes owners');
    assert.equal((await role(owner, someone.id, 'user')).status, 200);
    // Fewer rights at once: no old session keeps the old role.
    assert.equal(await me(asAdmin), 200);
    assert.equal((await role(owner, boss.id, 'user')).status, 200);
    assert.ok([401, 403].includes((await asAdmin.get(admin, '/api/apps')).status));
  });

  await part('a login renews the token, the old one is dead', async () => {
    const v = await signedIn(n, n.owner), old = v.cookies(admin).get('__Host-fazt_admin'), sso = v.cookies(admin).get('__Host-fazt_sso');
    assert.ok(old && sso && old !== sso);
    assert.equal((await v.login(n.owner)).status, 200);
    assert.notEqual(v.cookies(admin).get('__Host-fazt_admin'), old);
    const thief = new Visitor(n);
    for (const cookie of [`__Host-fazt_admin=${old}`, `__Host-fazt_sso=${sso}`, `__Host-fazt_admin=${sso}`, `__Host-fazt=${old}`])
      assert.equal((await thief.get(admin, '/api/apps', { cookie })).status, 401, cookie.slice(0, 20));
    assert.equal(n.sql(`SELECT count(*) c FROM session WHERE CAST(hash AS TEXT) LIKE '%${old.slice(0, 20)}%'`)[0].c, 0);
    // A value chosen by somebody else is never taken over.
    const fixed = new Visitor(n);
    fixed.jar.set(admin, new Map([['__Host-fazt_admin', 'A'.repeat(43)], ['__Host-fazt_sso', 'B'.repeat(43)]]));
    assert.equal((await fixed.login(n.owner)).status, 200);
    assert.notEqual(fixed.cookies(admin).get('__Host-fazt_admin'), 'A'.repeat(43));
  });

  await part('logout', async () => {
    const v = await signedIn(n, n.owner), before = new Map(v.cookies(admin));
    await v.enter(app);
    assert.equal((await visitorOf(v)).authenticated, true);
    assert.equal((await v.get(app, '/auth/logout')).status, 405);
    const appCookie = v.cookies(app).get('__Host-fazt');
    assert.equal((await v.request('POST', app, '/auth/logout', {})).status, 200);
    assert.equal((await visitorOf(v)).authenticated, false);
    assert.equal((await visitorOf({ get: (h, t) => new Visitor(n).get(h, t, { cookie: `__Host-fazt=${appCookie}` }) })).authenticated, false);
    // The others still stand, so the app lets them in again without asking.
    assert.equal(await me(v), 200);
    await v.enter(app);
    const html = await v.request('POST', app, '/auth/logout?all=true', { headers: { Accept: 'text/html' } });
    assert.deepEqual([html.status, new URL(html.headers.location, `https://${app}`).pathname], [303, '/auth/login']);
    const again = await v.follow(app, '/auth/login?redirect=/');
    assert.equal(again.host, n.auth, 'the sso session ended: they must be asked');
    assert.equal(again.status, 200);
    // On ADMIN itself.
    const w = await signedIn(n, n.owner), token = w.cookies(admin).get('__Host-fazt_admin');
    assert.equal((await w.post(admin, '/api/logout')).status, 200);
    assert.equal(w.cookies(admin).get('__Host-fazt_admin'), undefined);
    assert.equal((await new Visitor(n).get(admin, '/api/user/me', { cookie: `__Host-fazt_admin=${token}` })).status, 401);
    assert.ok(before.size > 0);
  });

  await part('a password change ends the other sessions', async () => {
    const who = await invite(n, { role: 'admin' });
    const here = await signedIn(n, who), there = await signedIn(n, who);
    await there.enter(app);
    assert.equal((await here.post(admin, '/api/password', { current: 'wrong password', new: 'another long password' })).status, 401);
    assert.equal((await here.post(admin, '/api/password', { current: who.password, new: 'short' })).status, 400);
    assert.equal(await me(there), 200);
    assert.equal((await here.post(admin, '/api/password', { current: who.password, new: 'another long password' })).status, 200);
    assert.deepEqual([await me(here), await me(there), (await visitorOf(there)).authenticated], [200, 401, false]);
    assert.equal((await new Visitor(n).login(who)).status, 401);
    assert.equal((await new Visitor(n).login({ ...who, password: 'another long password' })).status, 200);
  });

  await part('disable ends sessions and shuts the door, enable opens it', async () => {
    const who = await invite(n, { role: 'admin' }), v = await signedIn(n, who);
    await v.enter(app);
    const off = await owner.request('PATCH', admin, `/api/users/${who.id}`, { json: { disabled: true } });
    assert.deepEqual([off.status, off.json.data?.disabled], [200, true], off.text);
    assert.deepEqual([await me(v), (await visitorOf(v)).authenticated], [401, false]);
    const refused = await new Visitor(n).login(who);
    assert.ok([401, 403].includes(refused.status), refused.text);
    assert.equal((await owner.request('PATCH', admin, `/api/users/${who.id}`, { json: { disabled: false, name: 'Back' } })).json.data.name, 'Back');
    assert.equal((await new Visitor(n).login(who)).status, 200);
    assert.equal(await me(v), 401, 'an ended session stays ended');
  });

  await part('delete, with what they wrote and without', async () => {
    assert.equal((await n.deploy('store', { 'index.html': 'x', 'api/main.js': 'fazt.app.user.kv.set("k", 1); respond({ k: fazt.app.user.kv.get("k") })' })).status, 200);
    for (const data of ['keep', 'delete']) {
      const who = await invite(n), v = await signedIn(n, who);
      await v.enter(`store.${domain}`);
      assert.equal((await v.get(`store.${domain}`, '/api/')).text, '{"k":1}');
      const rows = () => n.sql(`SELECT count(*) c FROM kv`)[0].c;
      const had = await until(() => rows(), 3000, 'the row');
      assert.ok(had > 0);
      assert.equal((await owner.del(admin, `/api/users/${who.id}?data=${data}`)).status, 200);
      assert.equal(rows() < had, data === 'delete', data);
      assert.equal((await visitorOf(v, `store.${domain}`)).authenticated, false);
      assert.equal((await new Visitor(n).login(who)).status, 401);
      assert.equal((await owner.get(admin, `/api/users/${who.id}/status`)).code, '404 USER_NOT_FOUND');
    }
  });

  await part('sessions: see one\'s own, end them; an admin sees all', async () => {
    const who = await invite(n), boss = await signedIn(n, n.owner);
    const one = await signedIn(n, who), two = await signedIn(n, who);
    await one.enter(app);
    const all = (await boss.get(admin, `/api/sessions?user=${who.id}`)).json.data;
    assert.deepEqual(all.map((s) => s.kind).sort(), ['app', 'sso', 'sso']);
    for (const s of all) for (const k of ['id', 'kind', 'user', 'ip', 'user_agent', 'created_at', 'last_seen_at', 'expires_at', 'current']) assert.ok(k in s, `${k} in ${JSON.stringify(s)}`);
    assert.ok(all.every((s) => s.user.id === who.id && /^fazt_ses_/.test(s.id) && !JSON.stringify(s).includes(one.cookies(n.auth).get('__Host-fazt_sso'))));
    assert.ok(all.some((s) => s.ip === one.ip) && all.some((s) => s.ip === two.ip));
    const ssoOfOne = all.find((s) => s.kind === 'sso' && s.ip === one.ip);
    const gone = await boss.del(admin, `/api/sessions/${ssoOfOne.id}`);
    assert.deepEqual([gone.status, gone.json.data], [200, { revoked: 2 }], 'with the app session born from it');
    assert.equal((await visitorOf(one)).authenticated, false);
    assert.equal((await boss.del(admin, `/api/sessions/${ssoOfOne.id}`)).code, '404 SESSION_NOT_FOUND');
    assert.equal((await boss.del(admin, `/api/sessions?user=${who.id}`)).json.data.revoked, 1);
    // An admin's own, and nobody else's through it.
    const other = await signedIn(n, n.owner);
    const mine = (await boss.get(admin, '/api/sessions')).json.data;
    assert.equal(mine.filter((s) => s.current && s.kind === 'admin').length, 1);
    assert.equal((await boss.del(admin, '/api/sessions?others=true')).status, 200);
    assert.deepEqual([await me(boss), await me(other)], [200, 401]);
    await owner.login(n.owner);
  });

  await part('idle and absolute time', async () => {
    const v = await signedIn(n, n.owner, { remember: false });
    await v.enter(app);
    const mine = (kind) => `id = (SELECT max(id) FROM session WHERE kind='${kind}')`;
    const hours = (kind) => n.sql(`SELECT idle/3600000 idle, (expires-created+1800000)/3600000 life FROM session WHERE ${mine(kind)}`)[0];
    assert.deepEqual([hours('admin'), hours('sso'), hours('app')], [{ idle: 12, life: 168 }, { idle: 168, life: 720 }, { idle: 168, life: 720 }]);
    const keen = await signedIn(n, n.owner, { remember: true });
    assert.equal(hours('admin').idle, 168);
    assert.equal(await me(keen), 200);
    // Idle: a little before the end it lives, a little after it is over.
    const idleFor = (kind, h) => n.sql(`UPDATE session SET seen = (strftime('%s','now') - ${h * 3600}) * 1000, created = created - ${h} * 3600000 WHERE ${mine(kind)}`);
    idleFor('app', 167);
    assert.equal((await visitorOf(v)).authenticated, true);
    await v.enter(app);
    idleFor('app', 169);
    assert.equal((await visitorOf(v)).authenticated, false);
    idleFor('admin', 169);
    assert.ok(['401 SESSION_EXPIRED', '401 UNAUTHORIZED'].includes((await keen.get(admin, '/api/user/me')).code));
    // Absolute: whatever was used a moment ago.
    const w = await signedIn(n, n.owner);
    n.sql(`UPDATE session SET expires = strftime('%s','now') * 1000 - 1 WHERE ${mine('admin')}`);
    assert.equal((await w.get(admin, '/api/apps')).status, 401);
    // A clock that went back ends nothing.
    const x = await signedIn(n, n.owner);
    n.sql(`UPDATE session SET seen = seen + 864e5, created = created + 864e5 WHERE ${mine('admin')}`);
    assert.equal(await me(x), 200);
    // The sso session goes: the app session goes with it.
    await x.enter(app);
    n.sql(`UPDATE session SET expires = strftime('%s','now') * 1000 - 1 WHERE ${mine('sso')}`);
    assert.equal((await visitorOf(x)).authenticated, false);
    await owner.login(n.owner);
  });

  await part('fresh: what needs the password once more', async () => {
    const v = await signedIn(n, n.owner);
    n.sql('UPDATE session SET fresh = 1');
    const wants = () => v.post(admin, '/api/keys', { name: 'all', scopes: 'admin' });
    assert.equal((await wants()).code, '403 REAUTH_REQUIRED');
    assert.equal((await v.post(admin, '/api/reauth', { password: 'not the password' })).code, '401 INVALID_CREDENTIALS');
    assert.equal((await wants()).code, '403 REAUTH_REQUIRED');
    const again = await v.post(admin, '/api/reauth', { password: n.owner.password });
    assert.equal(again.status, 200, again.text);
    const left = Date.parse(again.json.data.fresh_until) - Date.now();
    assert.ok(left > 9 * 60e3 && left < 11 * 60e3, again.text);
    const key = await wants();
    assert.equal(key.status, 200, key.text);
    n.sql('UPDATE session SET fresh = 1');
    assert.equal((await wants()).code, '403 REAUTH_REQUIRED');
    const boss = await signedIn(n, await invite(n, { role: 'admin' }));
    assert.ok([401, 403].includes((await boss.post(admin, '/api/reauth', { password: 'a long enough password' })).status));
  });

  await part('a session gives out what it has', async () => {
    const boss = await signedIn(n, await invite(n, { role: 'admin' }));
    const made = await boss.post(admin, '/api/keys', { name: 'mine', scopes: 'deploy:app,apps.read', expires_in: '90d' });
    assert.equal(made.status, 200, made.text);
    assert.equal((await api('GET', '/api/apps', undefined, made.json.data.token)).status, 200);
    assert.equal((await api('GET', '/api/users', undefined, made.json.data.token)).code, '403 SCOPE_REQUIRED');
    assert.ok(['403 SCOPE_REQUIRED', '403 FORBIDDEN', '403 REAUTH_REQUIRED'].includes((await boss.post(admin, '/api/keys', { name: 'all', scopes: 'admin' })).code));
    assert.ok([403].includes((await boss.post(admin, '/api/keys', { name: 'sql', scopes: 'sql' })).status), 'sql is the owner\'s');
    const plain = await signedIn(n, await invite(n));
    assert.ok([401, 403].includes((await plain.post(admin, '/api/keys', { name: 'x' })).status));
  });

  await part('set-password: the old one and the admin sessions are gone', async () => {
    const v = await signedIn(n, n.owner);
    n.cli(['set-password', '--stdin'], { input: 'quite another password\n' });
    await until(async () => (await me(v)) === 401, 3000, 'the session to end');
    assert.equal((await new Visitor(n).login(n.owner)).status, 401);
    assert.equal((await new Visitor(n, { ip: freshAddress() }).login({ ...n.owner, password: 'quite another password' })).status, 200);
  });

  await part('it is all in the activity log, and no secret is', async () => {
    const rows = n.sql('SELECT * FROM activity'), text = JSON.stringify(rows);
    for (const word of ['login', 'logout', 'invite', 'role', 'password']) assert.match(text, new RegExp(word), word);
    assert.ok(rows.some((r) => r.result === 'failure'));
    for (const secret of ['a long enough password', n.owner.password, 'quite another password', 'not the password']) assert.ok(!text.includes(secret) && !n.log().includes(secret));
  });
});
