// A browser without a screen: its own address, a cookie jar that keeps to the rules of
// RFC 6265bis, and the headers of a page of the host itself.  It speaks SCGI with the
// daemon, so that tests say what the client's address is.
import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { cgiParams, scgiRequest } from './cgi.mjs';
import { domain } from './node.mjs';

let addresses = 0;

// An address no test had before: limits count by client.
export function freshAddress() {
  addresses++;
  return `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

function parse(bytes) {
  const cut = bytes.indexOf('\r\n\r\n');
  const rs = { status: 0, headers: {}, setCookie: [], bytes: Buffer.alloc(0), text: '', get json() { return JSON.parse(this.text); },
    get code() { try { return `${this.status} ${this.json.error.code ?? this.json.code}`; } catch { return `${this.status} -`; } } };
  if (cut < 0) return rs;
  for (const line of bytes.subarray(0, cut).toString('latin1').split('\r\n')) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase(), value = line.slice(line.indexOf(':') + 1).trim();
    if (name === 'set-cookie') rs.setCookie.push(value);
    rs.headers[name] = value;
  }
  rs.status = Number.parseInt(rs.headers.status, 10);
  rs.bytes = bytes.subarray(cut + 4);
  rs.text = rs.bytes.toString();
  return rs;
}

export class Visitor {
  constructor(node, { ip = freshAddress(), agent = 'test' } = {}) {
    Object.assign(this, { node, ip, agent, jar: new Map() });
  }

  // The same person in another browser, at the same address.
  another() { return new Visitor(this.node, { ip: this.ip, agent: this.agent }); }

  cookies(host) { return this.jar.get(host) ?? new Map(); }

  keep(host, lines) {
    const jar = this.cookies(host);
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((x) => x.trim());
      const name = pair.slice(0, pair.indexOf('=')), has = (a) => attributes.some((x) => x.toLowerCase() === a);
      if (name.startsWith('__Host-')) {
        assert.ok(has('secure') && has('path=/') && !attributes.some((a) => /^domain/i.test(a)), `a browser refuses ${line}`);
        assert.ok(has('httponly'), line);
      }
      const age = attributes.map((a) => /^max-age=(-?\d+)$/i.exec(a)).find(Boolean);
      if (age && Number(age[1]) <= 0) jar.delete(name);
      else jar.set(name, pair.slice(pair.indexOf('=') + 1));
    }
    this.jar.set(host, jar);
  }

  // site: Sec-Fetch-Site, null = a program that sends none.  cookie: instead of the jar's.
  async request(method, host, target, { json, form, body, type, headers = {}, site = 'same-origin', cookie, cgi = {}, timeout = 30000 } = {}) {
    const params = cgiParams(method, host, target, { REMOTE_ADDR: this.ip, REQUEST_SCHEME: 'https', HTTPS: 'on', HTTP_USER_AGENT: this.agent });
    if (json !== undefined) [body, type] = [JSON.stringify(json), 'application/json'];
    if (form !== undefined) [body, type] = [new URLSearchParams(form).toString(), 'application/x-www-form-urlencoded'];
    if (type) params.CONTENT_TYPE = type;
    if (site) params.HTTP_SEC_FETCH_SITE = site;
    const kept = cookie ?? [...this.cookies(host)].map(([k, v]) => `${k}=${v}`).join('; ');
    if (kept.length) params.HTTP_COOKIE = kept;
    for (const [k, v] of Object.entries(headers)) params[`HTTP_${k.toUpperCase().replaceAll('-', '_')}`] = v;
    const rs = parse(await this.exchange(scgiRequest({ ...params, ...cgi }, Buffer.from(body ?? '')), timeout));
    this.keep(host, rs.setCookie);
    return rs;
  }

  exchange(bytes, timeout) {
    return new Promise((resolve, reject) => {
      const s = net.connect(path.join(this.node.run, 'scgi.sock')), parts = [];
      const timer = setTimeout(() => { s.destroy(); reject(new Error(`no answer in ${timeout} ms`)); }, timeout);
      s.on('connect', () => s.write(bytes));
      s.on('data', (d) => parts.push(d));
      s.on('error', () => {});
      s.on('close', () => { clearTimeout(timer); resolve(Buffer.concat(parts)); });
    });
  }

  get(host, target, o) { return this.request('GET', host, target, o); }
  post(host, target, json, o) { return this.request('POST', host, target, { json: json ?? {}, ...o }); }
  del(host, target, o) { return this.request('DELETE', host, target, o); }

  // Follow redirects as a person who clicked a link; the last answer, with where it was.
  async follow(host, target, { accept = 'text/html', hops = 12, ...o } = {}) {
    const seen = [];
    for (let site = 'none'; hops > 0; hops--) {
      const rs = await this.get(host, target, { ...o, site, headers: { Accept: accept, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-User': '?1', ...o.headers } });
      seen.push(`${host}${target} ${rs.status}`);
      Object.assign(rs, { host, target, seen });
      // A page that goes on by itself is one more redirect.
      const on = /<meta http-equiv="refresh" content="0; url=([^"]*)">/.exec(rs.text)?.[1].replaceAll('&amp;', '&');
      if (![301, 302, 303, 307, 308].includes(rs.status) && !on) return rs;
      const next = new URL(on ?? rs.headers.location, `https://${host}${target}`);
      if (!next.hostname.endsWith(domain)) return Object.assign(rs, { away: next });	// to a provider
      [host, target] = [next.hostname, next.pathname + next.search];
      site = 'same-site';
    }
    throw new Error(`redirects without end: ${seen.join(' > ')}`);
  }

  // With a password on the admin host (or the sign-in host).
  async login(who, { host = this.node.admin, remember = false } = {}) {
    return this.post(host, '/auth/login', { username: who.username ?? who.email, password: who.password, remember_me: remember });
  }

  // Onto an app's host: what a person with an sso session sees is one chain of redirects.
  async enter(host, target = '/') {
    const rs = await this.follow(host, `/auth/login?redirect=${encodeURIComponent(target)}`);
    assert.ok(this.cookies(host).has('__Host-fazt'), `no session on ${host}: ${rs.seen.join(' > ')}`);
    return rs;
  }
}

// A new account by an invite of the node's key: {email, password, role, id}.
let people = 0;
export async function invite(node, { role = 'user', email = `${role}${++people}@people.test`, password = 'a long enough password', name = role } = {}) {
  const key = { Authorization: `Bearer ${node.key}` }, v = new Visitor(node);
  const made = await v.post(node.admin, '/api/invites', { role }, { headers: key, site: null });
  assert.equal(made.status, 201, made.text);
  const used = await v.post(node.auth, `/auth/invite/${made.json.data.code}`, { email, password, name });
  assert.equal(used.status, 201, used.text);
  return { email, password, role, name, id: used.json.data.user.id };
}

export async function signedIn(node, who, o) {
  const v = new Visitor(node), rs = await v.login(who, o);
  assert.equal(rs.status, 200, `${who.email ?? who.username}: ${rs.text}`);
  return v;
}
