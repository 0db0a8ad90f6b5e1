// The plain server people would write: Node's http module, and for writes better-sqlite3 with
// one durable commit a request.  node.mjs PORT DATABASE
import { createRequire } from 'node:module';
import http from 'node:http';
const [port, file] = process.argv.slice(2);
const Database = createRequire(new URL('./', import.meta.url))('better-sqlite3');
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE IF NOT EXISTS kv(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID');
const put = db.prepare('INSERT INTO kv VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value');
const get = db.prepare('SELECT value FROM kv WHERE key=?');
http.createServer((rq, rs) => {
  if (rq.url.startsWith('/api/hello')) { rs.setHeader('Content-Type', 'text/plain'); rs.end('hello world\n'); return; }
  const key = `k${Math.floor(Math.random() * 10000)}`;
  if (rq.url.startsWith('/api/write') || (rq.url.startsWith('/api/mixed') && Math.random() < 0.3)) put.run(key, JSON.stringify({ at: Date.now(), text: 'x'.repeat(80) }));
  else get.get(key);
  rs.setHeader('Content-Type', 'text/plain');
  rs.end('ok\n');
}).listen(Number(port), '127.0.0.1');
