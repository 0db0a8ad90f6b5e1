// Another process holds the file: writers are told to come again, readers notice nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { onNode, domain, sleep, until, zipFiles } from '../lib/node.mjs';

const HOLD = `
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
c.execute('BEGIN EXCLUSIVE')
c.execute("INSERT INTO setting VALUES('held','1')")
print('held', flush=True)
time.sleep(float(sys.argv[2]))
c.execute('ROLLBACK')
print('free', flush=True)
`;

await onNode('busy', { fronts: ['nginx'] }, async (n, part) => {
  assert.equal((await n.deploy('b', { 'index.html': 'B' })).status, 200);
  const zip = zipFiles({ 'index.html': 'new' });
  const writes = { deploy: () => n.api('POST', '/api/deploy?site_name=b', zip, { headers: { 'Content-Type': 'application/zip' } }), app: () => n.api('POST', '/api/apps', { title: 'x' }),
    key: () => n.api('POST', '/api/keys', { name: 'k', scopes: 'deploy' }), file: () => n.api('PUT', '/api/apps/b/files/x.txt', Buffer.from('x')),
    alias: () => n.api('POST', '/api/aliases', { subdomain: 'al', type: 'proxy', app_id: 'b' }) };
  const holder = spawn('python3', ['-c', HOLD, path.join(n.state, 'data.db'), '8'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  holder.stdout.on('data', (d) => { said += d; });
  await until(() => said.includes('held'), 5000, 'the lock');

  await part('while it is held', async () => {
    let reading = true;
    const reads = (async () => {
      let worst = 0, count = 0;
      while (reading) {
        const began = Date.now();
        const a = await n.get('nginx', `b.${domain}`, '/'), b = await n.api('GET', '/api/apps/b'), c = await n.get('scgi', `fresh${count}.${domain}`, '/');
        assert.deepEqual([a.status, a.text, b.status, c.status], [200, 'B', 200, 404]);
        worst = Math.max(worst, Date.now() - began);
        count++;
        await sleep(20);
      }
      return { worst, count };
    })();
    const began = Date.now();
    const answers = await Promise.all(Object.entries(writes).map(async ([name, fn]) => { const rs = await fn(); return [name, rs, Date.now() - began]; }));
    reading = false;
    const { worst, count } = await reads;
    for (const [name, rs, ms] of answers) {
      assert.equal(rs.status, 503, `${name}: ${rs.status} ${rs.text}`);
      assert.ok(Number(rs.headers['retry-after']) >= 1, name);
      assert.ok(['OVERLOADED', 'SERVICE_UNAVAILABLE'].includes(rs.json.error.code), name);
      assert.ok(ms < 4500, `${name}: ${ms} ms`);
    }
    assert.ok(count > 10 && worst < 1000, `${count} reads, worst ${worst} ms`);
    assert.ok(!said.includes('free'), 'the lock was given up too early');
  });

  await part('once it is free', async () => {
    await until(() => said.includes('free'), 12000, 'the lock to go');
    for (const [name, fn] of Object.entries(writes)) {
      const rs = await fn();
      assert.ok(rs.status === 200 || rs.status === 201, `${name}: ${rs.status} ${rs.text}`);
    }
    assert.equal((await n.get('nginx', `b.${domain}`, '/x.txt')).text, 'x');
    assert.ok(!n.log().includes('"status":"500"'));
    assert.deepEqual(n.sql("SELECT count(*) c FROM setting WHERE name='held'"), [{ c: 0 }]);
  });
  holder.kill();
});
