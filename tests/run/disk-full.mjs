// A full disk: reading goes on, writing says 507, and when there is room again it all works
// without a restart.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onNode, domain, skip, sleep, until, zipFiles } from '../lib/node.mjs';

if (process.getuid() !== 0) skip('mounting a tmpfs needs root');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-full-')), state = path.join(dir, 'state');
fs.mkdirSync(state, { mode: 0o700 });
try { execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=700', 'fazt-test', state], { stdio: 'pipe' }); } catch { fs.rmSync(dir, { recursive: true }); skip('no right to mount a tmpfs'); }
const unmount = () => { try { execFileSync('umount', ['-l', state], { stdio: 'pipe' }); } catch {} };
process.on('exit', unmount);

await onNode('disk full', { fronts: ['nginx'], dir }, async (n, part) => {
  const keys = Array.from({ length: 4 }, () => n.newKey('admin'));
  let turn = 0;
  const deploy = (site, bytes) => n.api('POST', `/api/deploy?site_name=${site}`, zipFiles({ 'index.html': `site ${site}`, 'x.bin': bytes }),
    { key: keys[turn++ % keys.length], headers: { 'Content-Type': 'application/zip' } });
  const readable = async (sites) => {
    for (const s of sites) {
      const rs = await n.get('scgi', `${s}.${domain}`, '/');
      assert.deepEqual([rs.status, rs.text], [200, `site ${s}`]);
      assert.equal((await n.get('nginx', `${s}.${domain}`, '/x.bin')).status, 200, s);
    }
    assert.equal((await n.api('GET', '/api/apps?all=true')).status, 200);
  };
  const full = (rs, what) => { assert.equal(rs.status, 507, `${what}: ${rs.status} ${rs.text}`); assert.equal(rs.json.error.code, 'STORAGE_FULL', what); };
  const sites = [];
  // A foreign file takes all but so many bytes, also what the server gives back meanwhile.
  const fill = async (leave) => {
    const file = fs.openSync(path.join(state, 'foreign'), 'a');
    for (let quiet = 0; quiet < 8; quiet++) {
      const { bavail, bsize } = fs.statfsSync(state);
      if (bavail * bsize > leave + 65536) {
        quiet = 0;
        try { fs.writeSync(file, Buffer.alloc(bavail * bsize - leave)); } catch (e) { assert.equal(e.code, 'ENOSPC'); }
      }
      await sleep(200);
    }
    fs.closeSync(file);
  };

  await part('deploys until it is full', async () => {
    let last;
    for (let i = 0; i < 60; i++) {
      last = await deploy(`s${i}`, crypto.randomBytes(3 << 20));
      if (last.status !== 200) break;
      sites.push(`s${i}`);
    }
    full(last, 'the last deploy');
    assert.ok(sites.length >= 3, `${sites.length} sites`);
    await readable(sites);
    const failed = `s${sites.length}`;
    assert.equal((await n.get('nginx', `${failed}.${domain}`, '/')).status, 404);
  });

  await part('what makes room is allowed', async () => {
    await fill(8 << 20);
    full(await n.api('POST', '/api/apps', { title: 'x' }), 'POST /api/apps within the reserve');
    const gone = sites.pop();
    const rs = await n.api('DELETE', `/api/apps/${gone}?purge=true`);
    assert.equal(rs.status, 200, `purge: ${rs.text}`);
    assert.equal((await n.get('nginx', `${gone}.${domain}`, '/')).status, 404);
  });

  await part('every writing route while it is full', async () => {
    await fill(0);
    full(await deploy('more', crypto.randomBytes(1 << 20)), 'deploy');
    full(await n.api('PUT', '/api/apps/s0/files/f.bin', crypto.randomBytes(300000)), 'PUT file');
    for (const [method, target, body] of [['POST', '/api/apps', { title: 'x', description: 'd'.repeat(900) }], ['POST', '/api/keys', { name: 'x', scopes: 'deploy' }],
      ['POST', '/api/aliases', { subdomain: 'al', type: 'proxy', app_id: 's0' }], ['POST', '/api/apps/s0/fork', { alias: 'fk' }]]) {
      const rs = await n.api(method, target, body);
      // what still fits in pages that are there already may go through
      assert.ok(rs.status === 507 || rs.status < 300, `${target}: ${rs.status} ${rs.text}`);
    }
    for (let i = 0; i < 3; i++) await readable(sites);
    const ready = await n.get('nginx', `admin.${domain}`, '/readyz');
    assert.ok([200, 503].includes(ready.status));
    assert.equal((await n.get('nginx', `admin.${domain}`, '/healthz')).status, 200);
    assert.ok(!n.log().includes('"status":"500"'), 'a 500');
    assert.equal(n.daemon.exitCode, null);
  });

  await part('room again: no restart needed', async () => {
    fs.rmSync(path.join(state, 'foreign'));
    await until(async () => (await n.get('nginx', `admin.${domain}`, '/readyz')).status === 200 || (await n.api('GET', '/api/apps')).status === 200, 10000, 'answers');
    // The reserve is there for whoever makes room, and the room comes back by itself.
    for (const s of sites.splice(1)) {
      const rs = await n.api('DELETE', `/api/apps/${s}?purge=true`);
      assert.equal(rs.status, 200, rs.text);
    }
    let last;
    for (let i = 0; i < 60; i++) {
      last = await deploy('after', crypto.randomBytes(1 << 20));
      if (last.status === 200) break;
      await sleep(500);
    }
    assert.equal(last.status, 200, last.text);
    await readable(['s0', 'after']);
    await until(async () => (await n.get('nginx', `admin.${domain}`, '/readyz')).status === 200, 10000, 'ready');
  });

  await part('the file is sound', async () => {
    assert.equal(n.sql('PRAGMA integrity_check')[0].integrity_check, 'ok');
    assert.ok(!fs.existsSync(path.join(state, 'tmp')) || fs.readdirSync(path.join(state, 'tmp')).length === 0);
  });
}).finally(() => { unmount(); });
fs.rmSync(dir, { recursive: true, force: true });
