// OpenID providers for the tests, over https on 127.0.0.1: the certified library
// oidc-provider with its own pages, and one of our own that does whatever a test wants wrong.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';

const b64 = (v) => Buffer.from(typeof v === 'string' || Buffer.isBuffer(v) ? v : JSON.stringify(v)).toString('base64url');

function listen(server, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, host, () => resolve(server.address().port));
  });
}

// tls: {key, cert} files.  clients: [{client_id, client_secret, redirect_uris}].  Any name and
// password sign in; the name is the subject and its e-mail address begins with it.
export async function startProvider(tls, clients) {
  const { default: Provider } = await import('oidc-provider');
  let handler;
  const server = https.createServer({ key: fs.readFileSync(tls.key), cert: fs.readFileSync(tls.cert) }, (rq, rs) => handler(rq, rs));
  const issuer = `https://localhost:${await listen(server)}`;
  const quiet = [console.info, console.warn];
  console.info = console.warn = () => {};	// it warns of what is meant for tests
  const provider = new Provider(issuer, {
    clients: clients.map((c) => ({ grant_types: ['authorization_code'], response_types: ['code'], ...c })),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    cookies: { keys: ['only for tests'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@op.test`, email_verified: true, name: `Name of ${id}`, picture: 'https://op.test/p.png' }) }),
  });
  handler = provider.callback();
  const errors = [];
  for (const e of ['server_error', 'authorization.error', 'grant.error', 'userinfo.error']) provider.on(e, (...args) => errors.push(`${e}: ${args.find((x) => x instanceof Error)}`));
  [console.info, console.warn] = quiet;
  return { issuer, errors, stop: () => { server.closeAllConnections(); server.close(); } };
}

// A provider with a real key and real checks of what we send; p.change bends one answer:
//	claims(c)	the ID token's claims	header(h)	its header	token(t)	the token answer
//	discovery(d)	the metadata		person(u)	userinfo	reply: {path: (rq, rs) => ...}
// Under /1, /2, ... of its address it is one more provider each.
export async function startHostile(tls, { clientId, secret }) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p = { change: {}, codes: new Map(), seen: [], complaints: [] };
  const apply = (name, v) => { const out = p.change[name]?.(v); return out === undefined ? v : out; };
  const sign = (header, claims) => {
    const text = `${b64(header)}.${b64(claims)}`;
    if (header.alg === 'none') return `${text}.`;
    if (header.alg === 'HS256') return `${text}.${crypto.createHmac('sha256', p.change.hmac ?? secret).update(text).digest('base64url')}`;
    return `${text}.${crypto.sign('sha256', Buffer.from(text), p.change.key ?? privateKey).toString('base64url')}`;
  };
  const complain = (what) => { p.complaints.push(what); };
  const token = (under, fields, authorization) => {
    const code = p.codes.get(fields.get('code'));
    if (!code) return { error: 'invalid_grant', error_description: 'EVILTEXT <b>no such code</b>' };
    p.codes.delete(fields.get('code'));
    const [id, pass] = authorization ? Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString().split(':').map(decodeURIComponent) : [fields.get('client_id'), fields.get('client_secret')];
    if (id !== clientId || pass !== secret) complain(`client ${id}`);
    if (fields.get('grant_type') !== 'authorization_code') complain('grant_type');
    if (fields.get('redirect_uri') !== code.redirect_uri) complain(`redirect_uri ${fields.get('redirect_uri')}`);
    const verifier = fields.get('code_verifier') ?? '';
    if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) complain('code_verifier');
    if (crypto.createHash('sha256').update(verifier).digest('base64url') !== code.code_challenge) complain('code_challenge');
    const now = Math.floor(Date.now() / 1000);
    const claims = apply('claims', { iss: p.issuer + under, sub: 'subject-1', aud: clientId, exp: now + 300, iat: now, nonce: code.nonce, email: 'victim@people.test', email_verified: true, name: 'EVILTEXT' });
    return apply('token', { access_token: 'at-1', token_type: 'Bearer', expires_in: 300, id_token: sign(apply('header', { alg: 'RS256', kid: 'k1', typ: 'JWT' }), claims) });
  };
  const server = https.createServer({ key: fs.readFileSync(tls.key), cert: fs.readFileSync(tls.cert) }, (rq, rs) => {
    const url = new URL(rq.url, p.issuer), [, under = '', at] = /^(\/\d+)?(\/.*)$/.exec(url.pathname), parts = [];
    rq.on('data', (d) => parts.push(d));
    rq.on('end', () => {
      const body = Buffer.concat(parts).toString();
      p.seen.push({ method: rq.method, path: at, headers: rq.headers, body });
      const own = p.change.reply?.[at];
      if (own) { own(rq, rs); return; }
      let answer, status = 200;
      if (at === '/.well-known/openid-configuration') answer = apply('discovery', p.metadata(p.issuer + under));
      else if (at === '/token') {
        answer = token(under, new URLSearchParams(body), rq.headers.authorization);
        if (answer.error) status = 400;
      } else if (at === '/userinfo') answer = apply('person', { sub: 'subject-1', email: 'victim@people.test', email_verified: true, name: 'EVILTEXT' });
      else if (at === '/jwks') answer = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] };
      else [status, answer] = [404, {}];
      rs.writeHead(status, { 'Content-Type': 'application/json' });
      rs.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
    rq.on('error', () => {});
    rs.on('error', () => {});
  });
  server.on('clientError', () => {});
  p.issuer = `https://localhost:${await listen(server)}`;
  p.metadata = (issuer) => ({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, userinfo_endpoint: `${issuer}/userinfo`, jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: p.change.rfc9207 ?? false });
  // What the authorization endpoint would do for a person who says yes.
  p.approve = (url) => {
    const q = url.searchParams, code = crypto.randomBytes(16).toString('base64url');
    for (const [k, v] of [['response_type', 'code'], ['client_id', clientId], ['code_challenge_method', 'S256']]) if (q.get(k) !== v) complain(`${k}=${q.get(k)}`);
    if (!q.get('scope')?.split(' ').includes('openid')) complain(`scope ${q.get('scope')}`);
    for (const k of ['state', 'nonce', 'code_challenge']) if ((q.get(k) ?? '').length < 22) complain(`${k}=${q.get(k)}`);
    p.codes.set(code, Object.fromEntries(q));
    return { code, state: q.get('state') };
  };
  p.stop = () => { server.closeAllConnections(); server.close(); };
  return p;
}
