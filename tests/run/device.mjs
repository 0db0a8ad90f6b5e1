// A command line signs in (RFC 8628): the page that decides, who may decide, and that one
// approval is one key.
import assert from 'node:assert/strict';
import { onNode } from '../lib/node.mjs';
import { Visitor, invite, signedIn } from '../lib/visitor.mjs';

const html = { headers: { Accept: 'text/html' } };

await onNode('device', { fronts: ['nginx'], scheme: 'https' }, async (n, part) => {
  const { admin } = n, program = new Visitor(n);
  const ask = async (v = new Visitor(n)) => (await v.post(admin, '/api/device/code', { client: 'test laptop' }, { site: null })).json.data;
  const poll = (d) => program.post(admin, '/api/device/token', { device_code: d.device_code }, { site: null });
  const reason = async (d) => { const rs = await poll(d); return rs.status === 200 ? 'given' : rs.json.error.details.reason; };
  const decide = (v, d, action, o = {}) => v.request('POST', admin, '/device', { form: { user_code: d.user_code, action }, ...o });
  const boss = await invite(n, { role: 'admin' }), person = await invite(n);

  await part('from the code to the key', async () => {
    const d = await ask();
    assert.match(d.user_code, /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    assert.equal(d.verification_uri, `https://${admin}/device`);
    assert.deepEqual([await reason(d), await reason(d)], ['authorization_pending', 'slow_down']);
    // Somebody who is not signed in comes back with the code.
    const v = new Visitor(n), first = await v.follow(admin, `/device?user_code=${d.user_code}`);
    assert.equal(first.status, 200, first.seen.join(' > '));
    assert.match(first.text, /name="password"/);
    assert.ok(first.text.includes(`value="/device?user_code=${d.user_code}"`), first.text);
    const back = await v.request('POST', admin, '/auth/login', { form: { username: n.owner.username, password: n.owner.password, redirect: `/device?user_code=${d.user_code}` } });
    assert.ok([200, 303].includes(back.status), back.text);
    const page = await v.get(admin, `/device?user_code=${d.user_code.toLowerCase().replace('-', '')}`, html);
    assert.equal(page.status, 200);
    for (const text of ['test laptop', d.user_code, 'value="approve"', 'value="deny"']) assert.ok(page.text.includes(text), text);
    assert.match(page.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
    assert.ok(!/<script/i.test(page.text));
    assert.equal(await reason(d), 'slow_down', 'looking approves nothing');
    const keys = n.sql('SELECT count(*) c FROM apikey')[0].c;
    const done = await decide(v, d, 'approve');
    assert.equal(done.status, 200, done.text);
    assert.match(done.text, /Device connected/);
    assert.equal(n.sql('SELECT count(*) c FROM apikey')[0].c, keys);
    // Twenty at once: one key.
    const many = await Promise.all(Array.from({ length: 20 }, () => poll(d)));
    const given = many.filter((rs) => rs.status === 200);
    assert.equal(given.length, 1);
    assert.ok(many.every((rs) => rs.status === 200 || rs.json.error.details.reason === 'expired_token'));
    assert.equal(n.sql('SELECT count(*) c FROM apikey')[0].c, keys + 1);
    const { token } = given[0].json.data;
    const bearer = { headers: { Authorization: `Bearer ${token}` }, site: null };
    assert.equal((await program.get(admin, '/api/apps', bearer)).status, 200);
    assert.equal((await program.get(admin, '/api/users', bearer)).code, '403 SCOPE_REQUIRED');
    const me = (await program.get(admin, '/api/me', bearer)).json.data.key;
    assert.equal(me.name, 'test laptop');
    const left = Date.parse(me.expires_at) - Date.now();
    assert.ok(left > 89 * 86400e3 && left <= 90 * 86400e3, me.expires_at);
  });

  await part('denied', async () => {
    const v = await signedIn(n, boss), d = await ask();
    assert.match((await decide(v, d, 'deny')).text, /Request denied/);
    assert.equal(await reason(d), 'access_denied');
    assert.equal((await decide(v, d, 'approve', html)).status, 404);
    assert.equal(await reason(d), 'access_denied');
  });

  await part('who may decide', async () => {
    const d = await ask(), target = `/device?user_code=${d.user_code}`;
    assert.equal((await decide(new Visitor(n), d, 'approve')).status, 401);
    const user = await signedIn(n, person);
    assert.equal((await user.get(admin, target, html)).status, 403);
    assert.ok([401, 403].includes((await decide(user, d, 'approve')).status));
    assert.equal((await program.request('POST', admin, '/device', { form: { user_code: d.user_code, action: 'approve' }, headers: { Authorization: `Bearer ${n.key}` }, site: null })).status, 403);
    // Full access is not for an administrator, and not for an owner without the password.
    const v = await signedIn(n, boss);
    assert.ok(!(await v.get(admin, target, html)).text.includes('Full access'));
    const full = await v.request('POST', admin, '/device', { form: { user_code: d.user_code, action: 'approve', full: 'true' } });
    assert.equal(full.status, 403);
    // A sign-in that is good for apps only leads to the password, not around in a circle.
    v.jar.get(admin).delete('__Host-fazt_admin');
    n.sql('UPDATE session SET created=created-700000');
    const again = await v.follow(admin, target);
    assert.equal(again.status, 200, again.seen.join(' > '));
    assert.match(again.text, /name="password"/);
    assert.equal(await reason(d), 'authorization_pending');
  });

  await part('another site decides nothing', async () => {
    const v = await signedIn(n, boss), d = await ask();
    for (const o of [{ site: 'cross-site' }, { site: 'same-site' }, { site: 'none' }, { site: null }, { site: null, headers: { Origin: 'https://evil.test' } }, { site: null, headers: { Origin: 'null' } }])
      assert.equal((await decide(v, d, 'approve', o)).code, '403 CSRF_REJECTED', JSON.stringify(o));
    assert.equal(await reason(d), 'authorization_pending');
    assert.equal((await decide(v, d, 'approve', { site: null, headers: { Origin: `https://${admin}` } })).status, 200);
  });

  await part('ten codes a minute', async () => {
    const v = new Visitor(n), all = [];
    for (let i = 0; i < 12; i++) all.push((await v.post(admin, '/api/device/code', {}, { site: null })).status);
    assert.deepEqual(all, [...Array(10).fill(200), 429, 429]);
    assert.equal((await new Visitor(n).post(admin, '/api/device/code', {}, { site: null })).status, 200);
  });

  await part('a book of it', async () => {
    await new Promise((r) => setTimeout(r, 500));
    const rows = n.sql("SELECT action, result, weight FROM activity WHERE resource_type='device' ORDER BY id");
    assert.deepEqual(rows.map((r) => r.action), ['approve', 'token', 'deny', 'approve']);
    assert.ok(rows.every((r) => r.result === 'success' && r.weight === 9), JSON.stringify(rows));
  });
});
