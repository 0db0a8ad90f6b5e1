// Hostile archives: refused with the documented code, nothing of them is visible, and they
// cost neither memory nor time.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onNode, domain, sanitized, root } from '../lib/node.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-hostile-'));
execFileSync('python3', [path.join(root, 'tests/lib/hostile.py'), dir], { stdio: 'inherit' });
const cases = JSON.parse(fs.readFileSync(path.join(dir, 'cases.json'), 'utf8'));
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));

await onNode('hostile archives', { fronts: ['nginx'] }, async (n, part) => {
  const idle = n.rss();
  let most = 0, worst = 0, key, used = 99;
  const watch = setInterval(() => { most = Math.max(most, n.rss()); }, 10);
  for (const { name, file, code, slow } of cases)
    await part(name, async () => {
      if (++used > 25) { key = n.newKey('deploy'); used = 0; }
      const bytes = fs.readFileSync(path.join(dir, file)), began = Date.now();
      const rs = await n.api('POST', '/api/deploy?site_name=evil', bytes, { key, headers: { 'Content-Type': 'application/octet-stream' } });
      const took = Date.now() - began;
      worst = Math.max(worst, took);
      if (code === 'OK') {
        assert.equal(rs.status, 200, rs.text);
        assert.ok((await n.api('DELETE', '/api/apps/evil?purge=true')).status === 200);
        return;
      }
      assert.ok(code.split('|').includes(`${rs.json.error?.code}`), `${rs.status} ${rs.text.slice(0, 300)}, want ${code}`);
      assert.ok(rs.status >= 400 && rs.status < 500);
      if (rs.json.error.code === 'ARCHIVE_UNSAFE') assert.equal(typeof rs.json.error.details.reason, 'string');
      assert.ok(took < (sanitized ? 20000 : 2000), `${took} ms`);
      assert.equal((await n.get('nginx', `evil.${domain}`, '/')).status, 404);
    });
  clearInterval(watch);

  await part('nothing is left', async () => {
    assert.deepEqual(n.sql("SELECT count(*) c FROM app WHERE title='evil'"), [{ c: 0 }]);
    assert.deepEqual(n.sql('SELECT count(*) c FROM version'), [{ c: 0 }]);
    assert.deepEqual(fs.readdirSync(path.join(n.state, 'tmp')), []);
    assert.ok(!fs.existsSync('/tmp/fazt-evil') && !fs.existsSync(path.join(n.dir, 'evil.txt')));
  });
  await part('memory', async () => {
    console.log(`# idle ${idle >> 10} KiB, most ${most >> 10} KiB, slowest ${worst} ms`);
    if (!sanitized) assert.ok(most < 64 << 20, `${most >> 20} MiB, idle ${idle >> 20}`);
  });
});
