// What a client says about itself: address, user, length, inner parameters and host names.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Node, onNode, raw, request, domain } from '../lib/node.mjs';

const admin = `admin.${domain}`;
const lies = [
  ['X-Forwarded-For', '6.6.6.6'], ['X_Forwarded_For', '6.6.6.6'], ['X-Real-IP', '6.6.6.6'], ['Forwarded', 'for=6.6.6.6'],
  ['X-Forwarded-Proto', 'https'], ['X_Forwarded_Proto', 'https'], ['X-Forwarded-Host', admin], ['Client-IP', '6.6.6.6'],
  ['True-Client-IP', '6.6.6.6'], ['Proxy', 'http://127.0.0.1:1'], ['Remote-User', 'owner'], ['Remote_User', 'owner'], ['Remote-Addr', '6.6.6.6'],
  ['Remote_Addr', '6.6.6.6'], ['Content_Length', '5'], ['Content_Type', 'application/json'], ['FAZT_INTERNAL', '1'], ['FAZT-INTERNAL', '1'],
  ['Fazt-Front', 'x'], ['HTTPS', 'on'], ['Request-URI', '/metrics'], ['Script-Name', '/metrics'], ['X-Original-URL', '/metrics'], ['X-Rewrite-URL', '/metrics'],
  ['X-HTTP-Method-Override', 'DELETE'],
];

await onNode('headers', { conf: '[log]\naccess = all\n' }, async (n, part) => {
  assert.equal((await n.deploy('a', { 'index.html': 'A' })).status, 200);
  const get = (front, host, target, more = '') => raw(n.ports[front],
    Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`, 'latin1'));

  await part('headers say nothing about the client', async () => {
    for (const front of n.allFronts())
      for (const [name, value] of [...lies, ['X-Nothing', '1']]) {
        const rs = await get(front, admin, '/api/echo', `${name}: ${value}\r\n`);
        assert.equal(rs.status, 200, `${front} ${name}`);
        const seen = JSON.parse(rs.text).data;
        assert.equal(seen.ip, '127.0.0.1', `${front} ${name}`);
        assert.equal(seen.secure, false, `${front} ${name}`);
        assert.equal(seen.host, admin, `${front} ${name}`);
        assert.ok(seen.announced <= 0 && seen.received === 0, `${front} ${name}: ${rs.text}`);
      }
    assert.ok(!/"ip":"(?!127\.0\.0\.1")/.test(n.log()), 'the log shows another address');
    assert.match(n.log(), /"ip":"127\.0\.0\.1"/);
  });

  await part('all of them at once, and a body', async () => {
    const more = lies.map(([k, v]) => `${k}: ${v}\r\n`).join('');
    for (const front of n.allFronts()) {
      const rs = await raw(n.ports[front], Buffer.from(`POST /api/echo HTTP/1.1\r\nHost: ${admin}\r\n${more}Content-Length: 9\r\nConnection: close\r\n\r\n123456789`));
      assert.equal(rs.status, 200, rs.text);
      const seen = JSON.parse(rs.text).data;
      assert.deepEqual([seen.ip, seen.received, seen.announced], ['127.0.0.1', 9, 9]);
    }
  });

  await part('nobody is internal by a header or a host', async () => {
    const inner = ['FAZT_INTERNAL: 1\r\n', 'FAZT-INTERNAL: 1\r\n', 'HTTP_FAZT_INTERNAL: 1\r\n', 'X-FAZT-INTERNAL: 1\r\n', ''];
    for (const front of n.allFronts())
      for (const more of inner) {
        assert.equal((await get(front, admin, '/metrics', more)).status, 401);
        assert.equal((await get(front, admin, `/_fazt/tls?domain=a.${domain}`, more)).status, 404);
        assert.equal((await get(front, `a.${domain}`, '/metrics', more)).status, 404);
        assert.equal((await get(front, `a.${domain}`, `/_fazt/tls?domain=a.${domain}`, more)).status, 404);
      }
  });

  await part('the internal port answers, and only what is internal', async () => {
    for (const port of [n.ports.caddyInternal, n.ports.nginxInternal]) {
      const ask = (target, host = '127.0.0.1') => request(port, { host, path: target });
      const metrics = await ask('/metrics');
      assert.equal(metrics.status, 200);
      assert.match(metrics.headers['content-type'], /^text\/plain/);
      assert.match(metrics.text, /^fazt_build_info\{/m);
      assert.match(metrics.text, /^fazt_requests_total\{/m);
      assert.equal((await ask('/healthz')).text.trim(), 'ok');
      assert.equal((await ask('/readyz')).text.trim(), 'ok');
      for (const [name, status] of [[domain, 200], [admin, 200], [`a.${domain}`, 200], [`d1--a.${domain}`, 200], [`www.${domain}`, 200], [`A.${domain}.`, 200],
        [`nope.${domain}`, 403], [`d9--a.${domain}`, 403], ['evil.test', 403], ['', 403], [`a.b.${domain}`, 403], [`%00.${domain}`, 403], ['1.2.3.4', 403]]) {
        const rs = await ask(`/_fazt/tls?domain=${encodeURIComponent(name).replace('%2500', '%00')}`);
        assert.ok(rs.status === status || (name.startsWith('%00') && rs.status === 400), `${name}: ${rs.status}`);
        assert.equal(rs.bytes.length, rs.status === 400 ? rs.bytes.length : 0);
      }
      for (const target of ['/', '/api/apps', '/api/keys', '/api/echo'])
        for (const host of ['127.0.0.1', admin]) {
          // Caddy's listener knows one host only and answers others with an empty 200.
          const rs = await ask(target, host);
          assert.ok(rs.status === 404 || rs.bytes.length === 0, `${target} ${host}: ${rs.status}`);
        }
    }
  });

  await part('hosts', async () => {
    const isAdmin = (rs) => rs.status === 200 && rs.text.includes('"openapi"');
    const long = `${'a'.repeat(300)}.${domain}`;
    const same = [admin, `${admin}:8080`, `${admin}.`, `${admin}.:80`, 'ADMIN.Example.TEST', `ADMIN.${domain.toUpperCase()}:1`];
    const refused = [`a@${admin}`, `a.b,${admin}`, `${admin},a.b`, '', '127.0.0.1', '127.0.0.1:80', '[::1]', long, 'other.test', `${admin}..`, `x${admin}`.slice(1) + 'x',
      `${admin} x`, `${admin}/`, `${admin}\\x`, `${admin}:80:80`, `${admin}:x`, `${admin}%00`, `ädmin.${domain}`, '*', '_', `${domain}.evil.test`];
    for (const front of n.allFronts()) {
      for (const host of same) assert.ok(isAdmin(await get(front, host, '/openapi.json')), `${front} ${host}`);
      for (const host of refused) {
        const rs = await get(front, host, '/openapi.json');
        assert.ok([400, 421].includes(rs.status), `${front} "${host.slice(0, 40)}": ${rs.status}`);
        if (rs.status === 421) assert.equal(rs.text, '', `${front} ${host}`);
      }
      for (const host of [`nope.${domain}`, `a.b.${domain}`, `a.${admin}`, `-.${domain}`, `d1--nope.${domain}`])
        assert.equal((await get(front, host, '/openapi.json')).status, 404, `${front} ${host}`);
      // two Host headers, none, absolute form
      assert.ok([400, 421].includes((await get(front, admin, '/openapi.json', 'Host: evil.test\r\n')).status), 'two hosts');
      const none = await raw(n.ports[front], Buffer.from('GET /openapi.json HTTP/1.0\r\n\r\n'));
      assert.ok([400, 421].includes(none.status), `${front} no host: ${none.status}`);
      assert.ok(isAdmin(await get(front, admin, `http://${admin}/openapi.json`)), `${front} absolute form`);
      const other = await get(front, `a.${domain}`, `http://${admin}/openapi.json`);
      assert.ok(isAdmin(other) || other.status === 404, `${front} absolute form, other host: ${other.status}`);
      const outside = await get(front, 'evil.test', `http://${admin}/api/keys`);
      assert.ok([401, 421].includes(outside.status), `${front} absolute form, evil host: ${outside.status}`);
    }
  });

  await part('every answer of the admin host keeps browsers tame', async () => {
    for (const front of n.allFronts())
      for (const [method, target, key, status] of [['GET', '/api/apps', n.key, 200], ['GET', '/api/apps', null, 401], ['GET', '/api/apps', 'fazt_bad', 401], ['GET', '/nope', null, 404], ['PATCH', '/api/apps', n.key, 405], ['POST', '/api/apps', n.key, 400], ['GET', '/api/echo', null, 200]]) {
        const h = (await n.api(method, target, undefined, { key, front })), label = `${front} ${method} ${target} ${h.status}`;
        assert.equal(h.status, status, label);
        assert.deepEqual([h.headers['cache-control'], h.headers['x-content-type-options'], h.headers['referrer-policy']], ['no-store', 'nosniff', 'no-referrer'], label);
        assert.match(h.headers['content-security-policy'], /frame-ancestors 'none'/, label);
        assert.equal(h.headers.vary, 'Cookie, Origin', label);
        assert.deepEqual([h.headers['access-control-allow-origin'], h.headers.status], [undefined, undefined], label);
      }
  });

  await part('request ids', async () => {
    for (const front of n.allFronts()) {
      const ask = async (id) => (await get(front, admin, '/api/echo', id === null ? '' : `X-Request-ID: ${id}\r\n`)).headers['x-request-id'];
      assert.equal(await ask('abcDEF.-_09'), 'abcDEF.-_09');
      for (const id of [null, 'short', 'a'.repeat(65), 'has space in it', '<script>alert', '"quoted12"', ''])
        assert.match(await ask(id), /^[0-9a-f]{16}$/, id);
    }
  });

  await part('the log keeps one line a request', async () => {
    await get('caddy', `a.${domain}`, '/x%22%7D%7B?y=%0a"', 'User-Agent: "}\\\r\n');
    for (const line of n.log().trim().split('\n').filter((l) => l.startsWith('{'))) JSON.parse(line);
  });

  await part('large headers', async () => {
    for (const front of n.allFronts()) {
      assert.equal((await get(front, admin, '/api/echo', `X-Big: ${'v'.repeat(15000)}\r\n`)).status, 200, front);
      const two = await get(front, admin, '/api/echo', `X-Big: ${'v'.repeat(20000)}\r\n`);
      assert.ok([400, 431].includes(two.status), `${front}: ${two.status}`);
      const many = await get(front, admin, '/api/echo', Array.from({ length: 400 }, (_, i) => `X-H${i}: 1\r\n`).join(''));
      assert.ok([400, 431].includes(many.status), `${front}: ${many.status}`);
    }
  });
});

test('trusted_proxies: the rightmost address nobody of ours vouches for', async () => {
  const n = await Node.start({ fronts: ['nginx'], conf: '[server]\ntrusted_proxies = 127.0.0.0/8 10.0.0.0/8\n' });
  try {
    const ip = async (value) => (await n.get('nginx', admin, '/api/echo', { 'X-Forwarded-For': value })).json.data.ip;
    assert.equal(await ip('6.6.6.6, 7.7.7.7'), '7.7.7.7');
    assert.equal(await ip('6.6.6.6, 7.7.7.7, 10.1.2.3'), '7.7.7.7');
    assert.equal(await ip('7.7.7.7,10.0.0.1 , 10.0.0.2'), '7.7.7.7');
    assert.equal(await ip('garbage'), '127.0.0.1');
    assert.equal(await ip('6.6.6.6, garbage'), '127.0.0.1');
    assert.equal(await ip('2001:DB8::1'), '2001:db8::1');
    const https = await n.get('nginx', admin, '/api/echo', { 'X-Forwarded-Proto': 'https' });
    assert.equal(https.json.data.secure, true);
  } finally { await n.stop(); }
});
