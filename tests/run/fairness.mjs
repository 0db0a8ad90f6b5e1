// An app of endless loops under fifty clients: its neighbours' scripts and everybody's files
// are about as fast as before.  Fails for gross unfairness only; the figures are printed.
import assert from 'node:assert/strict';
import http from 'node:http';
import { onNode, domain, sanitized, sleep } from '../lib/node.mjs';

const FACTOR = 10, FLOOR_MS = sanitized ? 3000 : 500;

// Latencies of requests one after the other, ms, sorted.
async function watch(n, host, target, agent, ms) {
  const v = [], end = Date.now() + ms;
  while (Date.now() < end) {
    const began = performance.now();
    const rs = await n.request('nginx', { host, path: target, agent });
    assert.equal(rs.status, 200, `${host}${target}: ${rs.status} ${rs.text.slice(0, 200)}`);
    v.push(performance.now() - began);
    await sleep(10);
  }
  return v.sort((a, b) => a - b);
}

const at = (v, q) => v[Math.min(v.length - 1, Math.floor(v.length * q))];
const show = (what, v) => console.log(`# ${what}: n ${v.length} p50 ${at(v, 0.5).toFixed(2)} p95 ${at(v, 0.95).toFixed(2)} p99 ${at(v, 0.99).toFixed(2)} max ${v[v.length - 1].toFixed(2)} ms`);

await onNode('fairness', { fronts: ['nginx'], conf: 'app_queue = 32\n' }, async (n, part) => {
  assert.equal((await n.deploy('loop', { 'index.html': 'L', 'api/main.js': 'while (true) {}' })).status, 200);
  assert.equal((await n.deploy('calm', { 'index.html': 'C', 'api/main.js': 'var s = 0; for (var i = 0; i < 2000; i++) s += i; respond({ s: s })' })).status, 200);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
  const both = async (ms) => Promise.all([watch(n, `calm.${domain}`, '/api/x', agent, ms), watch(n, `calm.${domain}`, '/', agent, ms)]);
  await both(500);
  const quiet = await both(3000);

  await part('beside endless loops', async () => {
    let going = true;
    const seen = {};
    const clients = Array.from({ length: 50 }, async () => {
      while (going) {
        const rs = await n.request('nginx', { host: `loop.${domain}`, path: '/api/x', agent });
        seen[rs.status] = (seen[rs.status] ?? 0) + 1;
        assert.ok([429, 503, 504].includes(rs.status), `${rs.status} ${rs.text}`);
        assert.ok(rs.json.code && rs.json.id, rs.text);
        if (rs.status !== 504) {
          assert.ok(Number(rs.headers['retry-after']) >= 1);
          await sleep(200);
        }
      }
    });
    await sleep(1000);
    const during = await both(6000);
    going = false;
    await Promise.all(clients);
    console.log(`# loops were answered ${JSON.stringify(seen)}`);
    for (const [i, what] of ['script of another app', 'file'].entries()) {
      show(`${what}, quiet`, quiet[i]);
      show(`${what}, beside loops`, during[i]);
      console.log(`# ${what}: p99 ${(at(during[i], 0.99) / at(quiet[i], 0.99)).toFixed(2)}x, p50 ${(at(during[i], 0.5) / at(quiet[i], 0.5)).toFixed(2)}x`);
      assert.ok(at(during[i], 0.99) < Math.max(at(quiet[i], 0.99) * FACTOR, FLOOR_MS), `${what}: too slow`);
      assert.ok(during[i].length > 20, `${what}: only ${during[i].length} answers`);
    }
    assert.ok(seen[504] > 0, 'no loop ran');
    assert.ok(seen[503] > 0, 'nobody was told to come again');
  });

  await part('more than the budget', async () => {
    assert.equal((await n.api('PUT', '/api/apps/calm/quotas', { requests_per_s: 5 })).status, 200);
    const all = await Promise.all(Array.from({ length: 40 }, () => n.get('nginx', `calm.${domain}`, '/api/x')));
    const refused = all.filter((rs) => rs.status === 429);
    assert.ok(refused.length >= 20, `${refused.length} refused`);
    assert.equal(refused.length + all.filter((rs) => rs.status === 200).length, 40);
    assert.equal(refused[0].json.code, 'QUOTA_EXCEEDED');
    assert.equal(refused[0].headers['retry-after'], '1');
    assert.equal(refused[0].headers['content-type'], 'application/json');
    // Files are no scripts.
    for (let i = 0; i < 20; i++) assert.equal((await n.get('nginx', `calm.${domain}`, '/')).status, 200);
    assert.equal((await n.api('PUT', '/api/apps/calm/quotas', { requests_per_s: null, cpu_ms_per_min: 1 })).status, 200);
    let last;
    for (let i = 0; i < 200 && last?.status !== 429; i++) last = await n.get('nginx', `calm.${domain}`, '/api/x');
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers['retry-after']) >= 1);
    assert.equal((await n.api('PUT', '/api/apps/calm/quotas', { cpu_ms_per_min: null })).status, 200);
    assert.equal((await n.get('nginx', `calm.${domain}`, '/api/x')).status, 200);
  });

  await part('it is in the books', async () => {
    await sleep(600);
    const rows = async (q) => (await n.api('GET', `/api/requests?${q}&limit=1000`)).json.data;
    assert.ok((await rows('app=loop&status=504')).every((r) => r.error === 'TIMEOUT' && r.cpu_ms > 100));
    assert.ok((await rows('app=calm&status=429')).every((r) => r.error === 'QUOTA_EXCEEDED'));
    assert.ok((await rows('app=calm&status=429')).length >= 20);
    const text = (await n.api('GET', '/metrics')).text;
    for (const result of ['ok', 'timeout', 'refused']) assert.match(text, new RegExp(`^fazt_js_runs_total\\{app="fazt_app_\\w+",result="${result}"\\} [1-9]`, 'm'));
    assert.match(text, /^fazt_js_duration_seconds_count [1-9]/m);
  });
  agent.destroy();
});
