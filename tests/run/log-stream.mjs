// An app's log, followed through every front server: what is written is heard, once, soon;
// a follower costs no thread, leaves when it leaves, and holds up no drain.
import assert from 'node:assert/strict';
import http from 'node:http';
import { onNode, domain, sleep, until } from '../lib/node.mjs';

// A follower; events as { id, event, data }.
async function follow(n, front, query, headers = {}) {
  const s = { events: [], comments: 0, text: '', ended: false, failed: null };
  s.rq = http.request({ host: '127.0.0.1', port: n.ports[front], path: `/api/logs/stream?${query}`, agent: false, setHost: false,
    headers: { Host: `admin.${domain}`, Authorization: `Bearer ${n.key}`, ...headers } });
  s.rq.on('error', (e) => { s.failed ??= e; });
  s.rs = await new Promise((resolve, reject) => { s.rq.on('response', resolve); s.rq.on('error', reject); s.rq.end(); });
  s.status = s.rs.statusCode;
  s.rs.on('data', (d) => {
    s.text += d;
    for (let cut = s.text.indexOf('\n\n'); cut >= 0; cut = s.text.indexOf('\n\n')) {
      const lines = s.text.slice(0, cut).split('\n');
      s.text = s.text.slice(cut + 2);
      if (lines.every((l) => l.startsWith(':'))) { s.comments++; continue; }
      const e = {};
      for (const l of lines) e[l.slice(0, l.indexOf(':'))] = l.slice(l.indexOf(':') + 2);
      e.data = JSON.parse(e.data);
      s.events.push(e);
    }
  });
  s.rs.on('end', () => { s.ended = true; });
  s.rs.on('error', (e) => { s.failed ??= e; });
  s.logs = () => s.events.filter((e) => e.event === 'log').map((e) => e.data.message);
  s.stop = () => s.rq.destroy();
  return s;
}

const streams = async (n) => Number(/^fazt_log_streams (\d+)$/m.exec((await n.api('GET', '/metrics')).text)[1]);

const main = `
if (request.query.many) { for (var i = 0; i < 50; i++) console.log('line ' + i); }
if (request.query.say) console[request.query.level || 'log'](request.query.say);
respond({ ok: true });
`;

await onNode('log-stream', { conf: '[server]\nworkers = 3\n' }, async (n, part) => {
  for (const site of ['blog', 'shop']) assert.equal((await n.deploy(site, { 'index.html': 'I', 'api/main.js': main })).status, 200);
  const say = async (site, text, level = '') => {
    const rs = await n.get('nginx', `${site}.${domain}`, `/api/x?say=${encodeURIComponent(text)}&level=${level}`);
    assert.equal(rs.status, 200, rs.text);
  };

  const through = async (front) => {
    const s = await follow(n, front, 'site_id=blog');
    assert.equal(s.status, 200);
    assert.equal(s.rs.headers['content-type'], 'text/event-stream');
    await until(() => s.events.length === 1, 3000, 'the greeting');
    assert.equal(s.events[0].event, 'connected');
    assert.deepEqual(s.events[0].data, { site_id: 'blog' });
    for (let i = 0; i < 3; i++) {
      const began = Date.now();
      await say('blog', `${front} says\n${i} 😀`, 'error');
      await until(() => s.logs().length === i + 1, 3000, 'the line');
      assert.ok(Date.now() - began < 2500, `${Date.now() - began} ms`);
    }
    await say('shop', 'not for you');
    await sleep(700);
    const e = s.events[1].data;
    assert.deepEqual(s.logs(), [0, 1, 2].map((i) => `${front} says\n${i} 😀`));
    assert.equal(e.site_id, 'blog');
    assert.equal(e.level, 'error');
    assert.equal(e.file, 'api/main.js');
    assert.equal(e.line, 3);
    assert.match(e.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(s.events[1].id, /^\d+\.\d+$/);
    // Coming back: exactly what was missed.
    s.stop();
    await say('blog', 'while away');
    await say('blog', 'and again');
    await sleep(300);
    const again = await follow(n, front, 'site_id=blog', { 'Last-Event-ID': s.events[2].id });
    await until(() => again.logs().length >= 3, 3000, 'what was missed');
    assert.deepEqual(again.logs(), [`${front} says\n2 😀`, 'while away', 'and again']);
    again.stop();
  };

  for (const f of ['nginx', 'scgi']) await part(`through ${f}`, () => through(f));

  await part('filters and requests', async () => {
    const all = await follow(n, 'scgi', 'site_id=all&level=warn&requests=true');
    const some = await follow(n, 'nginx', 'site_id=blog&q=PEAR');
    await say('blog', 'a pear');
    await say('shop', 'a pear', 'warn');
    await until(() => all.logs().length === 1 && some.logs().length === 1, 3000, 'the lines');
    await until(() => all.events.filter((e) => e.event === 'request').length === 2, 3000, 'the requests');
    assert.deepEqual(some.logs(), ['a pear']);
    assert.equal(all.events.find((e) => e.event === 'log').data.site_id, 'shop');
    const rq = all.events.find((e) => e.event === 'request').data;
    assert.equal(rq.path, '/api/x');
    assert.equal(rq.status, 200);
    assert.ok(rq.cpu_ms > 0 && rq.ms >= 0);
    assert.equal(some.events.filter((e) => e.event === 'request').length, 0);
    all.stop();
    some.stop();
  });

  await part('a burst arrives whole and in order', async () => {
    const s = await follow(n, 'nginx', 'site_id=shop');
    for (let i = 0; i < 4; i++) assert.equal((await n.get('nginx', `shop.${domain}`, '/api/x?many=1')).status, 200);
    await until(() => s.logs().length === 200, 5000, 'all lines');
    assert.deepEqual(s.logs(), Array.from({ length: 200 }, (_, i) => `line ${i % 50}`));
    const ids = s.events.filter((e) => e.event === 'log').map((e) => e.data.id);
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
    s.stop();
  });

  await part('sixty-four followers on three threads, and no more', async () => {
    await until(async () => (await streams(n)) === 0, 5000, 'the former ones to be gone');
    const many = [];
    for (let i = 0; i < 64; i++) many.push(await follow(n, ['nginx', 'scgi'][i % 2], 'site_id=blog'));
    const over = await n.api('GET', '/api/logs/stream?site_id=blog');
    assert.equal(over.status, 503);
    assert.equal(over.json.error.code, 'OVERLOADED');
    assert.equal(over.headers['retry-after'], '1');
    const began = Date.now();
    for (let i = 0; i < 30; i++) assert.equal((await n.get('nginx', `blog.${domain}`, '/')).status, 200);
    assert.ok(Date.now() - began < 6000, `${Date.now() - began} ms for 30 files`);
    assert.equal(n.status().workers.busy <= 1, true);
    await say('blog', 'to everybody');
    await until(() => many.every((s) => s.logs().length === 1), 5000, 'everybody to hear');
    for (const s of many.slice(0, 32)) s.stop();
    await until(async () => (await streams(n)) === 32, 5000, 'half to be gone');
    for (const s of many) s.stop();
    await until(async () => (await streams(n)) === 0, 5000, 'all to be gone');
  });

  await part('a comment now and then', async () => {
    const s = await follow(n, 'nginx', 'site_id=blog');
    await until(() => s.comments > 0, 20000, 'a comment');
    assert.equal(s.failed, null);
    s.stop();
  });

  await part('keys', async () => {
    for (const [target, key, status] of [
      ['/api/logs/stream?site_id=blog', null, 401], ['/api/logs/stream?site_id=blog', n.newKey('stats.read'), 403],
      ['/api/logs/stream?site_id=shop', n.newKey('logs.read:blog'), 403], ['/api/logs/stream?site_id=all', n.newKey('logs.read:blog'), 403],
      ['/api/logs/stream', n.key, 400], ['/api/logs/stream?site_id=nobody', n.key, 404], ['/api/logs?site_id=blog', n.newKey('logs.read:blog'), 200],
      ['/api/requests', null, 401]])
      assert.equal((await n.api('GET', target, undefined, { key })).status, status, target);
  });

  // Last: Caddy tells that a reader is gone only after a minute of comments.
  await part('through caddy', () => through('caddy'));

  await part('a drain ends it', async () => {
    const s = [];
    for (const f of n.allFronts()) s.push(await follow(n, f, 'site_id=blog'));
    await until(() => s.every((x) => x.events.length === 1), 3000, 'the greetings');
    const began = Date.now();
    n.daemon.kill('SIGTERM');
    const how = await n.daemon.ended;
    assert.equal(how.code, 0);
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    assert.match(n.log(), /"msg":"stopped","cut":"none"/);
    await until(() => s.every((x) => x.ended), 3000, 'the ends');
    assert.ok(s.every((x) => x.failed === null));
    n.daemonStart();
    await until(async () => (await n.get('nginx', `blog.${domain}`, '/')).status === 200, 10000, 'the next process');
  });
});
