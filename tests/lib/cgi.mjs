// The front server's side of FastCGI and SCGI by hand, for what real front servers never
// send: wrong lengths, forged records, kept connections with something left over.
import net from 'node:net';

export const FCGI = { BEGIN: 1, ABORT: 2, END: 3, PARAMS: 4, STDIN: 5, STDOUT: 6 };

export function record(type, content = Buffer.alloc(0), id = 1) {
  const head = Buffer.from([1, type, id >> 8, id & 255, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

function length(n) {
  return n < 128 ? Buffer.from([n]) : Buffer.from([0x80 | (n >> 24), (n >> 16) & 255, (n >> 8) & 255, n & 255]);
}

export function pairs(params) {
  return Buffer.concat(Object.entries(params).flatMap(([k, v]) => {
    const name = Buffer.from(k), value = Buffer.from(String(v));
    return [length(name.length), length(value.length), name, value];
  }));
}

export function cgiParams(method, host, target, more = {}) {
  return { REQUEST_METHOD: method, REQUEST_URI: target, SERVER_PROTOCOL: 'HTTP/1.1', REMOTE_ADDR: '127.0.0.1',
    REQUEST_SCHEME: 'http', HTTP_HOST: host, ...more };
}

export function fcgiRequest(params, body = Buffer.alloc(0), { keep = false } = {}) {
  const parts = [record(FCGI.BEGIN, Buffer.from([0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0])),
    record(FCGI.PARAMS, pairs(params)), record(FCGI.PARAMS)];
  for (let at = 0; at < body.length; at += 32768) parts.push(record(FCGI.STDIN, body.subarray(at, at + 32768)));
  return Buffer.concat([...parts, record(FCGI.STDIN)]);
}

export function scgiRequest(params, body = Buffer.alloc(0)) {
  const { CONTENT_LENGTH = String(body.length), ...rest } = params;
  const head = Buffer.from(Object.entries({ CONTENT_LENGTH, SCGI: '1', ...rest }).map(([k, v]) => `${k}\0${v}\0`).join(''));
  return Buffer.concat([Buffer.from(`${head.length}:`), head, Buffer.from(','), body]);
}

// Send bytes to a unix socket, collect what comes until it closes, `until` says so or time is up.
export function exchange(path, bytes, { end = false, timeout = 3000, until = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const s = net.connect(path);
    let got = Buffer.alloc(0);
    const done = (closed) => { clearTimeout(timer); s.destroy(); resolve({ bytes: got, closed }); };
    const timer = setTimeout(() => done(false), timeout);
    s.on('connect', () => (end ? s.end(bytes) : s.write(bytes)));
    s.on('data', (d) => { got = Buffer.concat([got, d]); if (until(got)) done(false); });
    s.on('close', () => done(true));
    s.on('error', (e) => (got.length || e.code !== 'ENOENT' ? done(true) : reject(e)));
  });
}

// Answers in a stream of FastCGI records: [{status, text}] in order.
export function fcgiAnswers(bytes) {
  const out = [];
  let text = '';
  for (let at = 0; at + 8 <= bytes.length;) {
    const type = bytes[at + 1], n = bytes.readUInt16BE(at + 4), pad = bytes[at + 6];
    if (type === FCGI.STDOUT) text += bytes.subarray(at + 8, at + 8 + n).toString('latin1');
    if (type === FCGI.END) { out.push(cgiAnswer(text)); text = ''; }
    at += 8 + n + pad;
  }
  return out;
}

export function cgiAnswer(text) {
  const m = /^Status: (\d+)/m.exec(text);
  return { status: m ? Number(m[1]) : 0, head: text.split('\r\n\r\n')[0], text: text.slice(text.indexOf('\r\n\r\n') + 4) };
}
