// A path means one thing: sixty spellings through Caddy, nginx and SCGI get the same answer,
// and no spelling gets at what is not for visitors.
import assert from 'node:assert/strict';
import { onNode, raw, domain } from '../lib/node.mjs';

const SECRET = 'SECRET-7f1c';
const files = {
  'index.html': 'ROOT', 'a.txt': 'A', 'x/index.html': 'X', 'x/y.txt': 'XY', 'about.html': 'ABOUT',
  'c d.txt': 'CD', 'é.txt': 'E', 'p+q.txt': 'PLUS', '100%.txt': 'PERCENT', 'a;b=c.txt': 'SEMI',
  'deep/a/b/c.txt': 'DEEP', '_own/x.txt': 'OWN', '_wsx.txt': 'WSX', '.well-known/t.txt': 'WK', 'manifest.json': '{"name":"p"}',
  'api/x.js': `// ${SECRET}`, 'api/x.txt': SECRET, 'private/k': SECRET, 'private/d/index.html': SECRET,
  '.hidden': SECRET, '.config/k': SECRET, 'x/.hid': SECRET, '_headers': `/zz\n  X-A: ${SECRET}\n`, '_redirects': `/zz /${SECRET} 301\n`,
};

// spelling, status, body or Location (null: any that holds no secret)
const table = [
  ['/', 200, 'ROOT'], ['/index.html', 200, 'ROOT'], ['/a.txt', 200, 'A'], ['//a.txt', 200, 'A'], ['/./a.txt', 200, 'A'],
  ['/x/../a.txt', 200, 'A'], ['/x/%2e%2e/a.txt', 200, 'A'], ['/x/.%2E/a.txt', 200, 'A'], ['/x%2F..%2Fa.txt', 200, 'A'],
  ['/x%2f%2e%2e%2fa.txt', 200, 'A'], ['/%61.txt', 200, 'A'], ['/a%2etxt', 200, 'A'], ['/a.txt?q=1', 200, 'A'], ['/a.txt?x=/../private/k', 200, 'A'],
  ['/a.txt?', 200, 'A'], ['/A.txt', 404, null], ['/x', 301, '/x/'], ['/x?q=1', 301, '/x/?q=1'], ['/x/', 200, 'X'], ['/x//', 200, 'X'], ['/x/.', 200, 'X'],
  ['/x/y.txt/..', 200, 'X'], ['//x', 301, '/x/'], ['///x///y.txt', 200, 'XY'], ['/about', 200, 'ABOUT'], ['/about/', 301, '/about'],
  ['/c%20d.txt', 200, 'CD'], ['/c+d.txt', 404, null], ['/p+q.txt', 200, 'PLUS'], ['/p%2Bq.txt', 200, 'PLUS'], ['/%C3%A9.txt', 200, 'E'],
  ['/100%25.txt', 200, 'PERCENT'], ['/a;b=c.txt', 200, 'SEMI'], ['/deep/a/b/../b/./c.txt', 200, 'DEEP'], ['/_own/x.txt', 200, 'OWN'],
  ['/_wsx.txt', 200, 'WSX'], ['/.well-known/t.txt', 200, 'WK'], ['/%2ewell-known/t.txt', 200, 'WK'], ['/manifest.json', 200, '{"name":"p"}'],
  // private, by every road
  ['/private/k', 401, null], ['//private/k', 401, null], ['/x/../private/k', 401, null], ['/%70rivate/k', 401, null], ['/private%2Fk', 401, null],
  ['/private//k', 401, null], ['/./private/./k', 401, null], ['/x%2f..%2fprivate/k', 401, null], ['/private/../private/k', 401, null],
  ['/private', 401, null], ['/private/', 401, null], ['/private/d/', 401, null], ['/PRIVATE/k', 404, null], ['/Private/k', 404, null], ['/private/../a.txt', 200, 'A'],
  // api/ without main.js
  ['/api/x.js', 404, null], ['/api//x.js', 404, null], ['/api%2Fx.js', 404, null], ['/%61pi/x.js', 404, null], ['/x/../api/x.txt', 404, null],
  ['//api/x.txt', 404, null], ['/api/../api/x.txt', 404, null], ['/API/x.js', 404, null], ['/api/me', 401, null],
  // dot files and rule files
  ['/.hidden', 404, null], ['/%2Ehidden', 404, null], ['/.config/k', 404, null], ['/x/.hid', 404, null], ['/x/../.hidden', 404, null],
  ['/_headers', 404, null], ['/_redirects', 404, null], ['/%5fredirects', 404, null], ['/.git/config', 404, null], ['/_fazt/tls', 404, null], ['/_fazt/', 404, null],
  // refused
  ['/../private/k', 400, null], ['/%2e%2e/private/k', 400, null], ['/x/../../private/k', 400, null], ['/a%00.txt', 400, null], ['/private/k%00.txt', 400, null],
  ['/%', 400, null], ['/%zz', 400, null], ['/a%0a.txt', 400, null], ['/a%0d%0aX: y', 400, null], ['/a%5c..%5cprivate', 400, null], ['/..%5c..%5cx', 400, null],
  ['/%ff%fe', 400, null], ['/%c0%ae%c0%ae/private/k', 400, null], ['/%e0%80%af', 400, null], ['/%ed%a0%80', 400, null],
  ['/%252e%252e/private/k', 404, null], ['/%2570rivate/k', 404, null],
  [`/${'a'.repeat(5000)}`, 414, null], [`/${'%61'.repeat(4000)}`, 404, null],
];

// What the fronts judge by themselves before we see it: only "no content" is asked for.
const odd = ['/a\\..\\private\\k', '/private/k#x', '/\xc3\xa9.txt', '/\xff', '/a b.txt', '*', '/private;x=1/k', '/private/k/', '/private/k?\x01',
  '/_ws/../private/k', '/x/..;/private/k', '/private\t/k', 'private/k', '/private/k%', '/%u0070rivate/k'];

await onNode('paths', {}, async (n, part) => {
  const d = await n.deploy('p', files);
  assert.equal(d.status, 200, d.text);
  const send = (front, target, host = `p.${domain}`) => raw(n.ports[front],
    Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1'));

  await part('the table', async () => {
    const wrong = [];
    for (const [target, status, want] of table)
      for (const front of n.allFronts()) {
        const rs = await send(front, target);
        const shown = `${front} ${target.slice(0, 60)}`;
        if (rs.status !== status) wrong.push(`${shown}: ${rs.status}, want ${status}`);
        else if (status === 200 && rs.text !== want) wrong.push(`${shown}: ${rs.text.slice(0, 60)}, want ${want}`);
        else if (status === 301 && rs.headers.location.replace(/^https?:\/\/[^/]+/, '') !== want)
          wrong.push(`${shown}: to ${rs.headers.location}, want ${want}`);
        if (rs.text.includes(SECRET) || JSON.stringify(rs.headers).includes(SECRET)) wrong.push(`${shown}: SECRET`);
      }
    assert.deepEqual(wrong, []);
  });

  await part('the same error page everywhere', async () => {
    const page = (rs) => rs.text.replace(/Request [0-9a-f]+/, '');
    for (const target of ['/nope.txt', '/private/k', '/.hidden', '/%252e%252e/private/k']) {
      const answers = await Promise.all(n.allFronts().map((f) => send(f, target)));
      for (const a of answers) assert.equal(page(a), page(answers[0]), target);
    }
  });

  await part('code runs, and is not shown', async () => {
    assert.equal((await n.deploy('code', { ...files, 'api/main.js': `// ${SECRET}\nrespond(request.path);` })).status, 200);
    for (const [target, path] of [['/api', '/api'], ['/api/', '/api/'], ['/api/main.js', '/api/main.js'], ['/api//main.js', '/api/main.js'], ['/api%2Fmain.js', '/api/main.js'],
      ['/%61pi/x.js', '/api/x.js'], ['/x/../api/x.txt', '/api/x.txt'], ['/api/me', '/api/me'], ['/api/a%20b?x=/../y', '/api/a b']])
      for (const front of n.allFronts()) {
        const rs = await send(front, target, `code.${domain}`);
        assert.deepEqual([rs.status, rs.text], [200, path], `${front} ${target}`);
      }
  });

  await part('odd ones show nothing and break nothing', async () => {
    for (const target of odd)
      for (const front of n.allFronts()) {
        const rs = await send(front, target);
        assert.ok(!rs.text.includes(SECRET), `${front} ${target}`);
        assert.ok(rs.status < 500 || (rs.status === 502 && target.startsWith('/_ws')), `${front} ${target}: ${rs.status}`);
      }
  });

  await part('no spelling of an admin path gets past its check', async () => {
    for (const target of ['/api/apps', '//api/apps', '/x/../api/apps', '/%61pi/apps', '/api%2fapps', '/api/./apps', '/api/apps?x=1', '/api/apps/', '/API/apps',
      '/metrics', '//metrics', '/%6detrics', '/x/../metrics', '/_fazt/tls?domain=p.example.test', '//_fazt/tls?domain=p.example.test'])
      for (const front of n.allFronts()) {
        const rs = await send(front, target, `admin.${domain}`);
        assert.ok([401, 404].includes(rs.status), `${front} ${target}: ${rs.status}`);
      }
  });
});
