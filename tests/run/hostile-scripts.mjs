// tests/hostile/*.js as api/main.js of a real node: each ends within its limit, the next
// answer is right, memory comes back, other apps do not notice.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { onNode, domain, root, sanitized, sleep } from '../lib/node.mjs';

const dir = path.join(root, 'tests/hostile');
const cases = fs.readdirSync(dir).filter((f) => f.endsWith('.js')).sort();
const limit = 300, slack = sanitized ? 20000 : 300;

await onNode('hostile scripts', { fronts: ['nginx'] }, async (n, part) => {
  const name = (f) => f.replace(/\.js$/, '').replace(/[^a-z0-9]+/g, '-').slice(0, 60);
  assert.ok(cases.length >= 40, `${cases.length} cases`);
  assert.equal((await n.deploy('good', { 'api/main.js': 'const a = [3, 1, 2]; respond(a.sort().join() + JSON.stringify(new Map([[1, 2]]).get(1)))' })).status, 200);
  const good = async () => assert.equal((await n.get('nginx', `good.${domain}`, '/api/')).text, '1,2,32');
  let key = n.key, deploys = 0;
  for (const f of cases) {
    if (++deploys % 25 === 0) key = n.newKey('admin');	// thirty a minute and key
    const rs = await n.deploy(name(f), { 'api/main.js': fs.readFileSync(path.join(dir, f), 'utf8') }, '', { key });
    assert.equal(rs.status, 200, rs.text);
    assert.equal((await n.api('PUT', `/api/apps/${name(f)}/quotas`, { wall_ms: limit, cpu_ms: limit, heap_bytes: 16 << 20, cpu_ms_per_min: 3600000 })).status, 200);
  }
  await good();
  const all = async (report) => {
    for (const f of cases) {
      const began = Date.now();
      const rs = await n.get('nginx', `${name(f)}.${domain}`, '/api/');
      const ms = Date.now() - began;
      if (report) console.log(`${String(rs.status).padStart(4)} ${String(ms).padStart(5)} ms  ${f}`);
      assert.ok(ms < limit + slack, `${f} took ${ms} ms`);
      assert.ok([200, 500, 504].includes(rs.status), `${f}: ${rs.status} ${rs.text}`);
      await good();
    }
  };
  await part('one after the other', () => all(true));
  await part('memory comes back', async () => {
    if (sanitized) return;
    await sleep(500);
    const before = n.rss();
    const heavy = cases.filter((f) => /^\/\/.*ends:.*memory/.test(fs.readFileSync(path.join(dir, f), 'utf8').split('\n')[0]));
    for (let i = 0; i < 5; i++) for (const f of heavy) await n.get('nginx', `${name(f)}.${domain}`, '/api/');
    await sleep(500);
    const after = n.rss();
    console.log(`RSS ${(before / 1048576).toFixed(1)} -> ${(after / 1048576).toFixed(1)} MiB`);
    assert.ok(after < before * 1.1 + (4 << 20), `${before} -> ${after}`);
  });
  await part('four at once, and static goes on', async () => {
    const some = cases.filter((_, i) => i % 4 === 0);
    await Promise.all([0, 1, 2, 3].map(async (lane) => {
      for (let i = lane; i < some.length; i += 4) {
        const rs = await n.get('nginx', `${name(some[i])}.${domain}`, '/api/');
        assert.ok([200, 500, 503, 504].includes(rs.status), `${some[i]}: ${rs.status}`);
      }
    }));
    await good();
  });
});
