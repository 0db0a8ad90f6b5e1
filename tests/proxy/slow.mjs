// Slow peers hold no worker: with four of them, a hundred slow uploads and a hundred slow
// readers leave the others undisturbed.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import net from 'node:net';
import path from 'node:path';
import { onNode, domain, sanitized, sleep, until } from '../lib/node.mjs';
import { cgiParams, fcgiRequest, pairs, record, FCGI } from '../lib/cgi.mjs';

const admin = `admin.${domain}`;

await onNode('slow', { conf: '[server]\nworkers = 4\n' }, async (n, part) => {
  const big = crypto.randomBytes(20 << 20), sock = path.join(n.run, 'fcgi.sock'), scgi = path.join(n.run, 'scgi.sock');
  assert.equal((await n.deploy('s', { 'big.bin': big, 'a.txt': 'A' })).status, 200);
  const limit = sanitized ? 3000 : 1000;
  let open = [];
  const closeAll = async () => { for (const s of open) s.destroy(); open = []; await until(() => n.status().workers.busy === 0, 10000, 'idle workers'); };

  // n requests one after the other on each front: the worst time
  const quick = async (what) => {
    let worst = 0;
    for (let i = 0; i < 10; i++)
      for (const front of n.allFronts()) {
        const began = Date.now(), rs = await n.get(front, `s.${domain}`, '/a.txt'), api = await n.get(front, admin, '/healthz');
        assert.deepEqual([rs.status, rs.text, api.status], [200, 'A', 200], `${what} ${front}`);
        worst = Math.max(worst, Date.now() - began);
      }
    assert.ok(worst < limit, `${what}: ${worst} ms`);
  };
  const hold = (to, first) => new Promise((resolve, reject) => {
    const s = typeof to === 'number' ? net.connect(to, '127.0.0.1') : net.connect(to);
    s.on('connect', () => { s.write(first); open.push(s); resolve(s); });
    s.on('error', reject);
  });

  await part('quiet', () => quick('quiet'));

  await part('100 slow uploads', async () => {
    const http = (host) => `POST /api/echo HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\nabc`;
    for (let i = 0; i < 50; i++) await hold(n.ports.caddy, http(admin));
    const begin = (more) => record(FCGI.BEGIN, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0])).toString('latin1') + more;
    for (let i = 0; i < 40; i++) {
      const whole = fcgiRequest(cgiParams('POST', admin, '/api/echo', { CONTENT_LENGTH: '100000' }), Buffer.from('abc'), { keep: true });
      await hold(sock, whole.subarray(0, whole.length - 8 - (i % 3)));
    }
    for (let i = 0; i < 5; i++) await hold(sock, Buffer.from(begin(''), 'latin1'));
    for (let i = 0; i < 5; i++) await hold(sock, Buffer.from(begin(record(FCGI.PARAMS, pairs({ REQUEST_METHOD: 'POST' })).toString('latin1')), 'latin1'));
    for (let i = 0; i < 5; i++) await hold(scgi, Buffer.from('70:CONTENT_LENGTH\x0027\0'));
    for (let i = 0; i < 5; i++) await hold(sock, Buffer.alloc(0));
    const drip = setInterval(() => { for (const s of open) s.write('x'); }, 500);
    await sleep(300);
    assert.ok(n.status().queue.connections >= 100, JSON.stringify(n.status().queue));
    for (let i = 0; i < 3; i++) { await quick('slow uploads'); await sleep(300); }
    clearInterval(drip);
    await closeAll();
  });

  await part('100 slow readers of 20 MB', async () => {
    for (let i = 0; i < 50; i++) {
      const s = await hold(n.ports.caddy, `GET /big.bin HTTP/1.1\r\nHost: s.${domain}\r\n\r\n`);
      s.once('data', () => s.pause());
    }
    for (let i = 0; i < 50; i++) {
      const s = await hold(sock, fcgiRequest(cgiParams('GET', `s.${domain}`, '/big.bin'), undefined, { keep: true }));
      s.got = 0;
      s.on('data', (d) => { s.got += d.length; });
      s.once('data', () => s.pause());
    }
    await sleep(700);
    for (let i = 0; i < 3; i++) { await quick('slow readers'); await sleep(300); }
    if (!sanitized) assert.ok(n.rss() < 400 << 20, `${n.rss() >> 20} MiB`);
    // one of them goes on and gets every byte
    const s = open.at(-1);
    s.resume();
    await until(() => s.got > big.length, 15000, 'the whole file');
    await closeAll();
  });

  await part('peers that stop in the head are let go', async () => {
    const idle = await hold(sock, record(FCGI.BEGIN, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0])));
    let closed = false;
    idle.on('close', () => { closed = true; });
    idle.on('data', () => {});
    idle.on('error', () => {});
    await until(() => closed, 15000, 'the server to close');
    open = [];
  });

  for (const s of open) s.destroy();
  await part('everything is back to normal', async () => {
    await until(() => n.status().queue.parked === 0, 15000, 'no request parked');
    await quick('afterwards');
    const [a, b] = [n.status().queue.connections, n.allFronts().length * 40];
    assert.ok(a <= b, `${a} connections`);
  });
});
