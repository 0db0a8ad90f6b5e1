// A custom domain end to end: a real DNS server (dnsmasq) has the TXT record, the node
// verifies it, serves it, and answers Caddy's question about certificates.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { test, after } from 'node:test';
import dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { Node, until, request } from '../lib/node.mjs';

try {
  execFileSync('dnsmasq', ['--version'], { stdio: 'ignore' });
} catch {
  console.log('dnsmasq is not installed');
  process.exit(77);
}

const port = await new Promise((resolve) => {
  const s = dgram.createSocket('udp4');
  s.bind(0, '127.0.0.1', () => { const p = s.address().port; s.close(() => resolve(p)); });
});
let dns;
// A server with these records, once it answers with them.
async function dnsStart(records) {
  if (dns) {
    const ended = new Promise((r) => dns.on('exit', r));
    dns.kill('SIGKILL');
    await ended;
  }
  dns = spawn('dnsmasq', ['--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--local=/example/',
    '--listen-address=127.0.0.1', '--bind-interfaces', `--port=${port}`, '--user=root', '--pid-file=',
    ...records.map(([name, value]) => `--txt-record=${name},${value}`)], { stdio: 'ignore' });
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  for (const [name, value] of records)
    await until(async () => (await resolver.resolveTxt(name)).some((t) => t.join('') === value), 10000, 'the DNS server');
}
const node = await Node.start({ fronts: ['caddy'], conf: '' });
after(async () => { dns?.kill('SIGKILL'); await node.stop(); });
// [server] is already open in the file the harness writes: add to it and reload.
const fs = await import('node:fs');
const file = `${node.state}/fazt.conf`;
fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('[server]\n', `[server]\ndns_server = 127.0.0.1:${port}\n`));
node.daemon.kill('SIGHUP');
await until(() => node.log().includes('configuration reloaded'), 5000, 'the reload');

const ask = (name) => request(node.ports.caddyInternal, { host: '127.0.0.1', path: `/_fazt/tls?domain=${name}` });

test('pending, verified, served, removed', async () => {
  assert.equal((await node.deploy('shop', { 'index.html': 'the shop' })).status, 200);
  const added = await node.api('POST', '/api/apps/shop/domains', { domain: 'shop.example' });
  assert.equal(added.status, 201, added.text);
  assert.equal(added.json.data.status, 'pending');
  const { name, value, type } = added.json.data.dns;
  assert.equal(type, 'TXT');
  assert.equal(name, '_fazt.shop.example');

  // Not served before it is verified, and no certificate for it.
  assert.equal((await node.get('caddy', 'shop.example', '/')).status, 421);
  assert.equal((await ask('shop.example')).status, 403);

  await dnsStart([['_fazt.shop.example', 'fazt-verify=wrong']]);
  let seen = await node.api('POST', '/api/apps/shop/domains/shop.example/verify', {});
  assert.equal(seen.status, 200, seen.text);
  assert.equal(seen.json.data.status, 'error');
  assert.equal((await ask('shop.example')).status, 403);

  await dnsStart([['_fazt.shop.example', value]]);
  seen = await node.api('POST', '/api/apps/shop/domains/shop.example/verify', {});
  assert.equal(seen.json.data.status, 'active', seen.text);
  assert.equal((await node.get('caddy', 'shop.example', '/')).text, 'the shop');
  assert.equal((await ask('shop.example')).status, 200);

  const other = await node.deploy('other', { 'index.html': 'x' });
  assert.equal(other.status, 200);
  const taken = await node.api('POST', '/api/apps/other/domains', { domain: 'shop.example' });
  assert.equal(taken.status, 409);
  assert.equal(taken.json.error.code, 'DOMAIN_TAKEN');

  assert.equal((await node.api('DELETE', '/api/apps/shop/domains/shop.example')).status, 200);
  assert.equal((await node.get('caddy', 'shop.example', '/')).status, 421);
  assert.equal((await ask('shop.example')).status, 403);
});

test('the question about names of our own', async () => {
  for (const [name, status] of [['example.test', 200], ['admin.example.test', 200], ['www.example.test', 200],
    ['other.example.test', 200], ['d1--other.example.test', 200], ['nobody.example.test', 403],
    ['example.org', 403], ['', 403]])
    assert.equal((await ask(name)).status, status, name);
});
