// GET  /api/entries?after=CURSOR   newest first, ten at a time
// POST /api/entries {name, text}   sign
const entries = 'entries';

function page() {
  const opts = { limit: 10 };
  if (request.query.after) opts.after = request.query.after;
  const found = fazt.app.ds.find(entries, {}, opts);
  return { entries: found, next: found.cursor, total: fazt.app.ds.count(entries) };
}

function sign({ name, text } = {}) {
  name = String(name ?? '').trim();
  text = String(text ?? '').trim();
  if (name === '' || text === '') return respond(400, { error: 'name and text are needed' });
  if (name.length > 60 || text.length > 1000) return respond(400, { error: 'that is too long' });
  const id = fazt.app.ds.insert(entries, { name, text });
  fazt.app.ds.deleteOldest(entries, 1000);
  return respond(201, { id });
}

if (request.path !== '/api/entries') respond(404, { error: 'no such path' });
else if (request.method === 'GET') respond(page());
else if (request.method === 'POST') sign(request.body ?? undefined);
else respond(405, { error: 'GET or POST' }, { Allow: 'GET, POST' });
