// A daemon that dies three times while one app's code runs does not run that code a fourth
// time; the app's files go on, so do the other apps, and a new version is given a chance.
import assert from 'node:assert/strict';
import { onNode, domain, sanitized, sleep, until } from '../lib/node.mjs';

// A sanitizer would report the signal as a finding.
const SIGNAL = sanitized ? 'SIGKILL' : 'SIGSEGV';

await onNode('quarantine', { fronts: ['nginx'], managed: true }, async (n, part) => {
  const bad = { 'index.html': 'files go on', 'api/main.js': "if (request.query.loop) while (true) {}\nrespond({ bad: 1 })" };
  assert.equal((await n.deploy('bad', bad)).status, 200);
  assert.equal((await n.deploy('good', { 'api/main.js': 'respond({ good: 1 })' })).status, 200);
  const get = (site, target) => n.get('nginx', `${site}.${domain}`, target);
  const up = async (old) => {
    await until(() => n.pid() !== old, 10000, 'a new process');
    await until(async () => (await get('good', '/api/x')).status === 200, 15000, 'the next process');
  };
  const crash = async () => {
    const pid = n.pid();
    const lost = get('bad', '/api/x?loop=1').catch(() => null);
    await until(() => n.status().workers.busy >= 1, 5000, 'the loop to run');
    await sleep(50);
    process.kill(pid, SIGNAL);
    await up(pid);
    await lost;
  };

  await part('two crashes and a clean end are not enough', async () => {
    await crash();
    await crash();
    assert.equal((await get('bad', '/api/x')).status, 200);
    const pid = n.pid();
    const last = get('bad', '/api/x?loop=1');
    await until(() => n.status().workers.busy >= 1, 5000, 'the loop to run');
    process.kill(n.daemon.pid, 'SIGHUP');
    await up(pid);
    assert.equal((await last).status, 504);
    assert.equal((await get('bad', '/api/x')).status, 200);
  });

  await part('a crash without that code is not counted', async () => {
    const pid = n.pid();
    process.kill(pid, SIGNAL);
    await up(pid);
    assert.equal((await get('bad', '/api/x')).status, 200);
  });

  await part('the third is', async () => {
    await crash();
    const rs = await get('bad', '/api/x');
    assert.equal(rs.status, 503);
    assert.equal(rs.json.code, 'SERVICE_UNAVAILABLE');
    assert.match(rs.json.error, /crashed/);
    assert.ok(Number(rs.headers['retry-after']) >= 60);
    assert.equal((await get('bad', '/')).text, 'files go on');
    assert.deepEqual((await get('good', '/api/x')).json, { good: 1 });
    assert.match(n.log(), /app fazt_app_\w+ is quarantined: its code was running in 3 crashes; deploy a new version to release it/);
    const logs = await until(async () => {
      const rs = await n.api('GET', '/api/logs?site_id=bad&level=error&q=quarantined');
      return rs.json.data.logs.length > 0 && rs.json.data.logs;
    }, 5000, 'the line in the log of the app');
    assert.equal(logs.length, 1);
    // It is remembered.
    const pid = n.pid();
    process.kill(n.daemon.pid, 'SIGHUP');
    await up(pid);
    assert.equal((await get('bad', '/api/x')).status, 503);
  });

  await part('a new version is another matter', async () => {
    assert.equal((await n.deploy('bad', { ...bad, 'index.html': 'new' })).status, 200);
    await until(async () => (await get('bad', '/api/x')).status === 200, 5000, 'the new version');
    await crash();
    assert.equal((await get('bad', '/api/x')).status, 200);
    const first = (await n.api('GET', '/api/apps/bad/deploys')).json.data.find((d) => !d.live).n;
    assert.equal((await n.api('POST', '/api/apps/bad/rollback', { to: first })).status, 200);
    await until(async () => (await get('bad', '/api/x')).status === 503, 5000, 'the old version to be stopped');
  });
});
