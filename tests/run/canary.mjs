// Secrets are used, rightly and wrongly, and then looked for: in data.db and its log, in a
// backup, in whatever else lies in the state folder, and in what the daemon logged.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { domain, onNode, sleep } from '../lib/node.mjs';
import { Visitor, signedIn } from '../lib/visitor.mjs';

const canary = (what) => `${what}-${randomBytes(15).toString('hex')}`;
const main = `if (request.path === '/api/doc') { fazt.app.ds.insert('notes', { text: request.query.text }); respond('ok'); }
else respond({ n: fazt.env.get('SECRET').length });`;

// Every file below dir.
function walk(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const p = path.join(dir, e.name);
    return e.isDirectory() ? walk(p) : e.isFile() ? [p] : [];
  });
}

// As it is, and as a careless encoder would have it.
function shapes(secret) {
  const raw = Buffer.isBuffer(secret) ? secret : Buffer.from(secret);
  return [raw, Buffer.from(raw.toString('base64').replace(/=+$/, '').slice(0, -1)), Buffer.from(raw.toString('hex')), Buffer.from(raw.toString('hex').toUpperCase())];
}

await onNode('canary', { fronts: ['nginx'], scheme: 'https', conf: '[log]\naccess = all\nlevel = debug' }, async (n, part) => {
  const secrets = new Map(), host = `nest.${domain}`, doc = canary('doc');
  const keep = (what, value) => { assert.ok(value && value.length >= 16, `${what}: ${value}`); secrets.set(what, value); return value; };
  const bearer = (key) => ({ headers: { Authorization: `Bearer ${key}` }, site: null });
  const admin = n.admin, program = new Visitor(n);
  const api = (method, target, json, key = n.key) => program.request(method, admin, target, { json, ...bearer(key) });
  const jar = (v, what) => { for (const h of v.jar.keys()) for (const [name, value] of v.cookies(h)) keep(`${what} ${name} on ${h}`, value); };
  const status = async (want, rs) => { const got = await rs; assert.equal(got.status, want, got.text); return got; };

  keep('master key', fs.readFileSync(path.join(n.state, 'master.key')));
  keep('key of the command', n.key);
  keep('its secret part', n.key.split('_')[3]);
  keep('password of init', n.owner.password);
  await status(200, n.deploy('nest', { 'index.html': 'x', 'api/main.js': main }));
  await status(200, program.get(host, `/api/doc?text=${doc}`));

  await part('variables and providers', async () => {
    const value = keep('variable', canary('variable')), secret = keep('client secret', canary('client'));
    await status(200, api('POST', '/api/envvars', { site_id: 'nest', name: 'SECRET', value }));
    assert.equal((await status(200, program.get(host, '/api/x'))).json.n, value.length);
    // Refused, and perhaps repeated by the answer: never by a log.
    await status(400, api('POST', '/api/envvars', { site_id: 'nest', name: 'not a name', value: keep('refused variable', canary('refused')) }));
    await status(200, api('PUT', '/api/auth/providers/github', { client_id: 'c', client_secret: secret, enable: true }));
    await status(400, api('PUT', '/api/auth/providers/other', { client_id: 7, client_secret: keep('refused client secret', canary('refused')) }));
    for (const target of ['/api/envvars?site_id=nest', '/api/auth/providers']) {
      const { text } = await status(200, api('GET', target));
      assert.ok(![value, secret].some((x) => text.includes(x)), target);
    }
    const begun = await program.follow(admin, '/auth/login/github?redirect=/', {});
    assert.equal(begun.away?.hostname, 'github.com', begun.seen.join());
    keep('oauth state', begun.away.searchParams.get('state'));
    await status(400, program.get(n.auth, `/auth/callback/github?state=${begun.away.searchParams.get('state')}x&code=${keep('oauth code', canary('code'))}`));
  });

  await part('invites, passwords, sessions, hand-offs', async () => {
    const password = keep('password', canary('password')), email = 'ann@people.test';
    const code = keep('invite', (await status(201, api('POST', '/api/invites', { role: 'admin' }))).json.data.code);
    const wrong = keep('wrong invite', code.slice(0, -6) + 'zzzzzz');
    for (const h of [n.auth, host]) {
      await program.get(h, `/auth/invite/${wrong}`);
      await program.get(h, `/auth/invite/${code}`);
    }
    await status(400, program.post(n.auth, `/auth/invite/${wrong}`, { email, password }));
    await status(201, program.post(n.auth, `/auth/invite/${code}`, { email, password, name: 'Ann' }));
    await status(400, program.post(n.auth, `/auth/invite/${code}`, { email: 'bob@people.test', password }));
    await status(401, new Visitor(n).login({ email, password: keep('wrong password', canary('wrong')) }));
    await status(401, new Visitor(n).login({ email: keep('password typed as a name', canary('oops')), password: 'x' }));
    await status(403, new Visitor(n).post(host, '/auth/login', { username: email, password: keep('password given to an app host', canary('phish')) }));

    const ann = await signedIn(n, { email, password });
    await ann.enter(host);
    jar(ann, 'ann');
    assert.equal(ann.jar.size, 2);
    // One step by hand: the code of a hand-off, used on time and once more.
    const bob = await signedIn(n, { email, password });
    let rs = await bob.get(host, '/auth/login?redirect=/', { site: 'none' });
    rs = await bob.get(new URL(rs.headers.location).hostname, rs.headers.location.replace(/^https:\/\/[^/]+/, ''), { site: 'none' });
    const complete = new URL(rs.headers.location);
    assert.equal(complete.pathname, '/auth/complete');
    keep('hand-off', complete.searchParams.get('code'));
    for (const want of [303, 400]) await status(want, bob.get(host, complete.pathname + complete.search, { site: 'none' }));
    jar(bob, 'bob');
    const made = keep('made-up session', randomBytes(32).toString('base64url'));
    for (const [h, target] of [[admin, '/api/user/me'], [host, '/api/me'], [host, '/private/x'], [n.auth, '/auth/session']])
      await program.get(h, target, { cookie: `__Host-fazt_admin=${made}; __Host-fazt_sso=${made}; __Host-fazt=${made}` });
    await status(401, ann.post(admin, '/api/password', { current: keep('wrong current password', canary('current')), new: keep('password never set', canary('never')) }));
    await status(200, ann.post(admin, '/api/password', { current: password, new: keep('new password', canary('new')) }));
    jar(ann, 'ann later');
  });

  await part('keys and devices', async () => {
    const key = keep('key', (await status(200, api('POST', '/api/keys', { name: 'k', scopes: 'apps.read' }))).json.data.token);
    await status(200, api('GET', '/api/apps', undefined, key));
    await status(403, api('GET', '/api/users', undefined, key));
    for (const [what, bad] of [['key with a wrong check', `${key.slice(0, -1)}${key.at(-1) === 'x' ? 'y' : 'x'}`], ['no key at all', canary('fazt_key')]])
      await status(401, api('GET', '/api/apps', undefined, keep(what, bad)));
    await status(401, program.get(admin, '/api/apps', { headers: { Authorization: `Basic ${Buffer.from(`me:${keep('Basic password', canary('basic'))}`).toString('base64')}` }, site: null }));

    const ask = (await status(200, program.post(admin, '/api/device/code', { client: 'nest builder' }, { site: null }))).json.data;
    keep('device code', ask.device_code);
    const poll = (device_code) => program.post(admin, '/api/device/token', { device_code }, { site: null });
    assert.equal((await status(400, poll(keep('wrong device code', `${ask.device_code.slice(0, -4)}AAAA`)))).json.error.details.reason, 'expired_token');
    assert.equal((await status(400, poll(ask.device_code))).json.error.details.reason, 'authorization_pending');
    const owner = await signedIn(n, n.owner);
    await status(200, owner.get(admin, `/device?user_code=${ask.user_code}`));
    await status(200, owner.request('POST', admin, '/device', { form: { user_code: ask.user_code, action: 'approve' } }));
    const token = keep('key of the device', (await status(200, poll(ask.device_code))).json.data.token);
    assert.equal((await status(400, poll(ask.device_code))).json.error.details.reason, 'expired_token');
    await status(200, api('GET', '/api/apps', undefined, token));
    jar(owner, 'owner');
    await status(200, owner.post(admin, '/auth/logout', {}));
  });

  const look = (files) => {
    const found = [], own = path.join(n.state, 'master.key');
    for (const file of files) {
      const bytes = fs.readFileSync(file);
      for (const [what, secret] of secrets)
        if (file !== own && shapes(secret).some((s) => bytes.includes(s))) found.push(`${what} in ${path.basename(file)}`);
    }
    return found;
  };
  const has = (file, text) => fs.readFileSync(file).includes(text);

  await part('none of them is found, a document is', async () => {
    await sleep(1500);   // what is written a little later
    const backup = n.cli(['backup', '-o', path.join(n.dir, 'out')]).trim();
    const db = path.join(n.state, 'data.db'), log = path.join(n.run, 'fazt-fcgi.log');
    for (const line of ['/api/device/token', '/auth/login', '/api/keys', '/auth/complete', '/api/password', '/auth/invite'])
      assert.ok(has(log, `"path":"${line}`), `the log has no line of ${line}`);
    assert.ok(has(db, doc) || has(`${db}-wal`, doc), 'the document is not in the database');
    assert.ok(has(backup, doc), 'the document is not in the backup');
    assert.ok(secrets.size > 30, `${secrets.size} secrets`);
    assert.deepEqual(look([...walk(n.state), ...walk(n.run), ...walk(path.join(n.dir, 'out'))]), []);
    // Once more when everything is in the one file.
    await n.daemonStop();
    assert.ok(has(db, doc), 'the document is not in the file');
    assert.deepEqual(look([...walk(n.state), ...walk(n.run)]), []);
    assert.equal(fs.statSync(db).mode & 0o777, 0o600);
  });
});
