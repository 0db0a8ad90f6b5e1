// kill -9 at any moment of a deploy: the site is the old version or the new one, whole; the
// file stays sound and nothing unnamed is left in it.  FAZT_SEED repeats a run.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { onNode, request, domain, sanitized, sleep, until, zipFiles } from '../lib/node.mjs';

const seed = Number(process.env.FAZT_SEED ?? crypto.randomInt(2 ** 31));
console.log(`# FAZT_SEED=${seed}`);
let state = seed >>> 0;
function random() {	// mulberry32
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const rounds = Number(process.env.FAZT_ROUNDS ?? (sanitized ? 40 : 200)), budget = 150000;
const names = ['index.html', 'a.txt', 'b.js', 'deep/c.css', 'big.bin'];

// Version v is its number in every file, and in one file many times: 400 KB cross a chunk.
function tree(v) {
  const line = `v${String(v).padStart(6, '0')} `;
  return Object.fromEntries(names.map((x) => [x, line.repeat(x === 'big.bin' ? 50000 : 300)]));
}

await onNode('kill -9 during deploys', { fronts: ['nginx'], managed: true }, async (n, part) => {
  const front = 'scgi';
  const key = n.newKey('admin');
  const live = async () => {
    const seen = new Set();
    for (const x of names) {
      const rs = await until(async () => { const r = await n.get(front, `k.${domain}`, `/${x}`); return r.status !== 502 && r; }, 8000, `an answer for ${x}`);
      assert.equal(rs.status, 200, x);
      const found = new Set(rs.text.match(/v\d{6}/g));
      assert.equal(found.size, 1, `${x} is mixed`);
      assert.equal(rs.bytes.length, x === 'big.bin' ? 400000 : 2400, x);
      seen.add([...found][0]);
    }
    assert.equal(seen.size, 1, `files of ${[...seen]}`);
    return Number([...seen][0].slice(1));
  };
  const deploy = (v) => n.api('POST', '/api/deploy?site_name=k', zipFiles(tree(v)), { front, key, headers: { 'Content-Type': 'application/zip' } });

  assert.equal((await deploy(0)).status, 200);
  let at = 0, done = 0, kept = 0, cut = 0, acknowledged = 0;
  const began = Date.now();
  await part(`${rounds} deploys`, async () => {
    for (let v = 1; v <= rounds && Date.now() - began < budget; v++, done++) {
      const answer = deploy(v).catch(() => ({ status: 0 }));
      await sleep(random() * 300 * (sanitized ? 3 : 1) * (v % 3 === 0 ? 1 : 0.15));
      n.daemon.kill('SIGUSR2');
      const rs = await answer;
      const now = await live();
      assert.ok(now === at || now === v, `round ${v}: version ${now}, want ${at} or ${v}`);
      if (rs.status === 200) { acknowledged++; assert.equal(now, v, `round ${v}: acknowledged and gone`); }
      now === v ? kept++ : cut++;
      at = now;
    }
    console.log(`# ${done} rounds in ${Date.now() - began} ms: ${kept} went live (${acknowledged} acknowledged), ${cut} did not`);
    assert.ok(done >= Math.min(rounds, 40), `only ${done} rounds`);
    assert.ok(kept > 0 && cut > 0, 'the moments were all on one side');
  });

  await part('the file is sound and holds nothing without a name', async () => {
    assert.equal((await deploy(rounds + 1)).status, 200);
    assert.equal(await live(), rounds + 1);
    assert.equal(n.sql('PRAGMA integrity_check')[0].integrity_check, 'ok');
    const before = [...n.log().matchAll(/"msg":"serving"/g)].length;
    n.daemon.kill('SIGHUP');
    await until(() => [...n.log().matchAll(/"msg":"serving"/g)].length > before, 12000, 'a restart');
    const left = () => n.sql(`SELECT (SELECT count(*) FROM blob b WHERE NOT EXISTS(SELECT 1 FROM file f WHERE f.blob=b.id)
      AND NOT EXISTS(SELECT 1 FROM upload_blob u WHERE u.blob=b.id)) blobs, (SELECT count(*) FROM chunk c WHERE NOT EXISTS(SELECT 1 FROM blob b WHERE b.id=c.blob)) chunks,
      (SELECT count(*) FROM blob WHERE sha256 IS NULL) unfinished, (SELECT count(*) FROM file f WHERE NOT EXISTS(SELECT 1 FROM version v WHERE v.id=f.version)) files,
      (SELECT count(*) FROM upload) uploads, (SELECT count(*) FROM file f WHERE NOT EXISTS(SELECT 1 FROM blob b WHERE b.id=f.blob)) missing`)[0];
    await until(() => Object.values(left()).every((x) => x === 0), 10000, `nothing left over`).catch(() => assert.deepEqual(left(), { blobs: 0, chunks: 0, unfinished: 0, files: 0, uploads: 0, missing: 0 }));
    assert.equal(await live(), rounds + 1);
  });
});
