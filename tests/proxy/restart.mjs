// Restarts nobody notices: the sockets belong to the manager, the daemon comes and goes.
import assert from 'node:assert/strict';
import http from 'node:http';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { onNode, request, domain, sanitized, sleep, until } from '../lib/node.mjs';

const admin = `admin.${domain}`;

// 16 clients on both fronts, every other request a POST whose bytes are counted back.
function load(n, fronts, width = 16) {
  const agents = fronts.map(() => new http.Agent({ keepAlive: true, maxSockets: width }));
  const body = Buffer.alloc(2000, 'b');
  const seen = { done: 0, failed: [] };
  let going = true;
  const clients = Array.from({ length: width }, async (_, i) => {
    const front = fronts[i % fronts.length], agent = agents[i % fronts.length];
    for (let k = 0; going; k++) {
      const post = k % 2 === 1;
      try {
        const rs = await request(n.ports[front], { host: post ? admin : `s.${domain}`, path: post ? '/api/echo' : '/file.txt', method: post ? 'POST' : 'GET', agent,
          timeout: 20000, body: post ? body : undefined, headers: post ? { 'Content-Length': body.length } : {} });
        const good = rs.status === 200 && (post ? rs.json.data.received === body.length : rs.text === 'F'.repeat(5000));
        if (!good) seen.failed.push(`${front} ${post ? 'POST' : 'GET'} ${rs.status} ${rs.bytes.length}`);
      } catch (e) { seen.failed.push(`${front} ${post ? 'POST' : 'GET'} ${e.message}`); }
      seen.done++;
    }
  });
  return { seen, stop: async () => { going = false; await Promise.all(clients); agents.forEach((a) => a.destroy()); return seen; } };
}
const starts = (n) => [...n.log().matchAll(/^pid \d+$/gm)].length;
const ends = (n) => [...n.log().matchAll(/^end (\d+) (\d+)$/gm)].map((m) => Number(m[2]));
const ready = (n) => [...n.log().matchAll(/"msg":"serving"/g)].length;

await onNode('restart', { managed: true, conf: '[server]\ndrain_s = 10\n' }, async (n, part) => {
  assert.equal((await n.deploy('s', { 'file.txt': 'F'.repeat(5000) })).status, 200);
  const rounds = sanitized ? 2 : 3;

  await part('graceful restarts under load: no failed request', async () => {
    for (const fronts of [['nginx'], ['caddy'], ['nginx', 'caddy', 'scgi']]) {
      const l = load(n, fronts);
      for (let i = 0; i < rounds; i++) {
        await sleep(1000);
        const before = ready(n);
        n.daemon.kill('SIGHUP');
        await until(() => ready(n) > before, 12000, 'the next process');
      }
      await sleep(700);
      const { done, failed } = await l.stop();
      assert.deepEqual(failed.slice(0, 5), [], `${fronts}: ${failed.length} of ${done}`);
      assert.ok(done > 500, `${fronts}: only ${done} requests`);
    }
    assert.ok(ends(n).every((status) => status === 0), `ends ${ends(n)}`);
  });

  await part('upgrade: the next starts before the old one stops', async () => {
    const l = load(n, ['nginx', 'caddy']);
    for (let i = 0; i < rounds; i++) {
      await sleep(800);
      const before = ends(n).length;
      n.daemon.kill('SIGUSR1');
      await until(() => ends(n).length > before, 12000, 'the end of the old process');
    }
    await sleep(500);
    const { done, failed } = await l.stop();
    assert.deepEqual(failed.slice(0, 5), [], `${failed.length} of ${done}`);
  });

  await part('reload in place', async () => {
    const l = load(n, ['nginx', 'caddy']), pid = n.pid();
    for (let i = 0; i < 10; i++) { await sleep(100); process.kill(pid, 'SIGHUP'); }
    const { done, failed } = await l.stop();
    assert.deepEqual(failed.slice(0, 5), [], `${failed.length} of ${done}`);
    assert.equal(n.pid(), pid);
    assert.match(n.log(), /configuration reloaded/);
  });

  await part('kill -9: only what was in flight fails', async () => {
    const width = 16;
    const l = load(n, ['nginx', 'caddy'], width);
    for (let i = 0; i < rounds; i++) {
      await sleep(700);
      const before = starts(n);
      n.daemon.kill('SIGUSR2');
      await until(() => starts(n) > before, 5000, 'the next process');
    }
    await sleep(700);
    const { done, failed } = await l.stop();
    assert.ok(failed.length <= rounds * width, `${failed.length} of ${done}: ${failed.slice(0, 5)}`);
    assert.ok(failed.every((f) => / 502 | hang up|ECONNRESET|aborted/.test(f)), failed.slice(0, 5).join());
    assert.equal((await n.get('nginx', `s.${domain}`, '/file.txt')).status, 200);
  });

  await part('nginx reloads under load', async () => {
    const l = load(n, ['nginx', 'scgi']);
    for (let i = 0; i < 3; i++) {
      await sleep(700);
      execFileSync('nginx', ['-p', n.run, '-c', path.join(n.run, 'nginx.conf'), '-s', 'reload'], { stdio: 'ignore' });
    }
    await sleep(500);
    const { done, failed } = await l.stop();
    // nginx itself closes idle client connections of old workers: a request that meets one is sent again by browsers.
    const ours = failed.filter((f) => !/hang up|ECONNRESET/.test(f));
    assert.deepEqual(ours.slice(0, 5), [], `${ours.length} of ${done}`);
    await until(() => n.status().queue.parked === 0 && n.status().workers.busy === 0, 5000, 'nothing left over');
  });

  await part('the end: a drain lets slow ones finish', async () => {
    const slow = request(n.ports.caddy, { host: admin, path: '/api/echo', method: 'POST', headers: { 'Content-Length': 4 },
      body: (await import('node:stream')).Readable.from((async function* () { for (const c of 'abcd') { yield Buffer.from(c); await sleep(500); } })()) });
    await sleep(300);
    const pid = n.pid();
    n.daemon.kill('SIGHUP');
    const rs = await slow;
    assert.deepEqual([rs.status, rs.json.data.received], [200, 4]);
    await until(() => n.pid() !== pid);
    assert.ok(ends(n).filter((s) => s !== 9).every((s) => s === 0), `ends ${ends(n)}`);
  });
});
