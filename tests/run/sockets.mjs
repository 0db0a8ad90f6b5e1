// Who may speak to the server, and where its sockets come from.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { bin, build, domain, freePort, sanitized, sleep, until } from '../lib/node.mjs';
import { cgiParams, exchange, fcgiAnswers, fcgiRequest, scgiRequest } from '../lib/cgi.mjs';

const admin = `admin.${domain}`;
const ask = fcgiRequest(cgiParams('GET', admin, '/healthz'));

function place(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-sock-')), state = path.join(dir, 'state');
  fs.chmodSync(dir, 0o755);
  execFileSync(bin, ['init', '--domain', domain, '--state', state], { input: '', stdio: ['pipe', 'pipe', 'pipe'] });
  const p = { dir, state, sock: path.join(dir, 'fcgi.sock'), scgi: path.join(dir, 'scgi.sock'), children: [] };
  t.after(async () => {
    for (const c of p.children) { c.kill('SIGTERM'); await c.ended; }
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return p;
}

function serve(p, args, { wrap = [], stdio = 'ignore', env = {} } = {}) {
  const all = [...wrap, bin, 'serve', '--state', p.state, ...args], log = fs.openSync(path.join(p.dir, 'log'), 'a');
  const c = spawn(all[0], all.slice(1), { stdio: [stdio, log, log], env: { ...process.env, ...env } });
  c.ended = new Promise((r) => c.on('exit', (code, signal) => r({ code, signal })));
  p.children.push(c);
  return c;
}
const log = (p) => fs.readFileSync(path.join(p.dir, 'log'), 'utf8');
const answers = async (sock) => fcgiAnswers((await exchange(sock, ask)).bytes)[0]?.text.trim() === 'ok';
const up = (sock) => until(() => answers(sock), 10000, `${sock} to answer`);

test('our own socket: mode, group, stale ones, live ones', async (t) => {
  const p = place(t);
  // a socket nobody listens on any more
  spawnSync('python3', ['-c', `import socket; s = socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(p.sock)})`]);
  assert.ok(fs.statSync(p.sock).isSocket());
  const first = serve(p, ['--listen', `unix:${p.sock}`, '--scgi', `unix:${p.scgi},mode=0600`]);
  await up(p.sock);
  assert.equal((fs.statSync(p.sock).mode & 0o777).toString(8), '660');
  assert.equal((fs.statSync(p.scgi).mode & 0o777).toString(8), '600');
  const scgi = await exchange(p.scgi, scgiRequest(cgiParams('GET', admin, '/healthz')));
  assert.match(scgi.bytes.toString(), /^Status: 200[\s\S]*\r\n\r\nok/);

  const second = spawnSync(bin, ['serve', '--state', p.state, '--listen', `unix:${p.sock}`], { encoding: 'utf8', timeout: 10000 });
  assert.equal(second.status, 5);
  assert.match(second.stderr, /somebody listens on/);
  assert.ok(await answers(p.sock), 'the refused one took the socket away');

  fs.writeFileSync(path.join(p.dir, 'file'), 'precious');
  const file = spawnSync(bin, ['serve', '--state', p.state, '--listen', `unix:${p.dir}/file`], { encoding: 'utf8', timeout: 10000 });
  assert.equal(file.status, 5);
  assert.equal(fs.readFileSync(path.join(p.dir, 'file'), 'utf8'), 'precious');

  first.kill('SIGTERM');
  assert.deepEqual(await first.ended, { code: 0, signal: null });
  assert.ok(!fs.existsSync(p.sock) && !fs.existsSync(p.scgi), 'own sockets are removed');
  for (const bad of ['nonsense', 'unix:', 'unix:relative.sock', 'tcp:0.0.0.0:9000', 'tcp:9000', 'tcp:127.0.0.1:99999', 'fd:99', 'fd:x', `unix:${p.sock},mode=9`, `unix:${p.sock},mode=0777,x=1`, `unix:/${'x'.repeat(120)}`, `unix:${p.sock},group=no-such-group`]) {
    const r = spawnSync(bin, ['serve', '--state', p.state, '--listen', bad], { encoding: 'utf8', timeout: 10000 });
    assert.ok(r.status > 0 && r.stderr.includes('serve: '), `${bad}: ${r.status} ${r.stderr}`);
  }
});

test('tcp on loopback', async (t) => {
  const p = place(t);
  const port = await freePort();
  serve(p, ['--listen', `tcp:127.0.0.1:${port}`]);
  await until(() => new Promise((r) => { const s = net.connect(port, '127.0.0.1', () => { s.end(ask); let b = Buffer.alloc(0); s.on('data', (d) => { b = Buffer.concat([b, d]); }); s.on('close', () => r(b.includes('ok'))); }); s.on('error', () => r(false)); }), 8000, 'an answer over tcp');
});

test('another user is refused on the socket and on the control socket', { skip: process.getuid() !== 0 && 'needs root' }, async (t) => {
  const p = place(t);
  serve(p, ['--listen', `unix:${p.sock},mode=0666`]);
  await up(p.sock);
  fs.chmodSync(p.state, 0o755);
  const nobody = (sock) => spawnSync('setpriv', ['--reuid', 'nobody', '--clear-groups', '--regid', 'nogroup', '/usr/bin/python3', '-c', `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect(sys.argv[1])
data = bytes.fromhex(sys.argv[2])
got = b''
try:
    s.sendall(data)
    while True:
        d = s.recv(4096)
        if not d: break
        got += d
except OSError: pass
print(len(got))`, sock, ask.toString('hex')], { encoding: 'utf8' });
  const r = nobody(p.sock);
  assert.deepEqual([r.status, r.stdout.trim()], [0, '0'], r.stderr);
  const control = nobody(path.join(p.state, 'control.sock'));
  assert.ok(control.status !== 0 || control.stdout.trim() === '0', control.stdout);
  const status = JSON.parse(execFileSync(bin, ['status', '--state', p.state, '--json'], { encoding: 'utf8' }));
  assert.equal(status.requests.refused_peers, 1);
  assert.ok(await answers(p.sock));
});

test('front_users lets one in', { skip: process.getuid() !== 0 && 'needs root' }, async (t) => {
  const p = place(t);
  fs.writeFileSync(path.join(p.state, 'fazt.conf'), '[server]\nfront_users = nobody\n');
  serve(p, ['--listen', `unix:${p.sock},mode=0666`]);
  await up(p.sock);
  const r = spawnSync('setpriv', ['--reuid', 'nobody', '--clear-groups', '--regid', 'nogroup', '/usr/bin/python3', '-c', `
import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect(sys.argv[1]); s.sendall(bytes.fromhex(sys.argv[2]))
print(b'ok' in s.recv(4096))`, p.sock, ask.toString('hex')], { encoding: 'utf8' });
  assert.equal(r.stdout.trim(), 'True', r.stderr);
});

test('spawn-fcgi: the socket is fd 0', async (t) => {
  const p = place(t);
  const c = spawn('spawn-fcgi', ['-n', '-s', p.sock, '-M', '0666', '--', bin, 'serve', '--state', p.state], { stdio: ['ignore', 'ignore', 'pipe'] });
  c.ended = new Promise((r) => c.on('exit', (code, signal) => r({ code, signal })));
  p.children.push(c);
  await up(p.sock);
  c.kill('SIGTERM');
  assert.deepEqual(await c.ended, { code: 0, signal: null });
  assert.ok(fs.existsSync(p.sock), 'an inherited socket stays');
});

test('LISTEN_FDS: names, both protocols, sockets that stay', async (t) => {
  const p = place(t);
  const c = spawn(path.join(build, 'tests/tools/manager'), [`${p.sock},scgi:${p.scgi}`, '--', bin, 'serve', '--state', p.state, '--listen', `unix:${p.dir}/unused.sock`], { stdio: ['ignore', fs.openSync(path.join(p.dir, 'log'), 'a'), 'ignore'] });
  c.ended = new Promise((r) => c.on('exit', (code, signal) => r({ code, signal })));
  p.children.push(c);
  await up(p.sock);
  assert.match((await exchange(p.scgi, scgiRequest(cgiParams('GET', admin, '/healthz')))).bytes.toString(), /\r\n\r\nok/);
  assert.ok(!fs.existsSync(path.join(p.dir, 'unused.sock')), 'handed-over sockets are the whole truth');
  for (let i = 0; i < 3; i++) {
    const n = log(p).match(/^pid /gm).length;
    c.kill('SIGHUP');
    await until(() => log(p).match(/^pid /gm).length > n);
    await up(p.sock);
  }
  assert.ok(fs.existsSync(p.sock));
  const bad = spawnSync('sh', ['-c', `LISTEN_PID=$$ LISTEN_FDS=2 exec ${bin} serve --state ${p.state}`], { encoding: 'utf8', timeout: 10000 });
  assert.ok(bad.status > 0, 'LISTEN_FDS without sockets');
});

test('few descriptors: 503 or a wait, never an end', { skip: sanitized && 'sanitizers need descriptors' }, async (t) => {
  const p = place(t);
  serve(p, ['--listen', `unix:${p.sock},mode=0666`], { wrap: ['prlimit', '--nofile=128:128'] });
  await up(p.sock);
  const held = [];
  for (let i = 0; i < 500; i++) { const s = net.connect(p.sock); s.on('error', () => {}); held.push(s); }
  await sleep(500);
  const during = await Promise.all(Array.from({ length: 5 }, () => exchange(p.sock, ask, { timeout: 3000 })));
  for (const d of during) { const [a] = fcgiAnswers(d.bytes); assert.ok(a === undefined || [200, 503].includes(a.status), a && a.status); }
  for (const s of held) s.destroy();
  await up(p.sock);
});
