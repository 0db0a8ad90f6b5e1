// The sign-in without a password is not in the program that is shipped; a development
// build (make FAZT_DEV=1, then FAZT_BUILD=build/dev) has it, on a node started with --dev.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { bin, domain, onNode } from '../lib/node.mjs';
import { Visitor } from '../lib/visitor.mjs';

const has = fs.readFileSync(bin).includes('/auth/dev');
const form = { email: 'mallory@people.test', name: 'Mallory', role: 'owner', redirect: '/' };
const hosts = (n) => [n.admin, domain, 'localhost', '127.0.0.1', `nothing.${domain}`];

for (const scheme of ['http', 'https'])
  await onNode(`${has ? 'development' : 'release'} build, ${scheme}`, { fronts: ['nginx'], scheme }, async (n, part) => {
    const users = () => n.sql('SELECT count(*) c FROM user')[0].c, before = users();
    const cgi = scheme === 'http' ? { HTTPS: '', REQUEST_SCHEME: 'http' } : {};

    await part('where it is not', async () => {
      for (const host of hosts(n)) {
        if (has && scheme === 'http' && host === n.admin) continue;
        for (const [method, target] of [['GET', '/auth/dev/login'], ['POST', '/auth/dev/callback'], ['POST', '/auth/dev/callback/']]) {
          const v = new Visitor(n, { ip: '127.0.0.1' });
          const rs = await v.request(method, host, target, { ...(method === 'POST' ? { form } : {}), cgi });
          assert.ok([404, 405, 421].includes(rs.status), `${method} ${host}${target}: ${rs.status}`);
          assert.equal(rs.setCookie.length, 0);
        }
      }
      assert.equal(users(), before);
    });

    if (!has || scheme !== 'http') return;
    await part('where it is', async () => {
      const v = new Visitor(n);
      assert.match((await v.get(n.admin, '/auth/dev/login', { cgi })).text, /action="\/auth\/dev\/callback"/);
      const rs = await v.request('POST', n.admin, '/auth/dev/callback', { form: { ...form, redirect: '/api/user/me' }, cgi });
      assert.equal(rs.status, 303, rs.text);
      assert.equal(rs.headers.location, '/api/user/me');
      assert.equal((await v.get(n.admin, '/api/user/me', { cgi })).json.data.role, 'owner');
      assert.equal(users(), before + 1);
      // The same person in another role is the same person, and goes on to an app.
      assert.equal((await n.deploy('files', { 'index.html': 'x' })).status, 200);
      const app = await new Visitor(n).get(`files.${domain}`, '/auth/login?redirect=/', { cgi });
      const pre = new URL(app.headers.location).searchParams.get('pre');
      const other = { ...form, role: 'user', app: `files.${domain}`, pre };
      const on = await new Visitor(n).request('POST', n.admin, '/auth/dev/callback', { form: other, cgi });
      assert.equal(on.status, 303, on.text);
      assert.match(on.headers.location, /^http:\/\/files\.example\.test:\d+\/auth\/complete\?code=/);
      assert.equal(users(), before + 1);
      assert.equal(n.sql("SELECT role FROM user WHERE email='mallory@people.test'")[0].role, 'user');
      for (const bad of [{ role: 'root' }, { email: '' }, { redirect: 'https://evil.test/' }]) {
        const answer = await new Visitor(n).request('POST', n.admin, '/auth/dev/callback', { form: { ...form, ...bad }, cgi });
        if (bad.redirect) assert.equal(answer.headers.location, '/');
        else assert.equal(answer.status, 400, JSON.stringify(bad));
      }
      const forged = await new Visitor(n).request('POST', n.admin, '/auth/dev/callback', { form, cgi, site: 'cross-site' });
      assert.equal(forged.code, '403 CSRF_REJECTED');
    });
  });
