// POST /api/links {url}        -> {code, short}
// GET  /api/links/CODE         -> {code, url, visits}
// GET  /api/go/CODE            -> redirect, counted
const { kv } = fazt.app;

function create() {
  let url;
  try {
    url = new URL(String(request.body?.url));
  } catch {
    return respond(400, { error: 'url must be an absolute URL' });
  }
  if (!['http:', 'https:'].includes(url.protocol)) return respond(400, { error: 'only http and https' });
  // The counter makes codes that never collide, whatever two callers do at once.
  const code = kv.incr('codes').toString(36).padStart(3, '0');
  kv.set(`link:${code}`, url.href);
  return respond(201, { code, short: new URL(`/api/go/${code}`, request.url).href });
}

const [, , kind, code] = request.path.split('/');
const url = code === undefined ? undefined : kv.get(`link:${code}`);

if (request.method === 'POST' && request.path === '/api/links') create();
else if (url === undefined) respond(404, { error: 'no such link' });
else if (kind === 'go') {
  kv.incr(`visits:${code}`);
  respond.redirect(url);
} else respond({ code, url, visits: kv.get(`visits:${code}`) ?? 0 });
