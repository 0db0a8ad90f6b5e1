// What the end-to-end tests share: a node in a folder of its own, the real front servers
// on free loopback ports with the shipped configuration, and requests with raw paths.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const build = process.env.FAZT_BUILD || path.join(root, 'build');
export const bin = path.join(build, 'fazt-fcgi');
export const domain = 'example.test';

// A sanitizer's build: slower, and its memory says nothing.
export const sanitized = fs.existsSync(bin) &&
  /lib[at]san/.test(execFileSync('readelf', ['-d', bin], { encoding: 'utf8' }));

export function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

export async function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer();
    s.on('error', reject);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

export async function until(fn, ms = 10000, what = 'condition') {
  const end = Date.now() + ms;
  for (;;) {
    try {
      const v = await fn();
      if (v) return v;
    } catch {}
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(20);
  }
}

// One request over a front's port.  target is sent as it is (no normalising).
export function request(port, { host = domain, path: target = '/', method = 'GET', headers = {}, body, agent, timeout = 30000 } = {}) {
  return new Promise((resolve, reject) => {
    const rq = http.request({ host: '127.0.0.1', port, method, path: target, agent: agent ?? false, timeout,
      headers: { Host: host, ...headers }, setHost: false }, (rs) => {
      const parts = [];
      rs.on('data', (d) => parts.push(d));
      rs.on('end', () => {
        const bytes = Buffer.concat(parts);
        resolve({ status: rs.statusCode, headers: rs.headers, raw: rs.rawHeaders, bytes,
          get text() { return bytes.toString(); },
          get json() { return JSON.parse(bytes.toString()); } });
      });
      rs.on('error', reject);
    });
    rq.on('timeout', () => rq.destroy(new Error('request timed out')));
    rq.on('error', reject);
    if (body && typeof body.pipe === 'function') body.pipe(rq);
    else rq.end(body);
  });
}

// The bytes of one request as they are; resolves with the first answer, or with status 0
// when the front closes without one.  end: half-close after sending; hold: keep the socket.
export function raw(port, bytes, { timeout = 10000, end = false, hold = false } = {}) {
  return new Promise((resolve, reject) => {
    const s = net.connect(port, '127.0.0.1');
    let got = Buffer.alloc(0);
    const done = (answer) => {
      clearTimeout(timer);
      if (!hold) s.destroy();
      resolve(Object.assign(answer, hold ? { socket: s } : {}));
    };
    const timer = setTimeout(() => { s.destroy(); reject(new Error(`no answer to ${bytes.subarray(0, 80)}`)); }, timeout);
    s.on('connect', () => (end ? s.end(bytes) : s.write(bytes)));
    s.on('data', (d) => {
      got = Buffer.concat([got, d]);
      const answer = parseAnswer(got, false);
      if (answer) done(answer);
    });
    s.on('error', () => done(parseAnswer(got, true)));
    s.on('close', () => done(parseAnswer(got, true)));
  });
}

// One HTTP/1 answer at the start of some bytes, or null when it is not complete yet.
export function parseAnswer(got, closed) {
  const none = { status: 0, headers: {}, bytes: Buffer.alloc(0), text: '' };
  const cut = got.indexOf('\r\n\r\n');
  if (cut < 0) return closed ? none : null;
  const lines = got.subarray(0, cut).toString('latin1').split('\r\n');
  const headers = {};
  for (const l of lines.slice(1)) headers[l.slice(0, l.indexOf(':')).toLowerCase()] = l.slice(l.indexOf(':') + 1).trim();
  const status = Number(lines[0].split(' ')[1]);
  if (status === 100) return parseAnswer(got.subarray(cut + 4), closed);
  let body = got.subarray(cut + 4);
  if (headers['transfer-encoding'] === 'chunked') {
    const parts = [];
    for (;;) {
      const eol = body.indexOf('\r\n');
      const n = eol < 0 ? NaN : parseInt(body.subarray(0, eol).toString(), 16);
      if (Number.isNaN(n) || body.length < eol + n + 4) {
        if (!closed) return null;
        break;
      }
      if (n === 0) break;
      parts.push(body.subarray(eol + 2, eol + 2 + n));
      body = body.subarray(eol + n + 4);
    }
    body = Buffer.concat(parts);
  } else if (headers['content-length'] !== undefined) {
    if (!closed && body.length < Number(headers['content-length'])) return null;
    body = body.subarray(0, Number(headers['content-length']));
  } else if (!closed && status !== 204 && status !== 304) return null;
  return { status, headers, bytes: body, text: body.toString() };
}

// A certificate authority of our own and one certificate of it for these names.
export function makeCertificates(dir, names) {
  const at = (f) => path.join(dir, f);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '30', '-subj', '/CN=test authority',
    '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  openssl('req', ...ec, '-keyout', at('tls.key'), '-out', at('tls.csr'), '-subj', '/CN=test');
  fs.writeFileSync(at('tls.ext'), 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=' +
    names.map((x) => (/^[0-9.]+$/.test(x) ? `IP:${x}` : `DNS:${x}`)).join() + '\n');
  openssl('x509', '-req', '-in', at('tls.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '30',
    '-extfile', at('tls.ext'), '-out', at('tls.pem'));
  return { ca: at('ca.pem'), cert: at('tls.pem'), key: at('tls.key') };
}

function caddyfile(run, port, internal, tls) {
  const snippet = fs.readFileSync(path.join(root, 'contrib/caddy/fazt.caddy'), 'utf8')
    .replaceAll('unix//run/fazt/', `unix/${run}/`).replaceAll('127.0.0.1:9180', `127.0.0.1:${internal}`);
  return `{\n\tadmin off\n\tauto_https off\n\tstorage file_system ${run}/caddy\n}\n${snippet}\n` +
    `http://:${port} {\n\tbind 127.0.0.1\n\timport fazt\n}\n` +
    (tls ? `https://:${tls.port} {\n\tbind 127.0.0.1\n\ttls ${tls.cert} ${tls.key}\n\timport fazt\n}\n` : '');
}

function nginxConf(run, ports, tls) {
  for (const f of fs.readdirSync(path.join(root, 'contrib/nginx'))) {
    const text = fs.readFileSync(path.join(root, 'contrib/nginx', f), 'utf8')
      .replaceAll('/run/fazt/', `${run}/`).replaceAll('127.0.0.1:9180', `127.0.0.1:${ports.nginxInternal}`);
    fs.writeFileSync(path.join(run, f), text);
  }
  const user = process.getuid() === 0 ? `user ${os.userInfo().username};\n` : '';
  const server = (port, file, more = '') =>
    `server { listen 127.0.0.1:${port} default_server backlog=1024; server_name _; include ${run}/${file}; ${more} }\n`;
  return `daemon off;\n${user}worker_processes 1;\npid ${run}/nginx.pid;\nerror_log ${run}/nginx.log warn;\n` +
    'events { worker_connections 4096; }\nhttp {\naccess_log off;\nkeepalive_requests 100000;\n' +
    ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map((t) => `${t}_temp_path ${run}/${t};\n`).join('') +
    `fastcgi_cache_path ${run}/cache levels=1:2 keys_zone=fazt:8m max_size=64m use_temp_path=off;\n` +
    `include ${run}/fazt.conf;\n` +
    server(ports.nginx, 'fazt_server.conf') + server(ports.scgi, 'fazt_scgi_server.conf') +
    server(ports.cached, 'fazt_server.conf', `include ${run}/fazt_cache.conf; add_header X-Cache $upstream_cache_status always;`) +
    (tls ? `server { listen 127.0.0.1:${tls.port} ssl http2 default_server; server_name _; ssl_certificate ${tls.cert};
ssl_certificate_key ${tls.key}; include ${run}/fazt_server.conf; }\n` : '') + '}\n';
}

function start(cmd, args, log, env = {}) {
  const fd = fs.openSync(log, 'a');
  const child = spawn(cmd, args, { stdio: ['ignore', fd, fd], env: { ...process.env, ...env } });
  fs.closeSync(fd);
  child.ended = new Promise((r) => child.on('exit', (code, signal) => r({ code, signal })));
  return child;
}

const running = new Set();
process.on('exit', () => { for (const n of running) n.killAll(); });
for (const sig of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(sig, () => process.exit(1));

export class Node {
  // fronts: any of caddy, nginx (which brings scgi and cached); conf: text of fazt.conf; scheme
  // https: links and cookies as in production; tls: names for a certificate, and one front that
  // speaks TLS with it on ports.tls; hosts: {admin, auth} when they are not the standard ones.
  static async start({ fronts = ['caddy', 'nginx'], conf = '', server = '', scheme = 'http', tls, hosts = {}, managed = false, dir, env = {}, init = true } = {}) {
    const n = new Node();
    n.keepDir = dir !== undefined;
    n.dir = dir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-'));
    n.state = path.join(n.dir, 'state');
    n.run = path.join(n.dir, 'run');
    n.fronts = fronts;
    n.env = env;
    n.managed = managed;
    running.add(n);
    fs.mkdirSync(n.run, { recursive: true });
    n.ports = {};
    n.admin = hosts.admin ?? `admin.${domain}`;
    n.auth = hosts.auth ?? n.admin;
    if (tls) {
      n.tls = { ...makeCertificates(n.run, tls), port: await freePort() };
      n.ports.tls = n.tls.port;
      server += `ca_file = ${n.tls.ca}\npublic_port = ${n.tls.port}\n`;
      scheme = 'https';
    }
    for (const p of ['caddy', 'caddyInternal', 'nginx', 'scgi', 'cached', 'nginxInternal']) n.ports[p] = await freePort();
    if (init) {
      const told = n.cli(['init', '--domain', domain, ...Object.entries(hosts).flatMap(([k, v]) => [`--${k}-host`, v])]);
      n.owner = { username: /^Owner: +(\S+)/m.exec(told)[1], password: /^Password: +(\S+)/m.exec(told)[1] };
      n.key = n.cli(['create-key', '--name', 'test', '--scopes', 'admin']).trim();
    }
    fs.writeFileSync(path.join(n.state, 'fazt.conf'),
      `[server]\n${scheme === 'http' ? `dev = yes\nscheme = http\npublic_port = ${n.ports.caddy}\n` : ''}${server}` +
      `front_users = ${os.userInfo().username}\n[limits]\nrate = 0\n${conf}\n`);
    n.daemonStart();
    if (fronts.includes('caddy')) {
      fs.writeFileSync(path.join(n.run, 'Caddyfile'), caddyfile(n.run, n.ports.caddy, n.ports.caddyInternal, n.tls));
      n.caddy = start('caddy', ['run', '--adapter', 'caddyfile', '--config', path.join(n.run, 'Caddyfile')],
        path.join(n.run, 'caddy.log'), { XDG_CONFIG_HOME: n.run, XDG_DATA_HOME: n.run });
    }
    if (fronts.includes('nginx')) {
      fs.writeFileSync(path.join(n.run, 'nginx.conf'), nginxConf(n.run, n.ports, n.tls));
      n.nginx = start('nginx', ['-p', n.run, '-c', path.join(n.run, 'nginx.conf')], path.join(n.run, 'nginx.out'));
    }
    for (const f of n.allFronts())
      await until(async () => (await n.get(f, n.admin, '/openapi.json')).status === 200, 15000, `${f} to serve`)
        .catch((e) => { const log = n.log(); n.killAll(); throw new Error(`${e.message}\n${log.slice(-2000)}`); });
    return n;
  }

  allFronts() {
    return [...(this.fronts.includes('caddy') ? ['caddy'] : []), ...(this.fronts.includes('nginx') ? ['nginx', 'scgi'] : [])];
  }

  cli(args, opts = {}) {
    return execFileSync(bin, [args[0], '--state', this.state, ...args.slice(1)],
      { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], input: '', ...opts });
  }

  daemonStart() {
    const log = path.join(this.run, 'fazt-fcgi.log');
    const sock = path.join(this.run, 'fcgi.sock'), scgi = path.join(this.run, 'scgi.sock');
    if (this.managed)
      this.daemon = start(path.join(build, 'tests/tools/manager'), [`${sock},scgi:${scgi}`, '--', bin, 'serve', '--state', this.state], log, this.env);
    else
      this.daemon = start(bin, ['serve', '--state', this.state, '--listen', `unix:${sock},mode=0666`, '--scgi', `unix:${scgi},mode=0666`], log, this.env);
  }

  // The pid of the serving process (with a manager: of the newest child).
  pid() {
    if (!this.managed) return this.daemon.pid;
    const m = [...this.log().matchAll(/^pid (\d+)$/gm)];
    return Number(m[m.length - 1][1]);
  }

  log() { return fs.readFileSync(path.join(this.run, 'fazt-fcgi.log'), 'utf8'); }

  rss(pid = this.pid()) {
    const m = /VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(m[1]) * 1024;
  }

  status() { return JSON.parse(this.cli(['status', '--json'])); }

  newKey(scopes, ...more) { return this.cli(['create-key', '--name', 'k', '--scopes', scopes, ...more]).trim(); }

  // Rows of one statement on data.db, beside the server.
  sql(text, file = path.join(this.state, 'data.db')) {
    const out = execFileSync('sqlite3', ['-json', '-cmd', '.timeout 5000', file, text], { encoding: 'utf8' });
    return out.trim() === '' ? [] : JSON.parse(out);
  }

  request(front, opts) { return request(this.ports[front], opts); }
  get(front, host, target, headers = {}) { return this.request(front, { host, path: target, headers }); }

  // Admin API with the node's key; body: object = JSON, Buffer = raw.
  api(method, target, body, { front = this.allFronts()[0], key = this.key, headers = {} } = {}) {
    const h = { ...headers };
    if (key) h.Authorization = `Bearer ${key}`;
    let bytes = body;
    if (body !== undefined && !Buffer.isBuffer(body) && typeof body !== 'string') {
      bytes = JSON.stringify(body);
      h['Content-Type'] ??= 'application/json';
    }
    if (bytes !== undefined) h['Content-Length'] = Buffer.byteLength(bytes);
    return this.request(front, { host: this.admin, method, path: target, headers: h, body: bytes });
  }

  // Deploy {path: content} or a folder as a zip; returns the answer.
  async deploy(site, files, query = '', opts = {}) {
    const zip = typeof files === 'string' ? zipFolder(files) : zipFiles(files);
    return this.api('POST', `/api/deploy?site_name=${site}${query}`, zip,
      { ...opts, headers: { 'Content-Type': 'application/zip', ...(opts.headers ?? {}) } });
  }

  async daemonStop(signal = 'SIGTERM') {
    this.daemon.kill(signal);
    return this.daemon.ended;
  }

  killAll() {
    for (const p of [this.daemon, this.caddy, this.nginx])
      if (p && p.exitCode === null && p.signalCode === null) p.kill(p === this.daemon ? 'SIGTERM' : 'SIGKILL');
    if (!this.keepDir) fs.rmSync(this.dir, { recursive: true, force: true });
  }

  async stop() {
    for (const p of [this.caddy, this.nginx]) if (p) {
      p.kill('SIGTERM');
      const hard = setTimeout(() => p.kill('SIGKILL'), 3000);
      await p.ended;
      clearTimeout(hard);
    }
    this.daemon.kill('SIGTERM');
    const how = await this.daemon.ended;
    running.delete(this);
    const log = this.log();
    if (!this.keepDir) fs.rmSync(this.dir, { recursive: true, force: true });
    if (/ERROR: (Address|Thread|Leak)Sanitizer|runtime error:/.test(log)) throw new Error(`sanitizer:\n${log}`);
    return { ...how, log };
  }
}

// A test on one node: the daemon must end by itself, with exit code 0 and nothing to
// complain about.  fn(node, part): part(name, fn) is one check.
export function onNode(name, opts, fn) {
  return test(name, async (t) => {
    const n = await Node.start(opts);
    let failed = true;
    try {
      await fn(n, async (what, check) => { await t.test(what, check); });
      failed = false;
    } finally {
      const how = await n.stop();
      if (!failed && (how.code !== 0 || how.signal))
        throw new Error(`the daemon ended with ${JSON.stringify({ code: how.code, signal: how.signal })}\n${how.log.slice(-2000)}`);
    }
  });
}

function tmp() { return fs.mkdtempSync(path.join(os.tmpdir(), 'fazt-zip-')); }

export function zipFolder(dir) {
  const t = tmp(), out = path.join(t, 'a.zip');
  execFileSync('zip', ['-qr', out, '.'], { cwd: dir });
  const bytes = fs.readFileSync(out);
  fs.rmSync(t, { recursive: true });
  return bytes;
}

export function writeTree(files) {
  const t = tmp();
  for (const [name, content] of Object.entries(files)) {
    const p = path.join(t, name);
    fs.mkdirSync(path.dirname(p), { recursive: true });
    fs.writeFileSync(p, content);
  }
  return t;
}

export function zipFiles(files) {
  const t = writeTree(files);
  const bytes = zipFolder(t);
  fs.rmSync(t, { recursive: true });
  return bytes;
}

export function tarFiles(files, flags = '-c') {
  const t = writeTree(files);
  const bytes = execFileSync('tar', [flags, '-C', t, '.'], { maxBuffer: 1 << 30 });
  fs.rmSync(t, { recursive: true });
  return bytes;
}
