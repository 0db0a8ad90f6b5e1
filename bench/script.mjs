// script.mjs [SECONDS]: serverless JavaScript against peers, in the same run, as ratios.
//
// Method: wrk, one thread, 64 connections, SECONDS (3) a sample, three rounds in which all
// candidates take turns, median of the three; every candidate behind the same nginx.  Peers:
// php-fpm (echo), workerd (the engine behind a multi-tenant service), a plain Node server
// without isolation, Node with better-sqlite3 at synchronous=FULL.  The load generator
// shares the machine, so the ratios count and not the figures.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Node, domain, freePort, request, root, sleep, until, zipFiles } from '../tests/lib/node.mjs';

const seconds = Number(process.argv[2] ?? process.env.SECONDS_EACH ?? 3);
const peers = path.join(root, 'bench/peers');
const app = `
const { kv } = fazt.app;
const key = 'k' + Math.floor(Math.random() * 10000);
switch (request.path) {
case '/api/hello': respond('hello world\\n'); break;
case '/api/write': kv.set(key, { at: Date.now(), text: 'x'.repeat(80) }); respond('ok\\n'); break;
case '/api/mixed':
  if (Math.random() < 0.3) kv.set(key, { at: Date.now(), text: 'x'.repeat(80) });
  else kv.get(key);
  respond('ok\\n');
  break;
}`;

const n = await Node.start({ fronts: [], conf: '' });
const run = n.run, ports = {};
for (const p of ['front', 'internal', 'workerd', 'node', 'wfront', 'nfront', 'php']) ports[p] = await freePort();
const children = [];
const start = (cmd, args, log) => {
  const fd = fs.openSync(path.join(run, log), 'a');
  const c = spawn(cmd, args, { stdio: ['ignore', fd, fd], cwd: peers });
  children.push(c);
  return c;
};
const stop = async () => { for (const c of children) c.kill('SIGTERM'); await sleep(300); for (const c of children) c.kill('SIGKILL'); await n.stop(); };

fs.writeFileSync(path.join(run, 'hello.js'), "export default { async fetch() { return new Response('hello world\\n', { headers: { 'Content-Type': 'text/plain' } }); } };\n");
fs.writeFileSync(path.join(run, 'hello.php'), '<?php echo "hello world\\n";\n');
fs.writeFileSync(path.join(run, 'workerd.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .hello)], sockets = [(name = "http", address = "127.0.0.1:${ports.workerd}", http = (), service = "main")]);
const hello :Workerd.Worker = (modules = [(name = "hello.js", esModule = embed "hello.js")], compatibilityDate = "2026-01-01");
`);
fs.writeFileSync(path.join(run, 'fpm.conf'), `[global]\nerror_log = ${run}/php.log\n[www]\nuser = ${os.userInfo().username}\nlisten = ${run}/php.sock\nlisten.mode = 0666\nlisten.backlog = 1024\npm = static\npm.max_children = 8\n`);
for (const f of fs.readdirSync(path.join(root, 'contrib/nginx')))
  fs.writeFileSync(path.join(run, f), fs.readFileSync(path.join(root, 'contrib/nginx', f), 'utf8')
    .replaceAll('/run/fazt/', `${run}/`).replaceAll('127.0.0.1:9180', `127.0.0.1:${ports.internal}`).replace('keepalive 32', 'keepalive 64'));
const proxied = (port, name) => `upstream ${name} { server 127.0.0.1:${ports[name]}; keepalive 64; keepalive_requests 100000; }
	server { listen 127.0.0.1:${port} backlog=1024; location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_pass http://${name}; } }\n`;
fs.writeFileSync(path.join(run, 'nginx.conf'), `daemon off;\n${process.getuid() === 0 ? `user ${os.userInfo().username};\n` : ''}worker_processes auto;\npid ${run}/nginx.pid;\nerror_log ${run}/nginx.log error;
events { worker_connections 4096; }\nhttp { access_log off; keepalive_requests 1000000;
${['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map((t) => `${t}_temp_path ${run}/${t};`).join('\n')}
	include ${run}/fazt.conf;
	server { listen 127.0.0.1:${ports.front} default_server backlog=1024; server_name _; include ${run}/fazt_server.conf; }
	${proxied(ports.wfront, 'workerd')}${proxied(ports.nfront, 'node')}
	server { listen 127.0.0.1:${ports.php} backlog=1024; location / { include ${run}/fazt_params; fastcgi_param SCRIPT_FILENAME ${run}/hello.php; fastcgi_pass unix:${run}/php.sock; } }
}\n`);
start('nginx', ['-p', run, '-c', path.join(run, 'nginx.conf')], 'nginx.out');
start('php-fpm8.2', ['-F', '-n', '-R', '-y', path.join(run, 'fpm.conf')], 'php.out');
start(path.join(peers, `node_modules/@cloudflare/workerd-linux-${process.arch === 'x64' ? '64' : process.arch}/bin/workerd`), ['serve', path.join(run, 'workerd.capnp')], 'workerd.out');
start(process.execPath, [path.join(peers, 'node.mjs'), String(ports.node), path.join(n.dir, 'peer.db')], 'node.out');

const host = `bench.${domain}`;
let failed = false;
try {
  n.ports.nginx = ports.front;
  n.fronts = ['nginx'];
  await until(async () => (await request(ports.front, { host: `admin.${domain}`, path: '/openapi.json' })).status === 200, 10000, 'nginx');
  const rs = await n.api('POST', `/api/deploy?site_name=bench`, zipFiles({ 'hello.txt': 'hello world\n', 'api/main.js': app }), { front: 'nginx', headers: { 'Content-Type': 'application/zip' } });
  if (rs.status !== 200 || rs.json.data.warnings.length) throw new Error(rs.text);
  // What is measured is the server, not the budget an owner gives an app.
  await n.api('PUT', '/api/apps/bench/quotas', { cpu_ms_per_min: 3600000 }, { front: 'nginx' });
  const candidates = {
    'js hello': [ports.front, '/api/hello'], 'static 12 bytes': [ports.front, '/hello.txt'], 'php-fpm hello': [ports.php, '/'],
    'workerd hello': [ports.wfront, '/'], 'node hello': [ports.nfront, '/api/hello'],
    'js kv write': [ports.front, '/api/write'], 'node write': [ports.nfront, '/api/write'],
    'js 30 % writes': [ports.front, '/api/mixed'], 'node 30 % writes': [ports.nfront, '/api/mixed'],
  };
  for (const [name, [port, target]] of Object.entries(candidates))
    await until(async () => (await request(port, { host, path: target })).status === 200, 15000, name);
  const samples = {};
  const wrk = (port, target, secs) => execFileSync('wrk', ['-t1', '-c64', `-d${secs}s`, '--latency', '-H', `Host: ${host}`, `http://127.0.0.1:${port}${target}`], { encoding: 'utf8' });
  for (const [port, target] of Object.values(candidates)) wrk(port, target, 1);
  for (let round = 0; round < 3; round++)
    for (const [name, [port, target]] of Object.entries(candidates)) {
      const out = wrk(port, target, seconds);
      (samples[name] ??= []).push({ rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]), p99: /99%\s+(\S+)/.exec(out)[1], bad: Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0) });
    }
  // The bare write path: the store's own calls without HTTP or JavaScript.
  const bare = execFileSync(path.join(root, process.env.BUILD ?? 'build', 'bench/store_bench'), ['--seconds', '2', '--callers', '64', '--delay-us', '0'], { encoding: 'utf8' });
  const bareRate = Number(/^\s*0\s+64\s+store\s+(\d+)/m.exec(bare)?.[1] ?? NaN);

  console.log(`wrk -t1 -c64, ${seconds} s a sample, 3 interleaved rounds, medians, all behind the same nginx; ${os.cpus().length} cores\n`);
  console.log(`${'what'.padEnd(18)}${'req/s'.padStart(10)}${'p99'.padStart(12)}${'errors'.padStart(8)}`);
  const median = {};
  for (const [name, list] of Object.entries(samples)) {
    const m = list.sort((a, b) => a.rps - b.rps)[1];
    median[name] = m.rps;
    const bad = list.reduce((s, x) => s + x.bad, 0);
    failed ||= bad > 0;
    console.log(`${name.padEnd(18)}${m.rps.toFixed(0).padStart(10)}${m.p99.padStart(12)}${String(bad).padStart(8)}`);
  }
  console.log(`${'bare write path'.padEnd(18)}${bareRate.toFixed(0).padStart(10)}\n`);
  const ratio = (what, value, want, or = false) => {
    const ok = value >= want || or;
    failed ||= !ok;
    console.log(`${what.padEnd(58)} ${value.toFixed(2).padStart(8)}   want >= ${want}  ${ok ? 'ok' : 'MISSED'}`);
  };
  ratio('JS hello / static file of the same bytes', median['js hello'] / median['static 12 bytes'], 0.85);
  ratio('JS hello / php-fpm hello', median['js hello'] / median['php-fpm hello'], 1.3);
  ratio('JS hello / workerd hello', median['js hello'] / median['workerd hello'], 1.3);
  console.log(`${'JS hello / plain Node http (no isolation)'.padEnd(58)} ${(median['js hello'] / median['node hello']).toFixed(2).padStart(8)}   for comparison`);
  ratio('one durable kv write / bare write path (or >= 8,000/s)', median['js kv write'] / bareRate, 0.8, median['js kv write'] >= 8000);
  ratio('one durable kv write / Node + better-sqlite3, FULL', median['js kv write'] / median['node write'], 2);
  ratio('30 % writes mixed, req/s', median['js 30 % writes'], 9000);

  // Memory with warm apps.
  const before = n.rss();
  let key;
  for (let i = 0; i < 100; i++) {
    if (i % 25 === 0) key = n.newKey('admin');	// thirty deploys a minute and key
    const rs = await n.deploy(`warm${i}`, { 'api/main.js': `const n = ${i}; respond({ n })` }, '', { front: 'nginx', key });
    if (rs.status !== 200) throw new Error(rs.text);
    const a = await request(ports.front, { host: `warm${i}.${domain}`, path: '/api/' });
    if (a.text !== `{"n":${i}}`) throw new Error(a.text);
  }
  console.log(`\nRSS after the load ${(before / 1048576).toFixed(1)} MiB; with 100 more warm apps ${(n.rss() / 1048576).toFixed(1)} MiB`);
} catch (e) {
  failed = true;
  console.log(String(e.stack ?? e));
  for (const f of ['nginx.log', 'workerd.out', 'node.out', 'php.out', 'fazt-fcgi.log'])
    console.log(`--- ${f}\n${fs.existsSync(path.join(run, f)) ? fs.readFileSync(path.join(run, f), 'utf8').slice(-600) : ''}`);
} finally {
  await stop();
}
process.exit(failed ? 1 : 0);
