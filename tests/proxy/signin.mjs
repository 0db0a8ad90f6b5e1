// People in Chromium, through Caddy and nginx with TLS: sign-in by password and by a real
// OpenID provider, from app to app, onto custom domains, previews and an admin host of its
// own, and out again.
import assert from 'node:assert/strict';
import { onNode, domain, sleep } from '../lib/node.mjs';
import { Person, launch } from '../lib/browser.mjs';
import { startProvider } from '../lib/oidc.mjs';
import { invite } from '../lib/visitor.mjs';

const a = `a.${domain}`, b = `b.${domain}`, shop = 'shop.example', console_ = 'console.other.example';
const names = ['localhost', domain, `*.${domain}`, shop, '*.other.example'];
const site = (name) => ({ 'index.html': `<!doctype html><html lang=en><title>${name}</title><h1>${name}</h1>`, 'private/file.txt': `private of ${name}`, 'api/main.js': `
  const path = request.path.slice(4);
  if (path === '/need') { fazt.auth.requireLogin(); respond({ in: fazt.auth.getUser().email }); }
  else if (path === '/boss') { fazt.auth.requireAdmin(); respond('boss'); }
  else if (path === '/notes') {
    fazt.auth.requireLogin();
    if (request.method === 'POST') fazt.app.user.kv.set('note', request.body.text);
    respond({ note: fazt.app.user.kv.get('note') ?? null });
  } else respond({ user: fazt.auth.getUser(), cookie: request.headers.cookie ?? '', loginURL: fazt.auth.getLoginURL('/back') });` });

const browser = await launch();

// What verify does after it asked the DNS, which is not under test here.
async function attach(n, name, host) {
  assert.equal((await n.api('POST', `/api/apps/${name}/domains`, { domain: host })).status, 201);
  await n.daemonStop();
  n.sql(`UPDATE domain SET status='active' WHERE domain='${host}'`);
  n.daemonStart();
  for (let i = 0; (await n.get(n.allFronts()[0], host, '/')).status !== 200; i++) {
    assert.ok(i < 100, 'the custom domain');
    await sleep(50);
  }
}

for (const front of ['caddy', 'nginx']) await onNode(`signin-${front}`, { fronts: [front], tls: names }, async (n, part) => {
  const open = (o) => Person.open(browser, n.ports.tls, o);
  for (const name of ['a', 'b', 'root']) assert.equal((await n.deploy(name, site(name))).status, 200);
  await attach(n, 'a', shop);
  const ann = await invite(n), ben = await invite(n), provider = await startProvider(n.tls, [{ client_id: 'fazt', client_secret: 'a secret of the test', redirect_uris: [`https://${n.auth}:${n.ports.tls}/auth/callback/op`] }]);
  const seen = async (p) => JSON.parse((await p.fetch('/api/me')).text).user;
  try {
    await part('the owner signs in on the admin host', async () => {
      const p = await open();
      await p.go(n.admin, '/auth/login?redirect=/api/user/me');
      assert.equal(await p.page.$eval('[name=password]', (e) => e.type), 'password');
      await p.password({ ...n.owner, password: 'wrong password' });
      assert.match(await p.text(), /password|wrong|incorrect/i);
      assert.ok(p.at.startsWith(`${n.admin}/auth/login`));
      assert.deepEqual((await p.cookies(n.admin)).filter((x) => /_(sso|admin)$/.test(x)), []);
      await p.password(n.owner);
      await p.arrive(`${n.admin}/api/user/me`);
      assert.match(await p.text(), /"role": ?"owner"/);
      const c = await p.cookie(n.admin, '__Host-fazt_admin');
      assert.deepEqual([c.secure, c.httpOnly, c.sameSite, c.path, c.domain], [true, true, 'Strict', '/', n.admin]);
      // From another site: the Strict cookie comes with the second request, without a question.
      await p.go(shop, '/');
      await p.page.setContent(`<a id=x href="${p.url(n.admin, '/auth/login?redirect=/api/user/me')}">x</a>`);
      await p.page.click('#x');
      await p.arrive(`${n.admin}/api/user/me`);
      assert.match(await p.text(), /"role": ?"owner"/);
      assert.deepEqual(p.errors, []);
      await p.close();
    });

    await part('from app to app, asked once', async () => {
      const p = await open();
      await p.go(a, '/auth/login?redirect=/%3Fq%3D1%23part');
      assert.equal(new URL(p.page.url()).hostname, n.auth);
      await p.password(ann);
      await p.arrive(`${a}/?q=1#part`);
      assert.equal((await seen(p)).email, ann.email);
      assert.deepEqual(await p.cookies(a), ['__Host-fazt', '__Host-fazt_pre']);
      assert.equal(JSON.parse((await p.fetch('/api/me')).text).cookie, '');
      await p.go(b);
      assert.equal(await seen(p), null, 'B knows nobody before it asked');
      for (const host of [b, shop, `d1--a.${domain}`, domain]) {
        await p.go(host, '/auth/login?redirect=/private/file.txt');
        await p.arrive(`${host}/private/file.txt`);
        assert.match(await p.text(), /^private of/, host);
        assert.equal(JSON.parse((await p.fetch('/auth/session')).text).data.user.email, ann.email, host);
      }
      // A page of A reads nothing and does nothing on B.
      await p.go(a);
      const other = await p.fetch(p.url(b, '/api/me'), { credentials: 'include', mode: 'no-cors' });
      assert.ok(!other.text.includes(ann.email));
      assert.equal((await p.fetch(p.url(b, '/auth/logout'), { method: 'POST', credentials: 'include', mode: 'no-cors' })).text, '');
      assert.equal(await p.page.evaluate(() => document.cookie), '');
      await p.page.evaluate((d) => { document.cookie = `__Host-fazt=tossed; Domain=${d}; Path=/; Secure`; document.cookie = '__Host-fazt=own; Path=/; Secure'; document.cookie = ` __Host-fazt=x; Domain=${d}; Secure`; }, domain);
      await p.go(b);
      assert.equal((await seen(p)).email, ann.email, 'B is not disturbed');
      await p.close();
    });

    await part('logging out of one app, and of all', async () => {
      const p = await open();
      for (const host of [a, b]) await p.go(host, '/auth/login?redirect=/').then(async () => { if (await p.page.$('[name=password]')) await p.password(ann); });
      await p.arrive(`${b}/`);
      const out = async (query = '') => p.page.evaluate((q) => { const f = document.createElement('form'); f.method = 'post'; f.action = `/auth/logout${q}`; document.body.append(f); f.submit(); }, query);
      const left = await p.fetch('/auth/logout', { method: 'POST' });
      assert.equal(left.status, 200, left.text);
      assert.deepEqual((await p.cookies(b)).filter((x) => x === '__Host-fazt'), []);
      await p.go(b);
      assert.equal(await seen(p), null);
      await p.go(a);
      assert.equal((await seen(p)).email, ann.email);
      await Promise.all([p.page.waitForNavigation(), out('?all=true')]);
      await p.page.waitForSelector('[name=password]');
      assert.equal(new URL(p.page.url()).hostname, n.auth, 'asked again');
      for (const host of [a, b]) { await p.go(host); assert.equal(await seen(p), null, host); }
      assert.equal((await p.go(a, '/private/file.txt')).status(), 401);
      await p.close();
    });

    await part('requireLogin leads there and back; roles hold', async () => {
      const p = await open();
      await p.go(a, '/api/need?x=1');
      assert.equal(new URL(p.page.url()).hostname, n.auth);
      await p.password(ann);
      await p.arrive(`${a}/api/need?x=1`);
      assert.match(await p.text(), new RegExp(ann.email));
      assert.equal((await p.go(a, '/api/boss')).status(), 403);
      const w = await open();
      await w.go(a);
      const rs = await w.fetch('/api/need');
      assert.equal(rs.status, 401);
      assert.match(JSON.parse(rs.text).login_url, /^\/auth\/login\?redirect=/);
      await Promise.all([p.close(), w.close()]);
    });

    await part('what two people keep in one app', async () => {
      const people = [];
      for (const who of [ann, ben]) {
        const p = await open();
        await p.go(a, '/auth/login?redirect=/');
        await p.password(who);
        await p.arrive(`${a}/`);
        people.push(p);
      }
      const put = (p, text) => p.fetch('/api/notes', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text }) });
      assert.deepEqual(JSON.parse((await put(people[0], 'of Ann')).text), { note: 'of Ann' });
      assert.deepEqual(JSON.parse((await people[1].fetch('/api/notes')).text), { note: null });
      await put(people[1], 'of Ben');
      assert.deepEqual(await Promise.all(people.map(async (p) => JSON.parse((await p.fetch('/api/notes')).text).note)), ['of Ann', 'of Ben']);
      // On the custom domain it is the same app and the same data.
      await people[0].go(shop, '/auth/login?redirect=/');
      await people[0].arrive(`${shop}/`);
      assert.deepEqual(JSON.parse((await people[0].fetch('/api/notes')).text), { note: 'of Ann' });
      for (const p of people) await p.close();
    });

    await part('a real OpenID provider, from two apps and a custom domain', async () => {
      const rs = await n.api('PUT', '/api/auth/providers/op', { client_id: 'fazt', client_secret: 'a secret of the test', enable: true, issuer: provider.issuer, display_name: 'Test Provider' });
      assert.equal(rs.status, 200, rs.text);
      for (const [who, host] of [['carol', a], ['dora', shop]]) {
        const p = await open();
        await p.go(host, '/auth/login?redirect=/%3Fback');
        await p.submit('a[href*="/auth/login/op"]');
        assert.ok(p.page.url().startsWith(provider.issuer), p.page.url());
        await p.consent(provider.issuer, who);
        await p.arrive(`${host}/?back`);
        const user = await seen(p);
        assert.deepEqual([user.email, user.name, user.role, user.provider], [`${who}@op.test`, `Name of ${who}`, 'user', 'op']);
        const next = host === a ? b : a;
        await p.go(next, '/auth/login?redirect=/');
        await p.arrive(`${next}/`);
        assert.equal((await seen(p)).id, user.id, 'the next app asks nobody');
        assert.deepEqual(p.errors, []);
        await p.close();
      }
      // Straight to it; and the same person again is the same account.
      const p = await open();
      await p.go(b, '/auth/login/op?redirect=/');
      await p.consent(provider.issuer, 'carol');
      await p.arrive(`${b}/`);
      assert.equal((await seen(p)).email, 'carol@op.test');
      assert.equal(n.sql("SELECT count(*) c FROM user WHERE email='carol@op.test'")[0].c, 1);
      // A person who says no comes back to a page of ours.
      const w = await open();
      await w.go(a, '/auth/login/op?redirect=/');
      await w.submit('a[href*="/abort"]');
      assert.equal(new URL(w.page.url()).hostname, n.auth);
      assert.ok(!(await w.cookies(n.auth)).includes('__Host-fazt_sso'));
      // With a password form nothing of the provider's makes an administrator.
      assert.equal(n.sql("SELECT count(*) c FROM user WHERE provider='op' AND role<>'user'")[0].c, 0);
      assert.deepEqual(provider.errors.filter((e) => !/access_denied|AccessDenied/.test(e)), []);
      await Promise.all([p.close(), w.close()]);
    });

    await part('an invite, accepted on its page', async () => {
      const made = (await n.api('POST', '/api/invites', { role: 'admin' })).json.data, p = await open();
      await p.page.goto(made.url, { waitUntil: 'load' });
      await p.fill({ email: `eve${front}@people.test`, name: 'Eve', password: 'short' });
      await p.page.$eval('main form', (f) => { f.noValidate = true; });
      await p.submit();
      assert.match(await p.text(), /8|short|long/i);
      await p.fill({ email: `eve${front}@people.test`, password: 'long enough for Eve' });
      if (!(await p.page.$eval('[name=name]', (e) => e.value))) await p.fill({ name: 'Eve' });
      await p.submit();
      assert.equal(n.sql(`SELECT role FROM user WHERE email='eve${front}@people.test'`)[0]?.role, 'admin');
      await p.page.goto(made.url, { waitUntil: 'load' });
      assert.equal(await p.page.$('main form [name=password]'), null, 'the code is used up');
      assert.deepEqual(p.errors, []);
      await p.close();
    });

    if (front === 'caddy') await part('nothing for axe to find, light and dark, and no script', async () => {
      const made = (await n.api('POST', '/api/invites', {})).json.data, p = await open();
      const code = JSON.parse((await n.request(front, { host: n.admin, method: 'POST', path: '/api/device/code', headers: { 'Content-Type': 'application/json', 'Content-Length': 2 }, body: '{}' })).text).data;
      const signedOut = [[n.auth, '/auth/login'], [n.auth, `/auth/login?redirect=${encodeURIComponent(p.url(a, '/x'))}`], [n.auth, '/auth/callback/op?error=x'], [a, '/auth/complete?code=x'], [n.auth, new URL(made.url).pathname], [n.auth, '/auth/invite/none'], [n.auth, '/auth/login/nobody'], [a, '/none'], [`nobody.${domain}`, '/']];
      const look = async (pages) => {
        for (const dark of [false, true]) {
          await p.dark(dark);
          for (const [host, target] of pages) {
            await p.go(host, target);
            assert.deepEqual(await p.axe(), [], `${dark ? 'dark' : 'light'} ${host}${target}`);
            assert.equal(await p.page.$('script'), null, target);
          }
        }
      };
      await look(signedOut);
      await p.go(n.auth, '/auth/login');
      await p.password({ ...n.owner, password: 'wrong password' });
      assert.deepEqual(await p.axe(), [], 'a wrong password');
      await p.password(n.owner);
      await look([[n.auth, '/auth/login'], [n.admin, '/device'], [n.admin, `/device?user_code=${code.user_code}`], [n.admin, '/device?user_code=NONE-NONE']]);
      assert.deepEqual(p.errors, []);
      await p.close();
      // All of it works without scripts.
      const w = await open();
      await w.page.setJavaScriptEnabled(false);
      await w.go(a, '/auth/login?redirect=/none-such');
      await w.fill({ username: ann.email, password: ann.password });
      await w.submit();
      assert.equal(w.at, `${a}/none-such`);
      await w.close();
    });
  } finally {
    provider.stop();
  }
});

// AUTH on DOMAIN, the dashboard under another registrable domain.
for (const front of ['caddy', 'nginx']) await onNode(`signin-hosts-${front}`, { fronts: [front], tls: names, hosts: { admin: console_, auth: domain } }, async (n, part) => {
  for (const [name, files] of [['a', site('a')], ['root', site('root')]]) assert.equal((await n.deploy(name, files)).status, 200);
  const ann = await invite(n), open = () => Person.open(browser, n.ports.tls);
  const me = async (p, host) => { await p.go(host); return JSON.parse((await p.fetch('/api/me')).text).user?.email ?? null; };

  await part('apps, the domain itself among them', async () => {
    const p = await open();
    await p.go(a, '/auth/login?redirect=/');
    assert.equal(new URL(p.page.url()).hostname, domain);
    await p.password(ann);
    await p.arrive(`${a}/`);
    assert.equal(await me(p, a), ann.email);
    await p.go(domain, '/auth/login?redirect=/private/file.txt');
    await p.arrive(`${domain}/private/file.txt`);
    assert.equal(await me(p, domain), ann.email);
    assert.equal(JSON.parse((await p.fetch('/api/me')).text).cookie, '', 'the root app sees no cookie of the sign-in');
    assert.ok(!(await p.cookies(domain)).includes('__Host-fazt_admin'));
    // Role user: the dashboard says so, and lets nobody in.
    await p.go(console_, '/auth/login?redirect=/api/user/me');
    assert.ok(!(await p.cookies(console_)).includes('__Host-fazt_admin'));
    assert.ok(!p.at.startsWith(`${console_}/api/`), p.at);
    await p.close();
  });

  await part('the dashboard on a domain of its own', async () => {
    const p = await open();
    await p.page.setBypassCSP(true);	// it stands for the dashboard's own script
    await p.go(console_, '/auth/login?redirect=/api/user/me');
    assert.equal(new URL(p.page.url()).hostname, domain);
    await p.password(n.owner);
    await p.arrive(`${console_}/api/user/me`);
    assert.match(await p.text(), /"role": ?"owner"/);
    assert.deepEqual((await p.cookies(console_)).filter((x) => x !== '__Host-fazt_pre'), ['__Host-fazt_admin']);
    assert.ok((await p.cookies(domain)).includes('__Host-fazt_sso') && !(await p.cookies(domain)).includes('__Host-fazt_admin'));
    // A deploy with that session, as the dashboard does it.
    const rs = await p.fetch('/api/aliases', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ subdomain: 'made', app_id: 'a' }) });
    assert.equal(rs.status, 201, rs.text);
    assert.deepEqual(p.errors, []);
    await p.close();
  });
});
await browser.close();
