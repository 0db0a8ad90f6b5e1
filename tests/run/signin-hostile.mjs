// A provider that does one thing wrong at a time.  Whatever it is, the answer is a page of
// ours without a word of the provider's, and no session.  While it hangs, the rest goes on.
import assert from 'node:assert/strict';
import { onNode, domain, sleep, until } from '../lib/node.mjs';
import { startHostile } from '../lib/oidc.mjs';
import { Visitor, invite, signedIn } from '../lib/visitor.mjs';

await onNode('signin-hostile', { fronts: ['nginx'], tls: ['localhost', '127.0.0.1', `*.${domain}`], conf: '' }, async (n, part) => {
  const client = { clientId: 'the-client', secret: 'the secret+/%&' };
  const p = await startHostile(n.tls, client), q = await startHostile(n.tls, client);
  const app = `app.${domain}`, page = { site: 'cross-site', headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' } };
  const put = (name, body) => new Visitor(n).request('PUT', n.admin, `/api/auth/providers/${name}`, { json: body, headers: { Authorization: `Bearer ${n.key}` }, site: null });
  const sessions = () => n.sql('SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM identity) * 1000 c')[0].c;
  let serial = 0;
  try {
    assert.equal((await n.deploy('app', { 'index.html': 'static' })).status, 200);
    const ann = await invite(n, { email: 'victim@people.test' });
    for (const [name, at] of [['hostile', p], ['second', q]]) {
      const rs = await put(name, { client_id: client.clientId, client_secret: client.secret, enable: true, issuer: at.issuer, display_name: `Sign in with ${name}` });
      assert.deepEqual([rs.status, rs.json.data?.enabled, rs.json.data?.configured], [200, true, true], rs.text);
    }
    // A provider of its own for what discovery says: what was found is kept for a while.
    const fresh = async (change) => {
      const name = `fresh${++serial}`, issuer = `${p.issuer}/${serial}`;
      p.change = change;
      assert.equal((await put(name, { client_id: client.clientId, client_secret: client.secret, enable: true, issuer })).status, 200);
      return name;
    };
    const begin = async (v, name = 'hostile', target = '/auth/login/') => v.get(n.auth, `${target}${name}?redirect=/done`, { ...page, site: 'none' });
    // Begin as this visitor and approve at the provider: the query of the callback.
    const approved = async (v, name = 'hostile', at = p) => {
      const rs = await begin(v, name);
      assert.equal(rs.status, 303, `${rs.status} ${rs.text.slice(0, 400)}`);
      return at.approve(new URL(rs.headers.location));
    };
    const callback = (v, query, name = 'hostile', o = {}) => v.get(n.auth, `/auth/callback/${name}?${new URLSearchParams(query)}`, { ...page, ...o });
    const refused = (rs, at, statuses = [400]) => {
      assert.ok(statuses.includes(rs.status), `${at}: ${rs.status} ${rs.headers.location ?? rs.text.slice(0, 400)}`);
      assert.match(rs.headers['content-type'], /^text\/html/, at);
      assert.ok(!/EVILTEXT|<b>no such/.test(rs.text), `${at} echoes the provider: ${rs.text}`);
      assert.ok(!rs.setCookie.some((c) => /^__Host-fazt(_sso|_admin)?=./.test(c)), `${at}: ${rs.setCookie}`);
    };
    const good = async (name = 'hostile', at = p) => {
      const v = new Visitor(n), rs = await callback(v, await approved(v, name, at), name);
      assert.equal(rs.status, 303, `${rs.status} ${rs.text.slice(0, 600)}`);
      assert.ok(v.cookies(n.auth).has('__Host-fazt_sso'));
      return v;
    };

    await part('a provider that does right', async () => {
      const rs = await begin(new Visitor(n)), url = new URL(rs.headers.location);
      assert.deepEqual([url.origin, url.pathname, url.searchParams.get('redirect_uri')], [p.issuer, '/authorize', `https://${n.auth}:${n.tls.port}/auth/callback/hostile`]);
      const count = n.sql('SELECT count(*) c FROM user')[0].c;
      const v = await good();
      assert.deepEqual(p.complaints, []);
      // The victim's address makes nobody the victim: another account, role user.
      assert.equal(n.sql('SELECT count(*) c FROM user')[0].c, count + 1);
      await v.enter(app).catch(() => {});
      const user = (await v.get(app, '/auth/session')).json.data.user;
      assert.ok(user && user.id !== ann.id, JSON.stringify(user));
      assert.deepEqual([user.role, user.provider], ['user', 'hostile']);
      // The same subject is the same account again; another one is not.
      await good();
      assert.equal(n.sql('SELECT count(*) c FROM user')[0].c, count + 1);
      p.change = { claims: (c) => ({ ...c, sub: 'subject-2' }), person: (u) => ({ ...u, sub: 'subject-2' }) };
      await good();
      assert.equal(n.sql('SELECT count(*) c FROM user')[0].c, count + 2);
      p.change = {};
      // The same subject of another provider is somebody else.
      await good('second', q);
      assert.equal(n.sql('SELECT count(*) c FROM user')[0].c, count + 3);
      assert.ok(n.sql("SELECT count(*) c FROM user WHERE role='owner'")[0].c === 1);
    });

    // An ID token that says so little of the person that userinfo is asked.
    const bare = ({ email: _, name: __, ...c }) => c;

    await part('claims, one at a time', async () => {
      const now = Math.floor(Date.now() / 1000), set = (more) => ({ claims: (c) => ({ ...c, ...more }) });
      const without = (k) => ({ claims: (c) => { const { [k]: _, ...rest } = c; return rest; } });
      const cases = { 'another nonce': set({ nonce: 'x'.repeat(22) }), 'no nonce': without('nonce'), 'an empty nonce': set({ nonce: '' }), 'nonce no text': set({ nonce: 1 }),
        'another aud': set({ aud: 'another-client' }), 'no aud': without('aud'), 'aud a list without us': set({ aud: ['a', 'b'] }), 'an empty list': set({ aud: [] }), 'aud a part of ours': set({ aud: 'the-clien' }), 'aud an object': set({ aud: { a: client.clientId } }),
        'two aud, no azp': set({ aud: [client.clientId, 'other'] }), 'two aud, another azp': set({ aud: [client.clientId, 'other'], azp: 'other' }), 'another azp': set({ azp: 'other' }),
        'another iss': set({ iss: 'https://accounts.evil.test' }), 'no iss': without('iss'), 'iss with a slash': set({ iss: `${p.issuer}/` }), 'iss in capitals': set({ iss: p.issuer.toUpperCase() }), 'the other provider\'s iss': set({ iss: q.issuer }),
        'expired': set({ exp: now - 3600, iat: now - 7200 }), 'no exp': without('exp'), 'exp a text': set({ exp: 'never' }), 'exp nothing': set({ exp: null }), 'iat in an hour': set({ iat: now + 3600, exp: now + 7200 }), 'no iat': without('iat'), 'iat long ago': set({ iat: now - 86400 * 30 }),
        'no sub': without('sub'), 'an empty sub': set({ sub: '' }), 'sub a number': set({ sub: 7 }), 'sub too long': set({ sub: 'x'.repeat(3000) }), 'userinfo of another': { claims: bare, person: (u) => ({ ...u, sub: 'subject-9' }) }, 'userinfo of nobody': { claims: bare, person: ({ sub: _, ...u }) => u }, 'userinfo no JSON': { claims: bare, person: () => 'EVILTEXT' } };
      const before = sessions();
      for (const [at, change] of Object.entries(cases)) {
        const v = new Visitor(n), query = await approved(v);
        p.change = change;
        refused(await callback(v, query), at, /userinfo no/.test(at) ? [400, 503] : [400]);
        p.change = {};
      }
      assert.equal(sessions(), before);
      await good();
    });

    await part('tokens that are none', async () => {
      const before = sessions();
      const text = (s) => ({ token: (t) => ({ ...t, id_token: s }) });
      const cases = { 'alg none': { header: (h) => ({ ...h, alg: 'none' }) }, 'no id_token': { token: ({ id_token: _, ...t }) => t }, 'an empty one': text(''), 'no JWT': text('EVILTEXT'), 'two parts': text('e30.e30'), 'five parts': text('e30.e30.e30.e30.e30'), 'no JSON': text('eHh4.eHh4.eHh4'),
        'bad base64': text('!!!.???.***'), 'an array': text(`${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from('[]').toString('base64url')}.AA`), 'an object': text({}), 'no access_token': { token: ({ access_token: _, ...t }) => t }, 'a megabyte': text('x'.repeat(1 << 20)),
        'an error in 200': { token: () => ({ error: 'invalid_grant', error_description: 'EVILTEXT' }) }, 'not JSON': { token: () => 'EVILTEXT <html>' }, 'nothing': { token: () => '' }, 'deep': { token: () => '['.repeat(20000) }, 'twice the same name': { token: (t) => `{"access_token":"a","access_token":"b","token_type":"Bearer","id_token":"${t.id_token}"}` } };
      for (const [at, change] of Object.entries(cases)) {
        const v = new Visitor(n), query = await approved(v);
        p.change = change;
        refused(await callback(v, query), at, [400, 503]);
        p.change = {};
      }
      assert.equal(sessions(), before);
    });

    await part('state, code, browser, path', async () => {
      const before = sessions(), v = new Visitor(n), one = await approved(v);
      const { code, state } = one;
      refused(await callback(v, { code, state: `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}` }), 'a wrong state');
      refused(await callback(v, { code }), 'no state');
      refused(await callback(v, { code, state: '' }), 'an empty state');
      refused(await callback(v, { code, state: 'x'.repeat(4000) }), 'a long state');
      refused(await callback(v, { state }), 'no code');
      refused(await callback(v, one), 'the state was used up');
      const two = await approved(v);
      refused(await callback(new Visitor(n), two), 'no cookie');
      refused(await callback(v, two), 'used up by the other browser');
      const three = await approved(v), w = new Visitor(n);
      await begin(w);
      refused(await callback(w, three), 'the cookie of another browser');
      const four = await approved(v);
      refused(await callback(v, four, 'second'), 'the callback of another provider');
      refused(await callback(v, four), 'and the state is used up');
      const five = await approved(v);
      refused(await callback(v, { ...five, code: 'EVILTEXT' }), 'a code that the provider does not know');
      const six = await approved(v);
      n.sql('UPDATE oauth_state SET expires = 1');
      refused(await callback(v, six), 'eleven minutes later');
      for (const query of ['error=access_denied&error_description=EVILTEXT', `error=EVILTEXT&state=${(await approved(v)).state}`, 'code=a&code=b&state=c&state=d', '%00', ''])
        refused(await v.get(n.auth, `/auth/callback/hostile?${query}`, page), query);
      assert.equal(sessions(), before);
      // A code that was used is used: the replay makes no second session.
      const x = new Visitor(n), seven = await approved(x);
      assert.equal((await callback(x, seven)).status, 303);
      const after = sessions();
      refused(await callback(x, seven), 'a replay');
      refused(await callback(new Visitor(n), seven), 'a replay elsewhere');
      assert.equal(sessions(), after);
      // On a host that is not AUTH there is no callback.
      assert.ok([400, 404].includes((await v.get(app, `/auth/callback/hostile?${new URLSearchParams(five)}`, page)).status));
      assert.equal((await begin(new Visitor(n), 'nobody')).status, 400);
      assert.equal((await put('second', { enable: false })).status, 200);
      refused(await begin(new Visitor(n), 'second'), 'a disabled provider');
      assert.equal((await put('second', { enable: true })).status, 200);
    });

    await part('mix-up: iss in the answer (RFC 9207)', async () => {
      const before = sessions(), v = new Visitor(n);
      refused(await callback(v, { ...(await approved(v)), iss: q.issuer }), 'the other one\'s iss');
      refused(await callback(v, { ...(await approved(v)), iss: '' }), 'an empty iss');
      const name = await fresh({ rfc9207: true });
      refused(await callback(v, await approved(v, name), name), 'promised, but not sent');
      assert.equal(sessions(), before);
      assert.equal((await callback(v, { ...(await approved(v, name)), iss: `${p.issuer}/${serial}` }, name)).status, 303);
      p.change = {};
      assert.equal((await callback(v, { ...(await approved(v)), iss: p.issuer })).status, 303);
    });

    await part('discovery that lies', async () => {
      const before = sessions(), set = (more) => ({ discovery: (d) => ({ ...d, ...more }) });
      const without = (k) => ({ discovery: ({ [k]: _, ...d }) => d });
      const cases = { 'another issuer': set({ issuer: 'https://evil.test' }), 'issuer with a slash': set({ issuer: `${p.issuer}/` }), 'no issuer': without('issuer'), 'http authorize': set({ authorization_endpoint: 'http://localhost/authorize' }), 'http token': set({ token_endpoint: p.issuer.replace('https', 'http') + '/token' }),
        'no token': without('token_endpoint'), 'no authorize': without('authorization_endpoint'), 'javascript': set({ authorization_endpoint: 'javascript:alert(1)' }), 'file': set({ token_endpoint: 'file:///etc/passwd' }), 'userinfo by http': set({ userinfo_endpoint: 'http://localhost/u' }), 'a number': set({ token_endpoint: 7 }),
        'not JSON': { discovery: () => 'EVILTEXT' }, 'an array': { discovery: () => '[]' }, 'nothing': { discovery: () => '' }, 'deep': { discovery: () => '{"a":'.repeat(5000) },
        'a redirect': { reply: { '/.well-known/openid-configuration': (rq, rs) => { rs.writeHead(302, { Location: `${q.issuer}/.well-known/openid-configuration` }); rs.end(); } } }, '500': { reply: { '/.well-known/openid-configuration': (rq, rs) => { rs.writeHead(500); rs.end('EVILTEXT'); } } },
        'cut off': { reply: { '/.well-known/openid-configuration': (rq, rs) => { rs.writeHead(200, { 'Content-Length': 500 }); rs.write('{'); setTimeout(() => rs.destroy(), 50); } } } };
      for (const [at, change] of Object.entries(cases)) {
        const name = await fresh(change);
        refused(await begin(new Visitor(n), name), at, [400, 503]);
      }
      p.change = {};
      assert.equal(sessions(), before);
      for (const issuer of ['http://localhost:1', 'ftp://x', 'localhost', '', `${p.issuer}?x=1`, `${p.issuer}#x`, 'https://user:pw@localhost:1'])
        assert.equal((await put('badissuer', { client_id: 'x', client_secret: 'y', enable: true, issuer })).status, 400, issuer);
      // The certificate counts: a name it does not have, and an authority we do not know.
      assert.equal((await put('wrongname', { client_id: 'x', client_secret: 'y', enable: true, issuer: p.issuer.replace('localhost', 'localhost.localdomain') })).status, 200);
      refused(await begin(new Visitor(n), 'wrongname'), 'a certificate of another name', [400, 503, 504]);
    });

    await part('too much, too slow', async () => {
      const before = sessions(), big = Buffer.alloc(1 << 20, 'x');
      const pour = (rq, rs) => { rs.writeHead(200, { 'Content-Type': 'application/json' }); for (let i = 0; i < 10; i++) rs.write(big); rs.end(); };
      const heads = (rq, rs) => { rs.socket.write('HTTP/1.1 200 OK\r\n'); const go = () => { if (!rs.socket || rs.socket.destroyed) return; rs.socket.write(`X-${Math.random()}: ${'y'.repeat(60000)}\r\n`, () => setImmediate(go)); }; go(); };
      const rss = n.rss();
      for (const [at, path, how] of [['10 MB of token', '/token', pour], ['10 MB of userinfo', '/userinfo', pour], ['endless headers', '/token', heads]]) {
        const v = new Visitor(n), query = await approved(v), start = Date.now();
        p.change = { claims: bare, reply: { [path]: how } };
        refused(await callback(v, query), at, [400, 503, 504]);
        assert.ok(Date.now() - start < 15000, at);
        p.change = {};
      }
      const name = await fresh({ reply: { '/.well-known/openid-configuration': pour } });
      refused(await begin(new Visitor(n), name), '10 MB of discovery', [400, 503]);
      p.change = {};
      assert.ok(n.rss() - rss < 64 * 2 ** 20, `${n.rss() - rss}`);
      assert.equal(sessions(), before);
    });

    await part('while it hangs, everything else is served', async () => {
      const before = sessions(), hung = [];
      p.change = {};
      const ready = [];
      for (let i = 0; i < 12; i++) { const v = new Visitor(n); ready.push([v, await approved(v)]); }
      p.change = { reply: { '/token': (rq, rs) => hung.push(rs) } };
      const start = Date.now(), waiting = ready.map(async ([v, query]) => { const rs = await callback(v, query, 'hostile', { timeout: 60000 }); return { rs, ms: Date.now() - start }; });
      await until(() => hung.length > 0, 5000, 'the provider to be asked');
      await sleep(200);
      const quick = async (what, fn) => { const t = Date.now(); await fn(); const ms = Date.now() - t; assert.ok(ms < 2000, `${what} took ${ms} ms`); };
      for (let i = 0; i < 5; i++) await quick('a file', async () => assert.equal((await n.get('nginx', app, '/')).text, 'static'));
      await quick('a password', async () => signedIn(n, n.owner));
      await quick('another provider', async () => good('second', q));
      await quick('the page', async () => assert.equal((await new Visitor(n).get(n.auth, '/auth/login', { ...page, site: 'none' })).status, 200));
      const got = await Promise.all(waiting);
      for (const { rs, ms } of got) { refused(rs, 'a provider that hangs', [503, 504]); assert.ok(ms < 30000, `${ms} ms`); }
      assert.ok(got.some(({ rs }) => rs.status === 504));
      p.change = {};
      assert.equal(n.sql("SELECT count(*) c FROM identity")[0].c * 1000, Math.floor(before / 1000) * 1000);
      await good();
    });

    await part('no word of it in the log', async () => {
      const log = n.log() + JSON.stringify(n.sql('SELECT * FROM activity'));
      assert.ok(!log.includes(client.secret) && !log.includes('at-1'));
    });
  } finally {
    p.stop();
    q.stop();
  }
});
