// Lengths and bodies: what is announced, what comes, what is refused, and what a client can
// hide in a body that nobody reads.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { onNode, raw, request, domain, until, sleep, zipFolder, writeTree } from '../lib/node.mjs';
import { cgiParams, cgiAnswer, exchange, fcgiAnswers, fcgiRequest, pairs, record, scgiRequest, FCGI } from '../lib/cgi.mjs';

const admin = `admin.${domain}`;
const sha = (b) => crypto.createHash('sha256').update(b).digest('hex');
const chunked = (b, size = 65536) => Readable.from((function* () {
  for (let at = 0; at < b.length; at += size) yield b.subarray(at, at + size);
})());

await onNode('bodies', { conf: '[log]\naccess = all\n' }, async (n, part) => {
  assert.equal((await n.deploy('f', { 'index.html': 'F', 'file.txt': 'before' })).status, 200);
  const file = async () => (await n.get(n.allFronts()[0], `f.${domain}`, '/file.txt')).text;
  const post = (front, headers, body, target = '/api/echo') => raw(n.ports[front], Buffer.concat([
    Buffer.from(`POST ${target} HTTP/1.1\r\nHost: ${admin}\r\n${headers}Connection: close\r\n\r\n`), Buffer.from(body)]));

  await part('every way to send a body arrives whole', async () => {
    const b = crypto.randomBytes(300000);
    for (const front of n.allFronts())
      for (const size of [0, 1, 7, 8191, 8192, 8193, 65535, 65536, 65537, 300000]) {
        const body = b.subarray(0, size), opts = { host: admin, path: '/api/echo', method: 'POST' };
        const whole = await n.request(front, { ...opts, body, headers: { 'Content-Length': size } });
        assert.deepEqual([whole.status, whole.json.data.received], [200, size], `${front} ${size} length`);
        const parts = await n.request(front, { ...opts, body: chunked(body, 1000), headers: { 'Transfer-Encoding': 'chunked' } });
        assert.deepEqual([parts.status, parts.json.data.received], [200, size], `${front} ${size} chunked`);
        assert.ok([size, -1, 0].includes(parts.json.data.announced));
      }
  });

  await part('lengths that lie', async () => {
    for (const front of n.allFronts()) {
      for (const bad of ['Content-Length: 99999999999999999999\r\n', 'Content-Length: -1\r\n', 'Content-Length: 5x\r\n', 'Content-Length: 0x5\r\n',
        'Content-Length: 5\r\nContent-Length: 6\r\n', 'Content-Length: 5, 6\r\n', 'Transfer-Encoding: gzip\r\n', 'Transfer-Encoding: chunked, gzip\r\n']) {
        const rs = await post(front, bad, '12345');
        assert.ok([400, 413, 501].includes(rs.status), `${front} ${bad}: ${rs.status}`);
      }
      // length and chunked: chunked wins or the whole is refused, never a second request
      const both = await post(front, 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.ok(both.status === 400 || (both.status === 200 && JSON.parse(both.text).data.received === 3), `${front}: ${both.status}`);
      const shorter = await post(front, 'Content-Length: 3\r\n', '12345');
      assert.deepEqual([shorter.status, JSON.parse(shorter.text).data.received], [200, 3]);
    }
    assert.ok(!n.log().includes('smuggled'));
  });

  await part('a client that goes away in the middle changes nothing', async () => {
    for (const front of n.allFronts())
      for (const [length, sent] of [[10, 5], [200000, 100000], [200000, 0], [2000000, 1999999]]) {
        const s = net.connect(n.ports[front], '127.0.0.1');
        s.on('error', () => {});
        s.write(`PUT /api/apps/f/files/file.txt HTTP/1.1\r\nHost: ${admin}\r\nAuthorization: Bearer ${n.key}\r\nContent-Length: ${length}\r\n\r\n`);
        s.write(Buffer.alloc(sent, 'z'));
        await sleep(60);
        s.destroy();
      }
    await until(() => n.status().queue.parked === 0 && n.status().workers.busy === 0, 5000, 'nothing left over');
    assert.equal(await file(), 'before');
    assert.equal(n.sql('SELECT count(*) c FROM version')[0].c, 1);
    assert.deepEqual(fs.readdirSync(path.join(n.state, 'tmp')), []);
  });

  await part('50 MB archives, with a length and without', async () => {
    const bytes = crypto.randomBytes(50 << 20), dir = writeTree({ 'index.html': 'big', 'big.bin': bytes });
    const zip = zipFolder(dir);
    fs.rmSync(dir, { recursive: true });
    for (const front of n.allFronts())
      for (const how of ['length', 'chunked']) {
        const headers = { Authorization: `Bearer ${n.key}`, 'Content-Type': 'application/zip',
          ...(how === 'length' ? { 'Content-Length': zip.length } : { 'Transfer-Encoding': 'chunked' }) };
        const rs = await n.request(front, { host: admin, method: 'POST', path: `/api/deploy?site_name=${front}-${how}`, headers,
          body: how === 'length' ? zip : chunked(zip) });
        assert.equal(rs.status, 200, `${front} ${how}: ${rs.text}`);
        const got = await n.get(front, `${front}-${how}.${domain}`, '/big.bin');
        assert.equal(sha(got.bytes), sha(bytes), `${front} ${how}`);
      }
    await until(() => fs.readdirSync(path.join(n.state, 'tmp')).length === 0, 3000, 'an empty tmp');
  });

  await part('413, announced or not', async () => {
    const body = Buffer.alloc(2 << 20, 'x');
    for (const front of n.allFronts()) {
      const opts = { host: admin, path: '/api/echo', method: 'POST' };
      for (const [how, rs] of [['length', await n.request(front, { ...opts, body, headers: { 'Content-Length': body.length } })],
        ['chunked', await n.request(front, { ...opts, body: chunked(body), headers: { 'Transfer-Encoding': 'chunked' } })]]) {
        assert.equal(rs.status, 413, `${front} ${how}`);
        assert.equal(rs.json.error.code, 'PAYLOAD_TOO_LARGE');
        assert.equal(rs.json.error.details.limit, 1 << 20);
      }
    }
  });

  await part('without a key nothing is kept of 50 MB', async () => {
    const body = Buffer.alloc(50 << 20, 'x'), before = n.status().database.bytes;
    for (const front of n.allFronts())
      for (const headers of [{ 'Content-Length': body.length }, { 'Transfer-Encoding': 'chunked' }]) {
        const rs = await n.request(front, { host: admin, method: 'POST', path: '/api/deploy?site_name=no', body: headers['Content-Length'] ? body : chunked(body),
          headers: { ...headers, 'Content-Type': 'application/zip' } });
        assert.equal(rs.status, 401, front);
      }
    assert.ok(n.status().database.bytes <= before + 65536);
    assert.deepEqual(fs.readdirSync(path.join(n.state, 'tmp')), []);
  });

  await part('JSON bodies', async () => {
    const send = (text, type = 'application/json') => n.api('POST', '/api/apps', Buffer.from(text), { headers: { 'Content-Type': type } });
    const code = async (...a) => { const rs = await send(...a); return `${rs.status} ${rs.json.error?.code}`; };
    assert.equal(await code('{"title":"x"'), '400 INVALID_JSON');
    assert.equal(await code('{"title":"x","title":"y"}'), '400 INVALID_JSON');
    assert.equal(await code('['.repeat(70) + ']'.repeat(70)), '400 INVALID_JSON');
    assert.equal(await code('[]'), '400 INVALID_JSON');
    assert.equal(await code('{"title":"\xff"}'.replace('\xff', '\\ud800')), '400 INVALID_JSON');
    assert.equal(await code('title=x', 'application/x-www-form-urlencoded'), '415 UNSUPPORTED_MEDIA_TYPE');
    assert.equal(await code('{}'), '400 MISSING_FIELD');
    assert.equal(await code('', 'text/plain'), '400 MISSING_FIELD');
    assert.equal(await code('{"title":7}'), '400 VALIDATION_FAILED');
  });

  await part('a body on GET is nobody\'s second request', async () => {
    // A kept FastCGI connection is the one place where a rest of a body could be read as a request.
    for (const front of n.allFronts())
      for (const size of [5, 20000, 70000, 300000]) {
        const rs = await n.request(front, { host: admin, path: '/openapi.json', body: Buffer.alloc(size, 'y'), headers: { 'Content-Length': size } });
        assert.ok([200, 413].includes(rs.status), `${front} ${size}: ${rs.status}`);
        assert.equal((await n.get(front, admin, '/api/echo')).json.data.received, 0);
      }
    const forged = fcgiRequest(cgiParams('GET', admin, '/smuggled', { FAZT_INTERNAL: '1' }), undefined, { keep: true });
    const targets = [[admin, '/api/nope'], [admin, '/openapi.json'], [admin, '/api/apps'], [`f.${domain}`, '/'], [`f.${domain}`, '/nope'], ['evil.test', '/']];
    for (const [host, target] of targets)
      for (let align = 0; align < 16; align++)
        for (const method of ['GET', 'POST']) {
          const body = Buffer.concat([Buffer.alloc(align), Buffer.alloc(Math.floor(8192 / 8) * 8 * 2, 'q').fill(forged), Buffer.alloc(4000, 1)]);
          const rs = await n.request('nginx', { host, path: target, method, body, headers: { 'Content-Length': body.length } });
          assert.ok(rs.status >= 200 && rs.status < 500, `${target} ${align}: ${rs.status}`);
        }
    assert.ok(!n.log().includes('smuggled'), 'a forged request ran');
  });

  await part('FastCGI lengths', async () => {
    const sock = path.join(n.run, 'fcgi.sock');
    const ask = async (more, body, opts) => fcgiAnswers((await exchange(sock, fcgiRequest(cgiParams('POST', admin, '/api/echo', more), body, opts))).bytes);
    const five = Buffer.from('12345');
    for (const [length, want] of [[undefined, 200], ['', 200], ['-1', 200], ['5', 200], ['3', 400], ['7', 400], ['-2', 400], ['+5', 400], ['5 ', 400], ['0x5', 400],
      ['99999999999999999999', 400], ['18446744073709551615', 400], ['9223372036854775807', 413]]) {
      const [rs] = await ask(length === undefined ? {} : { CONTENT_LENGTH: length }, five);
      assert.equal(rs?.status, want, `CONTENT_LENGTH ${length}`);
      if (want === 200) assert.equal(JSON.parse(rs.text).data.received, 5);
    }
    assert.equal((await ask({ CONTENT_LENGTH: '5', HTTP_CONTENT_LENGTH: '3', HTTP_CONTENT_TYPE: 'x/y' }, five))[0].status, 200);
  });

  await part('a kept FastCGI connection stays in step or ends', async () => {
    const sock = path.join(n.run, 'fcgi.sock');
    const second = fcgiRequest(cgiParams('GET', admin, '/healthz'));
    for (const [target, size] of [['/api/nope', 200000], ['/api/nope', 1000], ['/api/apps', 100000], ['/api/echo', 3000000], ['/api/echo', 1000]]) {
      const first = fcgiRequest(cgiParams('POST', admin, target, { CONTENT_LENGTH: String(size) }), Buffer.alloc(size).fill(second), { keep: true });
      const { bytes, closed } = await exchange(sock, Buffer.concat([first, second]), { timeout: 2000, until: (b) => fcgiAnswers(b).length >= 2 });
      const answers = fcgiAnswers(bytes);
      assert.ok(answers.length === 2 || (answers.length === 1 && closed), `${target} ${size}: ${answers.length} answers`);
      if (answers.length === 2) assert.equal(answers[1].text.trim(), 'ok');
    }
  });

  await part('broken FastCGI and SCGI leave the server alone', async () => {
    const fcgi = path.join(n.run, 'fcgi.sock'), scgi = path.join(n.run, 'scgi.sock');
    const begin = record(FCGI.BEGIN, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0]));
    const values = (names) => record(9, pairs(Object.fromEntries(names.map((x) => [x, '']))), 0);
    const evil = [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64), Buffer.alloc(64, 255), record(FCGI.STDIN, Buffer.alloc(10)), record(FCGI.PARAMS, Buffer.alloc(10)),
      Buffer.concat([begin, begin]), Buffer.concat([begin, record(FCGI.PARAMS, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 65])), record(FCGI.PARAMS)]),
      Buffer.concat([begin, record(FCGI.PARAMS, Buffer.from([0x7f, 0x7f])), record(FCGI.PARAMS)]),
      Buffer.concat([begin, record(FCGI.ABORT)]), record(FCGI.BEGIN, Buffer.from([0, 9, 0, 0, 0, 0, 0, 0])), Buffer.concat(Array(40).fill(values(['FCGI_MPXS_CONNS']))),
      record(9, Buffer.concat(Array(60).fill(pairs({ FCGI_MAX_CONNS: '' }))), 0), record(77, Buffer.alloc(20)),
      Buffer.concat([begin, ...Array(40).fill(record(FCGI.PARAMS, pairs({ HTTP_X: 'y'.repeat(30000) })))]),
      Buffer.concat([begin, record(FCGI.PARAMS, Buffer.concat(Array(2000).fill(pairs({ A: 'b' })))), record(FCGI.PARAMS), record(FCGI.STDIN)])];
    for (const bytes of evil) await exchange(fcgi, bytes, { end: true, timeout: 1000 });
    for (const text of ['', ':', '5:', '0:,', '-5:abcde,', '99999999999:', '999999:', '70000:' + 'a'.repeat(71000), '4:a\0b\0,', '5:a\0b\0c,', '4:abcd,', '24:CONTENT_LENGTH\x0027\0SCGI\x001\0,',
      '24:CONTENT_LENGTH\0x7\0SCGI\x001\0,', '3:a\0b,,,,', 'GET / HTTP/1.0\r\n\r\n'])
      await exchange(scgi, Buffer.from(text, 'latin1'), { end: true, timeout: 1000 });
    const good = await exchange(scgi, scgiRequest(cgiParams('POST', admin, '/api/echo'), Buffer.from('abc')), { timeout: 2000 });
    assert.match(good.bytes.toString(), /"received":3/);
    assert.equal(cgiAnswer(good.bytes.toString()).status, 200);
    assert.equal((await n.get('nginx', admin, '/healthz')).status, 200);
    assert.equal(n.daemon.exitCode, null);
  });
});
