// kill -9 while scripts write: a transaction is whole or not there, and what was answered
// with 200 is there.
import assert from 'node:assert/strict';
import { onNode, domain, request, sleep, sanitized, until } from '../lib/node.mjs';

const app = (round) => `// ${round}
const { kv, ds } = fazt.app;
const id = request.query.id;
if (request.path === '/api/move') {
  fazt.tx(() => {
    kv.incr('a', -1);
    ds.insert('moves', { id });
    for (let i = 0; i < 50; i++) kv.set('noise', i);
    kv.incr('b');
  });
  respond('ok');
} else respond({ a: kv.get('a') ?? 0, b: kv.get('b') ?? 0, moves: ds.count('moves'), ids: ds.find('moves', {}, { limit: 10000, fields: ['id'] }).map((d) => d.id) });
`;

await onNode('kill -9 under transactions', { fronts: ['nginx'] }, async (n, part) => {
  const host = `bank.${domain}`;
  const acknowledged = new Set();
  let serial = 0;
  await part('twenty kills', async () => {
    for (let round = 0; round < (sanitized ? 4 : 20); round++) {
      // A new version each time: one that was running in three crashes is stopped.
      assert.equal((await n.deploy('bank', { 'api/main.js': app(round) })).status, 200);
      let stop = false;
      const callers = Array.from({ length: 8 }, async () => {
        while (!stop) {
          const id = `m${serial++}`;
          const rs = await request(n.ports.nginx, { host, path: `/api/move?id=${id}` }).catch(() => null);
          if (rs?.status === 200) acknowledged.add(id);
          else await sleep(10);
        }
      });
      await sleep(60 + Math.random() * 200);
      n.daemon.kill('SIGKILL');
      await n.daemon.ended;
      stop = true;
      await Promise.all(callers);
      n.daemonStart();
      const now = await until(async () => {
        const rs = await n.get('nginx', host, '/api/state');
        return rs.status === 200 && rs.json;
      }, 15000, 'the node to come back');
      assert.equal(now.a + now.b, 0, JSON.stringify([now.a, now.b]));
      assert.equal(now.moves, now.b);
      const there = new Set(now.ids);
      if (now.moves <= 10000) for (const id of acknowledged) assert.ok(there.has(id), `${id} was acknowledged and is gone`);
    }
    assert.ok(acknowledged.size > 20, `${acknowledged.size} moves`);
    console.log(`${acknowledged.size} acknowledged`);
  });
  assert.equal(n.sql('PRAGMA integrity_check')[0].integrity_check, 'ok');
});
