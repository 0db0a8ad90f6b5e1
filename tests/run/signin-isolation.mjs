// Two apps, the admin host and one person: no session counts where it was not made, no app
// sees or sets a platform cookie, no sibling acts for the visitor, no redirect leaves, no
// text becomes markup.
import assert from 'node:assert/strict';
import { onNode, domain } from '../lib/node.mjs';
import { Visitor, invite, signedIn } from '../lib/visitor.mjs';

const a = `a.${domain}`, b = `b.${domain}`;
const echo = `respond({ headers: request.headers, all: request.headersAll, cookies: request.cookies, user: fazt.auth.getUser(), login: fazt.auth.getLoginURL('/x?y=1'),
  flags: [fazt.auth.isLoggedIn(), fazt.auth.isAdmin(), fazt.auth.isOwner(), fazt.auth.hasRole('user')], query: request.query, vars: Object.keys(globalThis) })`;

await onNode('signin-isolation', { fronts: ['nginx'], scheme: 'https' }, async (n, part) => {
  for (const site of ['a', 'b']) {
    const rs = await n.deploy(site, { 'index.html': site, 'private/x.txt': 'only for people', 'api/main.js': echo });
    assert.equal(rs.status, 200, rs.text);
  }
  const owner = await signedIn(n, n.owner), ann = await invite(n);
  const visitor = await signedIn(n, ann, { host: n.auth });
  await visitor.enter(a);
  const tokenA = visitor.cookies(a).get('__Host-fazt'), sso = visitor.cookies(n.auth).get('__Host-fazt_sso');
  await owner.enter(a);
  const ownerA = owner.cookies(a).get('__Host-fazt'), adminToken = owner.cookies(n.admin).get('__Host-fazt_admin');
  const who = async (host, cookie, more = {}) => (await new Visitor(n).get(host, '/api/x', { cookie, ...more })).json.user;
  const session = async (host, cookie) => (await new Visitor(n).get(host, '/auth/session', { cookie })).json.data.authenticated;

  await part('a session counts on the host it was made for', async () => {
    assert.equal((await who(a, `__Host-fazt=${tokenA}`)).id, ann.id);
    for (const token of [tokenA, ownerA, sso, adminToken]) {
      for (const name of ['__Host-fazt', '__Host-fazt_sso', '__Host-fazt_admin', '__Host-fazt_pre']) {
        const at = `${name} of ${token === tokenA ? 'a user on A' : token === ownerA ? 'the owner on A' : token === sso ? 'sso' : 'admin'}`;
        assert.equal(await who(b, `${name}=${token}`), null, `${at} on B`);
        assert.equal(await session(b, `${name}=${token}`), false, `${at} on B`);
        assert.equal((await new Visitor(n).get(b, '/private/x.txt', { cookie: `${name}=${token}` })).status, 401, at);
        assert.equal(await who(`d1--a.${domain}`, `${name}=${token}`), null, `${at} on a preview`);
        if (name === '__Host-fazt_admin' && token === adminToken) continue;
        assert.equal((await new Visitor(n).get(n.admin, '/api/apps', { cookie: `${name}=${token}` })).status, 401, `${at} on ADMIN`);
      }
    }
    // The admin host knows the owner by the admin cookie alone, apps by their own.
    assert.equal(await who(a, `__Host-fazt=${adminToken}`), null);
    // What lets other apps in without asking does not open the dashboard, whoever it is.
    const lax = `__Host-fazt_sso=${owner.cookies(n.auth).get('__Host-fazt_sso')}`;
    for (const target of ['/api/apps', '/api/user/me', '/api/users']) assert.equal((await new Visitor(n).get(n.admin, target, { cookie: lax })).status, 401, target);
    assert.equal((await new Visitor(n).post(n.admin, '/api/apps', { title: 'x' }, { cookie: lax })).status, 401);
    assert.equal((await new Visitor(n).get(n.admin, '/api/apps', { cookie: `__Host-fazt_admin=${adminToken}` })).status, 200);
    assert.equal(await who(a, `__Host-fazt=${tokenA}x`), null);
    assert.equal(await who(a, `__Host-fazt=${tokenA.slice(0, -1)}`), null);
  });

  await part('private files are for who signed in here', async () => {
    const rs = await visitor.get(a, '/private/x.txt');
    assert.deepEqual([rs.status, rs.text], [200, 'only for people']);
    assert.match(rs.headers['cache-control'], /private/);
    const no = await new Visitor(n).get(a, '/private/x.txt');
    assert.equal(no.status, 401);
    assert.match(no.headers['content-type'], /^text\/plain/);
    for (const target of ['/x/../private/x.txt', '//private/x.txt', '/%70rivate/x.txt', '/private/./x.txt'])
      assert.notEqual((await new Visitor(n).get(a, target)).text, 'only for people', target);
  });

  await part('app code sees no platform cookie', async () => {
    const names = ['__Host-fazt', '__Host-fazt_sso', '__Host-fazt_admin', '__Host-fazt_pre'];
    const jar = [...names.map((x) => `${x}=${tokenA}`), 'mine=1', '__Host-own=2'].join('; ');
    for (const cookie of [jar, jar.replaceAll('; ', ', '), jar.replaceAll('; ', ';'), `${jar}; ${jar}`, `mine=1; __Host-own=2; __Host-fazt="${tokenA}"`, `mine=1; __Host-own=2; __host-FAZT=${tokenA}`]) {
      const rs = await new Visitor(n).get(a, '/api/x', { cookie });
      assert.equal(rs.status, 200, rs.text);
      assert.ok(!rs.text.includes(tokenA), `${cookie.slice(0, 60)}: ${rs.text}`);
      assert.ok(!/__host-fazt/i.test(rs.text), rs.text);
      assert.equal(rs.json.cookies.mine, '1');
    }
    const rs = await new Visitor(n).get(a, '/api/x', { cookie: jar });
    assert.deepEqual([rs.json.cookies, rs.json.user.id, rs.json.flags], [{ mine: '1', '__Host-own': '2' }, ann.id, [true, false, false, true]]);
    // Nor what a proxy or a client would call the user.
    const spoofed = await new Visitor(n).get(a, '/api/x', { cgi: { REMOTE_USER: 'owner', HTTP_REMOTE_USER: 'owner', HTTP_X_FORWARDED_USER: 'owner', AUTH_TYPE: 'Basic' } });
    assert.equal(spoofed.json.user, null);
  });

  await part('two cookies of one name, and names that only look like it', async () => {
    const good = `__Host-fazt=${tokenA}`;
    assert.equal((await who(a, `x=1; ${good}; y=2`)).id, ann.id);
    const known = [];
    for (const cookie of [`x=1; __Host-fazt=x; ${good}`, `${good}; __Host-fazt=x`, `${good}; ${good}`, `${good}, ${good}`, `x=1, __Host-fazt=x, ${good}`,
      Buffer.from(`\xe2\x80\x80${good}`, 'latin1').toString('utf8'), Buffer.from(`\xe2\x80\x80${good}`, 'latin1').toString('latin1'), `\u2000${good}`,
      `__Host-fazt ="${tokenA}"`, `"__Host-fazt"=${tokenA}`, `__host-fazt=${tokenA}`, `__HOST-FAZT=${tokenA}`, `fazt=${tokenA}`,
      `__Host-fazt%3D${tokenA}`, `__Host-fazt\t=${tokenA}`, `=__Host-fazt=${tokenA}`, `__Host-fazt==${tokenA}`, `__Host-fazt="${tokenA}"`, `__Host-fazt=${tokenA} x`, `__Host-fazt=%22${tokenA}%22`, `__Secure-fazt=${tokenA}`])
      if (await who(a, cookie)) known.push(cookie.replace(tokenA, 'TOKEN'));
    assert.deepEqual(known, [], 'must be nobody');
    for (const cookie of [`__Host-fazt_admin=x; __Host-fazt_admin=${adminToken}`, `__Host-fazt_admin=${adminToken}, __Host-fazt_admin=${adminToken}`, `\u2000__Host-fazt_admin=${adminToken}`])
      assert.equal((await new Visitor(n).get(n.admin, '/api/apps', { cookie })).status, 401, cookie);
    // Behind a comma it may stem from another cookie's value.
    assert.equal(await who(a, `x=1, ${good}`), null);
  });

  await part('app code sets no platform cookie, none for the whole domain', async () => {
    const values = ['__Host-fazt=x; Secure; Path=/', '__Host-fazt_admin=x', '__Host-fazt_sso=x; Path=/; Secure', '__Host-fazt_pre=x', '__host-fazt=x', ' __Host-fazt=x', '__Secure-fazt=x', 'a=1; Domain=example.test', 'a=1; domain=.example.test',
      'a=1; DOMAIN =example.test', 'a=1;Domain=admin.example.test', '=__Host-fazt=x', '\\t__Host-fazt=x', '__Host-fazt', '=__Host-fazt_sso', '\\u2000__Host-fazt=x'];
    const site = { 'index.html': 'set', 'api/main.js': `respond(200, 'x', { 'Set-Cookie': ${JSON.stringify(values).replaceAll('\\\\', '\\')}[Number(request.query.i)] })` };
    assert.equal((await n.deploy('set', site)).status, 200);
    for (let i = 0; i < values.length; i++) {
      const rs = await new Visitor(n).request('GET', `set.${domain}`, `/api/?i=${i}`);
      assert.equal(rs.status, 500, `${values[i]}: ${rs.status} ${rs.setCookie}`);
      assert.deepEqual(rs.setCookie, [], values[i]);
    }
  });

  await part('a page of B acts as nobody on A', async () => {
    const cookie = `__Host-fazt=${tokenA}`;
    const see = (headers, method = 'GET') => new Visitor(n).request(method, a, '/api/x', { cookie, site: null, headers, ...(method === 'POST' ? { json: {} } : {}) });
    for (const headers of [{ 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' }, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }, { Origin: `https://${b}` }, { Origin: 'null' }, { Origin: `http://${a}` }, { Origin: `https://${a}.evil.test` }, { Origin: `https://${a}:444` },
      { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }, { 'Sec-Fetch-Site': 'nonsense' }])
      for (const method of ['GET', 'POST']) assert.equal((await see(headers, method)).json.user, null, `${method} ${JSON.stringify(headers)}`);
    assert.equal((await see({ 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }, 'POST')).json.user, null, 'a form that B posts');
    for (const headers of [{ 'Sec-Fetch-Site': 'same-origin', Origin: `https://${a}` }, { Origin: `https://${a}` }, {}, { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }])
      assert.equal((await see(headers)).json.user.id, ann.id, JSON.stringify(headers));
    assert.equal((await new Visitor(n).get(a, '/private/x.txt', { cookie, site: 'same-site' })).status, 401);
    // Login and logout themselves.
    for (const site of ['same-site', 'cross-site']) {
      assert.equal((await new Visitor(n).post(a, '/auth/logout', {}, { cookie, site })).code, '403 CSRF_REJECTED', site);
      assert.equal((await new Visitor(n).post(n.admin, '/auth/login', n.owner, { site })).code, '403 CSRF_REJECTED', site);
    }
    assert.equal((await who(a, cookie)).id, ann.id);
    // A page with no more than a name and a password of ours is asked for nowhere else.
    for (const host of [a, domain, `d1--a.${domain}`]) assert.equal((await new Visitor(n).post(host, '/auth/login', n.owner)).status, 403, host);
  });

  await part('CORS gives nobody the visitor on ADMIN', async () => {
    for (const origin of [`https://${a}`, 'null', 'https://evil.test']) {
      const rs = await owner.get(n.admin, '/api/user/me', { site: 'same-site', headers: { Origin: origin } });
      for (const h of Object.keys(rs.headers)) assert.ok(!h.startsWith('access-control-'), `${h} for ${origin}`);
      const pre = await owner.request('OPTIONS', n.admin, '/api/login', { site: 'cross-site', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' } });
      assert.ok(!Object.keys(pre.headers).some((h) => h.startsWith('access-control-')));
    }
  });

  await part('the hand-off: one use, this browser, this host', async () => {
    const start = async (v, host) => {
      const to = new URL((await v.get(host, '/auth/login?redirect=/x', { site: 'none' })).headers.location);
      const back = await v.get(to.hostname, to.pathname + to.search, { site: 'same-site', headers: { Accept: 'text/html' } });
      assert.equal(back.status, 303, back.text);
      return new URL(back.headers.location);
    };
    const fresh = async () => {
      const v = new Visitor(n);
      v.jar.set(n.auth, new Map([['__Host-fazt_sso', sso]]));
      return v;
    };
    const sessions = () => n.sql('SELECT count(*) c FROM session')[0].c;
    const v = await fresh(), to = await start(v, b), done = to.pathname + to.search, count = sessions();
    assert.deepEqual([to.hostname, to.pathname], [b, '/auth/complete']);
    assert.ok(to.searchParams.get('code').length >= 22);
    const refuse = async (who, host, target, at) => {
      const rs = await who.get(host, target, { site: 'same-site' });
      assert.equal(rs.status, 400, `${at}: ${rs.status} ${rs.headers.location}`);
      assert.ok(!rs.setCookie.some((c) => c.startsWith('__Host-fazt=')), at);
    };
    const other = await fresh();
    await start(other, b);
    await refuse(other, b, done, 'another browser');
    await refuse(v, b, done, 'used up by the other browser');
    const again = await start(v, b), path = again.pathname + again.search;
    await refuse(v, a, path, 'another host');
    const third = await start(v, b);
    assert.equal((await v.get(b, third.pathname + third.search, { site: 'same-site' })).status, 303);
    assert.equal(sessions(), count + 1);
    await refuse(v, b, third.pathname + third.search, 'replayed');
    const late = await start(v, b);
    n.sql('UPDATE handoff SET expires = 1');
    await refuse(v, b, late.pathname + late.search, 'expired');
    for (const code of ['', 'x', 'A'.repeat(22), 'A'.repeat(5000), '%00', "'"]) await refuse(v, b, `/auth/complete?code=${code}`, code.slice(0, 10));
    await refuse(v, b, '/auth/complete', 'no code');
    assert.equal(sessions(), count + 1);
    // Two starts at once share the cookie: both tabs arrive.
    const one = await start(v, b), two = await start(v, b);
    for (const tab of [one, two]) assert.equal((await v.get(b, tab.pathname + tab.search, { site: 'same-site' })).status, 303);
  });

  await part('a redirect ends on a path of this host or on a host of ours', async () => {
    const bad = ['//evil.test', '///evil.test', '/\\evil.test', '\\/evil.test', '\\\\evil.test', '/\t/evil.test', '/\n/evil.test', '\t//evil.test', ' //evil.test', 'https:evil.test', 'https:/evil.test', 'https://evil.test', 'HTTPS://evil.test/',
      'http://evil.test', `http://${b}/`, `https://${b}.evil.test/`, `https://evil.test/${b}`, `https://${b}@evil.test/`, `https://evil.test@${b}/`, `https://evil.test#@${b}/`, `https://evil.test\\@${b}/`, 'javascript:alert(1)', 'data:text/html,x',
      'evil.test', './x', '?x', '', `/${'x'.repeat(1025)}`, '/\u0000', '/a\r\nSet-Cookie: x=1', `//${b}/`, `https://nobody.${domain}/`, 'ftp://' + b, '/\u007f', `https://${b}:444/`, `https://${b}%2eevil.test/`, `https://[::1]/`, '/%09/\\evil.test\u0001'];
    const good = [['/', a, '/'], ['/x?y=1&z=%2F', a, '/x?y=1&z=%2F'], ['/x#part', a, '/x#part'], ['/%2F%2Fevil.test', a, '/%2F%2Fevil.test'], [`https://${b}/y?z=1`, b, '/y?z=1'], [`https://d1--a.${domain}/q`, `d1--a.${domain}`, '/q'], ['/a//b', a, '/a//b'], ['/@evil.test', a, '/@evil.test']];
    const v = await signedIn(n, ann, { host: n.auth });
    const end = async (value, host = a, raw = false) => {
      let target = `/auth/login?redirect=${raw ? value : encodeURIComponent(value)}`, last;
      for (let i = 0; i < 8; i++) {
        const rs = await v.get(host, target, { site: i === 0 ? 'none' : 'same-site', headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' } });
        if (rs.status === 400 && i === 0) return new URL(`https://${host}/`);
        assert.equal(rs.status, 303, `${value} at ${host}${target}: ${rs.status} ${rs.text.slice(0, 300)}`);
        assert.ok(!/[\r\n]/.test(rs.headers.location) && rs.setCookie.every((c) => !c.startsWith('x=')), value);
        last = new URL(rs.headers.location, `https://${host}${target}`);
        assert.ok(last.protocol === 'https:' && (last.hostname === domain || last.hostname.endsWith(`.${domain}`)) && last.port === '' && last.username === '', `${value} leaves to ${last}`);
        if (!last.pathname.startsWith('/auth/')) return last;
        [host, target] = [last.hostname, last.pathname + last.search];
      }
      throw new Error(`${value}: no end`);
    };
    for (const value of bad) {
      const at = await end(value);
      assert.deepEqual([at.hostname, at.pathname + at.search + at.hash], [a, '/'], JSON.stringify(value.slice(0, 60)));
    }
    for (const raw of ['%2F%2Fevil.test', '/%09/evil.test', '/%0d%0aX:1', '%5C%5Cevil.test', '/%5cevil.test', '%00/', '/%c0%af', '/%ff'])
      assert.deepEqual((({ hostname, pathname }) => [hostname, pathname])(await end(raw, a, true)), [a, '/'], raw);
    for (const [value, host, path] of good) {
      const at = await end(value);
      assert.deepEqual([at.hostname, at.pathname + at.search + at.hash], [host, path], value);
    }
    // The same on the sign-in host itself, and in its form.
    for (const value of bad.filter((x) => x !== `https://${b}/`)) {
      const w = new Visitor(n);
      const rs = await w.request('POST', n.auth, '/auth/login', { form: { ...ann, username: ann.email, redirect: value }, headers: { Accept: 'text/html' } });
      const to = /url=([^"]*)"/i.exec(rs.text)?.[1] ?? rs.headers.location;
      assert.ok([200, 303].includes(rs.status), `${value}: ${rs.status} ${rs.text.slice(0, 300)}`);
      const at = new URL(to.replaceAll('&amp;', '&'), `https://${n.auth}/`);
      assert.equal(at.hostname, n.auth, JSON.stringify(value));
      if (bad.indexOf(value) > 12) break;	// hashing takes its time
    }
  });

  await part('no text becomes markup', async () => {
    const payloads = ['"><script>alert(1)</script>', "'><script>alert(1)</script>", '<img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>', '<svg/onload=alert(1)>', '</title><script>alert(1)</script>', '</style><script>alert(1)</script>', '<iframe src=javascript:alert(1)>',
      '" autofocus onfocus=alert(1) x="', "' onmouseover=alert(1) '", '<a href="javascript:alert(1)">x</a>', '<!--<script>alert(1)//-->', '<math><mi xlink:href="javascript:alert(1)">', '<body onload=alert(1)>', '&lt;script&gt;<script>x</script>', '<base href=//evil.test>',
      '<meta http-equiv=refresh content=0;//evil.test>', '\u003cscript\u003ealert(1)\u003c/script\u003e', '<form action=//evil.test><input name=password>', '<link rel=stylesheet href=//evil.test>', '{{7*7}}<x>', '<ScRiPt>alert(1)</sCrIpT>'];
    const places = [(p) => [n.auth, `/auth/login?redirect=${p}`], (p) => [n.auth, `/auth/login?app=${p}`], (p) => [n.auth, `/auth/login?error=${p}`], (p) => [n.auth, `/auth/login?redirect=/${p}&app=${b}&pre=${p}`], (p) => [n.auth, `/auth/login/${p}`],
      (p) => [n.auth, `/auth/callback/${p}?code=${p}&state=${p}`], (p) => [n.auth, `/auth/callback/google?error=${p}&error_description=${p}&state=${p}&error_uri=${p}`], (p) => [n.auth, `/auth/invite/${p}`], (p) => [n.admin, `/device?code=${p}&user_code=${p}`], (p) => [a, `/auth/complete?code=${p}`],
      (p) => [a, `/auth/login?redirect=${p}`], (p) => [a, `/${p}`], (p) => [n.admin, `/${p}`], (p) => [a, `/auth/${p}`], (p) => [`nobody.${domain}`, `/${p}`]];
    const clean = (rs, payload, at) => {
      assert.ok(rs.status < 500, `${at}: ${rs.status}`);
      if (!/^text\/html/.test(rs.headers['content-type'] ?? '')) return;
      assert.ok(!/<(script|img|svg|iframe|math|base|body o|x>|form action=\/\/|link rel=stylesheet href=\/\/|a href="javascript)/i.test(rs.text), `${at}: ${rs.text.slice(0, 600)}`);
      const bare = rs.text.replaceAll(/="[^"]*"/g, '');	// what stands in an attribute stays there
      assert.ok(!/<[^>]*\bon(error|focus|load|mouseover)=/i.test(bare), `${at}: ${rs.text.slice(0, 2000)}`);
      assert.ok(!rs.text.includes(payload) || !/[<>"']/.test(payload), `${at}: ${rs.text.slice(0, 600)}`);
      assert.ok(!/http-equiv=refresh content=0/i.test(rs.text), at);
    };
    for (const payload of payloads)
      for (const place of places) {
        const [host, target] = place(encodeURIComponent(payload)), v = new Visitor(n);
        const rs = await v.get(host, target, { site: 'none', headers: { Accept: 'text/html' } });
        clean(rs, payload, `${host}${decodeURIComponent(target)}`);
        if (/^text\/html/.test(rs.headers['content-type'] ?? '') && rs.status < 300 && host !== a) {
          const policy = rs.headers['content-security-policy'] ?? '';
          assert.match(policy, /default-src '(none|self)'/, target);
          assert.match(policy, /frame-ancestors 'none'/, target);
          assert.ok(!/unsafe-(inline|eval)/.test(policy), policy);
          assert.equal(rs.headers['x-content-type-options'], 'nosniff');
          assert.match(rs.headers['cache-control'], /no-store/);
        }
      }
    for (const payload of payloads.slice(0, 4)) {
      const rs = await new Visitor(n).request('POST', n.auth, '/auth/login', { form: { username: payload, password: payload, redirect: payload }, headers: { Accept: 'text/html' } });
      assert.ok([400, 401].includes(rs.status), rs.status);
      clean(rs, payload, 'the form');
    }
    // Names that people choose, on the pages that greet them.
    const named = await invite(n, { name: '<script>alert(1)</script>', role: 'admin' });
    const v = await signedIn(n, named, { host: n.auth });
    for (const target of ['/auth/login', '/device']) clean(await v.get(n.auth, target, { site: 'none', headers: { Accept: 'text/html' } }), '<script>', target);
  });
});
