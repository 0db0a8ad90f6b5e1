// Every command of the program: exit codes, messages, help, and what it refuses.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { bin, domain, Node, onNode } from '../lib/node.mjs';

const run = (args, { input = '', env = {} } = {}) => {
  const r = spawnSync(bin, args, { encoding: 'utf8', input, env: { ...process.env, FAZT_STATE: '', ...env } });
  return { code: r.status, out: r.stdout, err: r.stderr, all: r.stdout + r.stderr, signal: r.signal };
};
const tmp = (t) => { const d = fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-cli-')); t.after(() => fs.rmSync(d, { recursive: true, force: true })); return d; };
const mode = (p) => fs.statSync(p).mode & 0o777;
const commands = ['init', 'serve', 'status', 'set-password', 'create-key', 'rotate-key', 'backup', 'restore', 'doctor', 'openapi', 'snippet', 'config', 'version'];

test('help and usage', () => {
  const help = run(['--help']);
  assert.equal(help.code, 0);
  for (const c of commands) {
    assert.match(help.out, new RegExp(`^  ${c} `, 'm'));
    for (const flag of ['--help', '-h']) {
      const r = run([c, flag]);
      assert.equal(r.code, 0, c);
      assert.match(r.out, new RegExp(`^usage: fazt-fcgi ${c}`));
      assert.match(r.out, /--state DIR/);
      assert.equal(r.err, '');
    }
    const bad = run([c, '--no-such-option']);
    assert.equal(bad.code, 2, c);
    assert.match(bad.err, /no-such-option/);
  }
  assert.equal(run([]).code, 2);
  assert.equal(run(['nonsense']).code, 2);
  assert.match(run(['nonsense']).err, /no command nonsense. Try: fazt-fcgi --help/);
  assert.equal(run(['--version']).code, 0);
  assert.match(run(['version']).out, /^fazt-fcgi \d+\.\d+\.\d+\nsqlite 3\./);
});

test('init', (t) => {
  const d = tmp(t), state = path.join(d, 'state');
  assert.equal(run(['init', '--state', state]).code, 2);
  for (const bad of ['not a host', 'a/b', '', 'x'.repeat(300), 'exämple.test']) assert.ok([2, 6].includes(run(['init', '--domain', bad, '--state', state]).code), bad);
  assert.ok(!fs.existsSync(path.join(state, 'data.db')));
  for (const weak of ['short\n', '\n', '', 'password\n']) assert.equal(run(['init', '--domain', domain, '--state', state, '--password-stdin'], { input: weak }).code, 6, JSON.stringify(weak));
  const made = run(['init', '--domain', 'Example.TEST.', '--state', state]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^Password: \S{20,}/m);
  assert.match(made.out, /https:\/\/admin\.example\.test/);
  assert.deepEqual([mode(state), mode(path.join(state, 'data.db')), mode(path.join(state, 'master.key'))].map((m) => m.toString(8)), ['700', '600', '600']);
  assert.equal(fs.statSync(path.join(state, 'master.key')).size, 32);
  const before = fs.readFileSync(path.join(state, 'data.db')), key = fs.readFileSync(path.join(state, 'master.key'));
  const again = run(['init', '--domain', 'other.test', '--state', state]);
  assert.equal(again.code, 5);
  assert.match(again.err, /already holds a node/);
  assert.deepEqual(fs.readFileSync(path.join(state, 'data.db')), before);
  assert.deepEqual(fs.readFileSync(path.join(state, 'master.key')), key);
  const other = path.join(d, 'two');
  const two = run(['init', '--domain', domain, '--state', other, '--username', 'ann', '--admin-host', 'control.other.test', '--password-stdin'], { input: 'a long enough pass phrase\n' });
  assert.equal(two.code, 0, two.err);
  assert.ok(!two.all.includes('pass phrase') && /Owner: +ann/.test(two.out) && two.out.includes('control.other.test'));
  assert.notDeepEqual(fs.readFileSync(path.join(other, 'master.key')), key);
});

test('no node, no server', (t) => {
  const state = path.join(tmp(t), 'none');
  for (const args of [['serve'], ['create-key', '--name', 'x'], ['backup'], ['set-password', '--stdin']]) {
    const r = run([...args, '--state', state], { input: 'a long enough pass phrase\n' });
    assert.equal(r.code, 3, `${args}: ${r.all}`);
    assert.match(r.err, /no node in .*Try: fazt-fcgi init/);
  }
  assert.equal(run(['init', '--domain', domain, '--state', state]).code, 0);
  const status = run(['status', '--state', state]);
  assert.ok(status.code !== 0 && /fazt-fcgi: status: /.test(status.err), status.all);
});

test('config check', (t) => {
  const d = tmp(t), file = path.join(d, 'fazt.conf');
  const check = (text) => { fs.writeFileSync(file, text); return run(['config', 'check', '--config', file, '--state', d]); };
  assert.equal(check('[server]\nworkers = 8\n; comment\n[limits]\nrate = 0\n').code, 0);
  for (const [text, line, says] of [['[server]\n\nworkerz = 3\n', 3, /unknown name \[server\] workerz/], ['[server]\nworkers = many\n', 2, /want a number from 2 to 256/], ['[server]\nworkers = 100000\n', 2, /workers/],
    ['[limits]\nrate = 1\nqueue = 1\n', 3, /queue/], ['[log]\naccess = some\n', 2, /access/], ['[server]\ndev = maybe\n', 2, /dev/], ['[server]\nnonsense\n', 2, /./], ['[nowhere]\nx = 1\n', 2, /unknown name/]]) {
    const r = check(text);
    assert.equal(r.code, 6, text);
    assert.match(r.err, new RegExp(`fazt\\.conf:${line}: `), text);
    assert.match(r.err, says);
  }
  for (const text of ['[server]\nscheme = http\n', '[server]\nscheme = ftp\ndev = yes\n', '[log]\nlevel = loud\n', '[limits]\ncache_mib = 65536\n'])
    assert.equal(check(text).code, 6, text);
  assert.equal(run(['config', 'check', '--config', path.join(d, 'nope'), '--state', d]).code, 3);
  assert.equal(run(['config']).code, 2);
  assert.equal(run(['config', 'frobnicate']).code, 2);
});

test('snippet and openapi', () => {
  assert.match(run(['snippet', 'caddy']).out, /\(fazt\) \{/);
  assert.match(run(['snippet', 'nginx']).out, /upstream fazt_keep/);
  assert.deepEqual([run(['snippet']).code, run(['snippet', 'apache']).code], [2, 2]);
  const doc = JSON.parse(run(['openapi']).out);
  assert.equal(doc.openapi.slice(0, 3), '3.1');
  assert.ok(Object.keys(doc.paths).length > 40);
});

test('create-key', (t) => {
  const state = path.join(tmp(t), 's');
  assert.equal(run(['init', '--domain', domain, '--state', state]).code, 0);
  const good = run(['create-key', '--name', 'laptop', '--scopes', ' deploy:blog, apps.read,apps.read', '--expires', '90d', '--state', state]);
  assert.equal(good.code, 0, good.err);
  assert.match(good.out, /^fazt_\S{40,}\n$/);
  assert.match(good.err, /deploy:blog,apps\.read/);
  assert.ok(!good.err.includes(good.out.trim()));
  assert.match(run(['create-key', '--name', 'x'], { env: { FAZT_STATE: state } }).out, /^fazt_/);
  for (const [args, code] of [[['--scopes', 'root'], 6], [['--scopes', ''], 6], [['--scopes', 'deploy:'], 6], [['--scopes', 'deploy:a b'], 6], [['--expires', 'soon'], 2], [['--expires', '-1d'], 2], [['--expires', '0'], 2]])
    assert.equal(run(['create-key', '--name', 'x', ...args, '--state', state]).code, code, args.join(' '));
  assert.equal(run(['create-key', '--state', state]).code, 2);
  assert.equal(run(['create-key', '--name', '', '--state', state]).code, 2);
});

await onNode('with a server', { fronts: ['nginx'] }, async (n, part) => {
  assert.equal((await n.deploy('keep', { 'index.html': 'KEEP', 'x.bin': Buffer.alloc(600000, 'k') })).status, 200);
  const cli = (...args) => run([args[0], '--state', n.state, ...args.slice(1)]);

  await part('status', () => {
    const text = cli('status');
    assert.equal(text.code, 0);
    assert.match(text.out, /^fazt-fcgi \S+, example\.test, pid \d+, up 0d 00:00:/);
    const j = JSON.parse(cli('status', '--json').out);
    assert.deepEqual([j.domain, j.pid, j.workers.total, j.database.full], [domain, n.pid(), 32, false]);
    assert.ok(j.uptime_seconds >= 0 && j.requests.served > 0 && j.database.bytes > 0);
    assert.equal(mode(path.join(n.state, 'control.sock')), 0o600);
  });

  await part('a second server on the same socket is refused', () => {
    const r = cli('serve', '--listen', `unix:${n.run}/fcgi.sock`);
    assert.equal(r.code, 5, r.all);
    assert.match(r.err, /somebody listens on/);
    assert.equal(cli('status').code, 0);
  });

  await part('doctor', () => {
    const j = cli('doctor', '--json'), list = JSON.parse(j.out), by = Object.fromEntries(list.map((c) => [c.check, c]));
    for (const ok of ['configuration', 'files', 'database', 'disk', 'clock', 'server']) assert.equal(by[ok]?.result, 'ok', `${ok}: ${JSON.stringify(by[ok])}`);
    assert.ok(list.every((c) => ['ok', 'fail', 'skipped'].includes(c.result) && c.detail));
    assert.equal(by.dns.result, 'fail');
    assert.equal(j.code, 1);
    fs.chmodSync(path.join(n.state, 'master.key'), 0o644);
    const text = cli('doctor');
    fs.chmodSync(path.join(n.state, 'master.key'), 0o600);
    assert.equal(text.code, 1);
    assert.match(text.out, /^FAIL +files .*master\.key/m);
  });

  await part('set-password', () => {
    const set = (input, ...more) => run(['set-password', '--state', n.state, '--stdin', ...more], { input });
    assert.equal(set('a long enough pass phrase\n').code, 0);
    assert.equal(set('short\n').code, 6);
    assert.equal(set('').code, 6);
    assert.equal(set('x'.repeat(2000) + '\n').code, 6);
    assert.equal(set('a long enough pass phrase\n', '--username', 'nobody').code, 3);
    const hash = n.sql('SELECT password p FROM user')[0].p;
    assert.match(hash, /^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$/);
    assert.ok(!hash.includes('pass phrase'));
  });

  await part('backup, verify, restore, serve from it', async () => {
    const out = path.join(n.dir, 'out'), made = run(['backup', '--state', n.state, '-o', out, '--label', 'nightly']);
    assert.equal(made.code, 0, made.err);
    const file = made.out.trim();
    assert.match(file, /\/\d{8}T\d{6}Z-nightly\.db$/);
    assert.deepEqual([mode(file), mode(out)], [0o600, 0o700]);
    assert.ok(!fs.readFileSync(file).includes(fs.readFileSync(path.join(n.state, 'master.key'))));
    assert.equal(n.sql('PRAGMA integrity_check', file)[0].integrity_check, 'ok');
    assert.equal(cli('restore', file, '--verify-only').code, 0);
    // a running state is never overwritten, with or without --replace
    for (const more of [[], ['--replace']]) {
      const r = cli('restore', file, ...more);
      assert.equal(r.code, 5, r.all);
    }
    assert.equal((await n.get('nginx', `keep.${domain}`, '/')).text, 'KEEP');

    const bad = path.join(out, 'bad.db'), bytes = fs.readFileSync(file);
    for (const at of [100, 5000, bytes.length >> 1, bytes.length - 10]) {
      const copy = Buffer.from(bytes);
      copy[at] ^= 1;
      fs.writeFileSync(bad, copy);
      fs.copyFileSync(`${file}.json`, `${bad}.json`);
      const r = cli('restore', bad, '--verify-only');
      assert.equal(r.code, 8, `byte ${at}: ${r.all}`);
      assert.equal(run(['restore', bad, '--to', path.join(n.dir, 'never')]).code, 8);
      assert.ok(!fs.existsSync(path.join(n.dir, 'never/data.db')));
    }
    fs.writeFileSync(bad, bytes.subarray(0, bytes.length - 4096));
    assert.equal(cli('restore', bad, '--verify-only').code, 8);
    fs.writeFileSync(bad, 'not a database');
    fs.rmSync(`${bad}.json`);
    assert.equal(cli('restore', bad, '--verify-only').code, 8);
    assert.equal(cli('restore', path.join(out, 'none.db')).code, 3);
    assert.equal(cli('restore').code, 2);

    const dir = path.join(n.dir, 'second'), to = path.join(dir, 'state');
    fs.mkdirSync(dir);
    const done = run(['restore', file, '--to', to]);
    assert.equal(done.code, 0, done.err);
    assert.equal(mode(path.join(to, 'data.db')), 0o600);
    fs.copyFileSync(path.join(n.state, 'master.key'), path.join(to, 'master.key'));
    assert.equal(run(['restore', file, '--to', to]).code, 5);
    assert.equal(run(['restore', file, '--to', to, '--replace']).code, 0);
    assert.ok(fs.readdirSync(to).some((f) => f.startsWith('data.db.before-restore-')));
    const m = await Node.start({ fronts: ['nginx'], dir, init: false });
    m.key = n.key;
    assert.equal((await m.get('nginx', `keep.${domain}`, '/x.bin')).bytes.length, 600000);
    assert.equal((await m.deploy('keep', { 'index.html': 'SECOND' })).status, 200);
    assert.equal((await m.get('nginx', `keep.${domain}`, '/')).text, 'SECOND');
    assert.equal((await m.stop()).code, 0);
    assert.equal((await n.get('nginx', `keep.${domain}`, '/')).text, 'KEEP');
  });

  await part('backup while deploys go on', async () => {
    const busy = (async () => { for (let i = 0; i < 20; i++) assert.equal((await n.deploy('busy', { 'index.html': `B${i}` })).status, 200); })();
    for (let i = 0; i < 3; i++) {
      const file = n.cli(['backup', '-o', path.join(n.dir, 'more'), '--label', `b${i}`]).trim();
      assert.equal(cli('restore', file, '--verify-only').code, 0);
    }
    await busy;
  });
});
