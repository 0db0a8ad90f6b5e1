// rotate-key: another master key, with what was sealed before still readable by scripts, and
// a key and a database that fit whatever cut the rotation off.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bin, domain, onNode, until } from '../lib/node.mjs';

const main = `if (request.path === '/api/link') respond({ url: fazt.app.s3.url('a.txt') });
else if (request.path === '/api/put') { fazt.app.s3.put('a.txt', 'A'); respond('ok'); }
else respond({ secret: fazt.env.get('SECRET'), other: fazt.env.get('OTHER') });`;

await onNode('rotate-key', { fronts: ['nginx'] }, async (n, part) => {
  const host = `vault.${domain}`, at = (name) => path.join(n.state, name);
  const rotate = (env = {}) => {
    const r = spawnSync(bin, ['rotate-key', '--state', n.state], { encoding: 'utf8', input: '', env: { ...process.env, CREDENTIALS_DIRECTORY: undefined, ...env } });
    return { code: r.status, err: r.stderr };
  };
  const start = async () => {
    n.daemonStart();
    await until(async () => (await n.get('nginx', `admin.${domain}`, '/openapi.json')).status === 200, 15000, 'the server');
  };
  const secrets = async () => (await n.get('nginx', host, '/api/env')).json;
  const values = { secret: 'canary-one', other: 'ünïcode ☃ '.repeat(50) };
  const key = () => fs.readFileSync(at('master.key'));

  const made = await n.deploy('vault', { 'index.html': 'x', 'api/main.js': main });
  assert.equal(made.status, 200, made.text);
  for (const [name, value] of [['SECRET', values.secret], ['OTHER', values.other]])
    assert.equal((await n.api('POST', '/api/envvars', { site_id: 'vault', name, value })).status, 200);
  assert.equal((await n.api('PUT', '/api/auth/providers/google', { client_id: 'c', client_secret: 'canary-two', enable: true })).status, 200);
  assert.equal((await n.get('nginx', host, '/api/put')).status, 200);
  const link = (await n.get('nginx', host, '/api/link')).json.url;
  assert.equal((await n.get('nginx', host, link)).text, 'A');
  assert.deepEqual(await secrets(), values);
  const first = key();

  await part('not while a server runs, not for a credential', async () => {
    const r = rotate();
    assert.equal(r.code, 5, r.err);
    assert.match(r.err, /a server is using .*Stop it first/);
    // Nor one that cannot be asked.
    fs.renameSync(at('control.sock'), at('hidden.sock'));
    const busy = rotate();
    fs.renameSync(at('hidden.sock'), at('control.sock'));
    assert.equal(busy.code, 5, busy.err);
    assert.match(busy.err, /a server is using/);
    assert.deepEqual(key(), first);
    await n.daemonStop();
    const c = rotate({ CREDENTIALS_DIRECTORY: '/run/credentials/fazt-fcgi.service' });
    assert.equal(c.code, 5, c.err);
    assert.match(c.err, /credential of the service manager.*copy/);
    fs.renameSync(at('master.key'), at('elsewhere'));
    const none = rotate();
    assert.equal(none.code, 3, none.err);
    assert.match(none.err, /there is no .*master\.key.*credential/);
    fs.renameSync(at('elsewhere'), at('master.key'));
    assert.deepEqual(key(), first);
  });

  await part('what was sealed is sealed anew', async () => {
    const r = rotate();
    assert.equal(r.code, 0, r.err);
    assert.match(r.err, /^3 secrets are sealed with a new key/);
    assert.notDeepEqual(key(), first);
    assert.equal(fs.statSync(at('master.key')).mode & 0o777, 0o600);
    assert.deepEqual(fs.readFileSync(at('master.key.old')), first);
    assert.ok(!fs.existsSync(at('master.key.new')));
    await start();
    assert.deepEqual(await secrets(), values);
    assert.equal((await n.get('nginx', host, link)).status, 403, 'links given out before');
    const fresh = (await n.get('nginx', host, '/api/link')).json.url;
    assert.equal((await n.get('nginx', host, fresh)).text, 'A');
    assert.ok(!n.log().includes('canary'));
  });

  await part('the key before is not overwritten', async () => {
    await n.daemonStop();
    const second = key(), r = rotate();
    assert.equal(r.code, 5, r.err);
    assert.match(r.err, /master\.key\.old is still there/);
    assert.deepEqual(key(), second);
    fs.rmSync(at('master.key.old'));
    // Three values open with the present key, the provider's among them: else this refuses.
    assert.match(rotate().err, /^3 secrets/);
    assert.deepEqual(fs.readFileSync(at('master.key.old')), second);
  });

  await part('a rotation that was cut off behind its commit is finished by serve', async () => {
    fs.renameSync(at('master.key'), at('master.key.new'));
    fs.renameSync(at('master.key.old'), at('master.key'));
    const next = fs.readFileSync(at('master.key.new'));
    await start();
    assert.deepEqual(key(), next);
    assert.ok(!fs.existsSync(at('master.key.new')));
    assert.deepEqual(await secrets(), values);
  });

  await part('one that never committed leaves the key', async () => {
    await n.daemonStop();
    const present = key();
    fs.writeFileSync(at('master.key.new'), Buffer.alloc(32, 7), { mode: 0o600 });
    await start();
    assert.deepEqual(key(), present);
    assert.deepEqual(await secrets(), values);
    await n.daemonStop();
    fs.rmSync(at('master.key.old'));
    assert.match(rotate().err, /^3 secrets/);
    await start();
    assert.deepEqual(await secrets(), values);
  });

  await part('a value of another key stops it, and is named', async () => {
    await n.daemonStop();
    fs.rmSync(at('master.key.old'));
    const present = key();
    n.sql("UPDATE env SET value=x'01' || randomblob(40) WHERE name='OTHER'");
    const r = rotate();
    assert.equal(r.code, 8, r.err);
    assert.match(r.err, /env\|\d+\|OTHER does not open/);
    assert.deepEqual(key(), present);
    await start();
    assert.equal((await n.api('POST', '/api/envvars', { site_id: 'vault', name: 'OTHER', value: values.other })).status, 200);
    assert.deepEqual(await secrets(), values);
  });
});
