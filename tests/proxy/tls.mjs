// The shipped Caddyfile with TLS on demand: Caddy asks us before it makes a certificate.
// A name we serve gets one, another gets a TLS alert; apps made later need no reload.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { onNode, domain, freePort, root, until } from '../lib/node.mjs';

function get(port, host) {
  return new Promise((resolve, reject) => {
    https.get({ host: '127.0.0.1', port, servername: host, headers: { Host: host }, rejectUnauthorized: false, agent: false, timeout: 20000 },
      (rs) => {
        let text = '';
        const names = rs.socket.getPeerCertificate().subjectaltname;
        rs.on('data', (d) => { text += d; });
        rs.on('end', () => resolve({ status: rs.statusCode, text, names, headers: rs.headers }));
      }).on('error', reject).on('timeout', function timeout() { this.destroy(new Error('timeout')); });
  });
}

await onNode('tls', { fronts: ['nginx'] }, async (n, part) => {
  const port = await freePort(), ask = await freePort();
  const snippet = fs.readFileSync(path.join(root, 'contrib/caddy/fazt.caddy'), 'utf8')
    .replaceAll('unix//run/fazt/', `unix/${n.run}/`).replaceAll('127.0.0.1:9180', `127.0.0.1:${ask}`);
  const file = path.join(n.run, 'Caddyfile.tls');
  fs.writeFileSync(file, `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tlocal_certs\n` +
    `\thttp_port ${await freePort()}\n\thttps_port ${port}\n\tstorage file_system ${n.run}/caddy-tls\n` +
    `\ton_demand_tls {\n\t\task http://127.0.0.1:${ask}/_fazt/tls\n\t}\n}\n${snippet}\n` +
    `https:// {\n\tbind 127.0.0.1\n\ttls {\n\t\ton_demand\n\t}\n\timport fazt\n}\n`);
  const log = fs.openSync(path.join(n.run, 'caddy-tls.log'), 'a');
  const caddy = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', file],
    { stdio: ['ignore', log, log], env: { ...process.env, XDG_CONFIG_HOME: n.run, XDG_DATA_HOME: n.run } });
  try {
    await until(async () => (await get(port, `admin.${domain}`)).status === 303, 20000, 'Caddy with TLS');

    await part('a name we serve gets a certificate of its own', async () => {
      assert.equal((await n.deploy('shop', { 'index.html': 'over TLS' })).status, 200);
      const rs = await get(port, `shop.${domain}`);
      assert.equal(rs.status, 200);
      assert.equal(rs.text, 'over TLS');
      assert.match(rs.names, new RegExp(`shop\\.${domain}`));
    });
    await part('the server knows that the visitor came by TLS', async () => {
      const answer = await new Promise((resolve, reject) => https.get({ host: '127.0.0.1', port, servername: `admin.${domain}`, path: '/api/echo',
        headers: { Host: `admin.${domain}` }, rejectUnauthorized: false, agent: false }, (rs) => {
        let t = ''; rs.on('data', (d) => { t += d; }); rs.on('end', () => resolve(JSON.parse(t)));
      }).on('error', reject));
      assert.equal(answer.data.secure, true);
    });
    await part('another name gets none', async () => {
      for (const name of [`nobody.${domain}`, 'evil.example', `d9--nobody.${domain}`])
        await assert.rejects(get(port, name), /alert|SSL|ECONNRESET/i, name);
    });
    await part('a preview gets one, a deleted app none', async () => {
      assert.equal((await get(port, `d1--shop.${domain}`)).text, 'over TLS');
      assert.equal((await n.deploy('gone', { 'index.html': 'x' })).status, 200);
      assert.equal((await n.api('DELETE', '/api/apps/gone?purge=true')).status, 200);
      await assert.rejects(get(port, `gone.${domain}`), /alert|SSL|ECONNRESET/i);
    });
  } finally {
    caddy.kill('SIGKILL');
  }
});
