// GET    /api/items             what is there
// POST   /api/items  (form)     field "file", several allowed
// GET    /api/items/NAME        the bytes, with ETag and Range
// DELETE /api/items/NAME
const { s3 } = fazt.app;
const allowed = /^(image|video|audio)\//;
const name = decodeURIComponent(request.path.split('/').slice(3).join('/'));

function upload() {
  const files = request.filesAll?.file ?? [];
  if (files.length === 0) return respond(400, { error: 'send a form with a field "file"' });
  const stored = [];
  for (const file of files) {
    if (!allowed.test(file.type)) return respond(415, { error: `${file.name}: ${file.type} is not taken` });
    const key = `${fazt.crypto.randomUUID()}/${file.name.replace(/[^\w.-]+/g, '_')}`;
    s3.put(key, file); // streamed on the server, never a JavaScript string
    stored.push({ name: key, type: file.type, size: file.size, url: s3.url(key, { expires: 600 }) });
  }
  return respond(201, stored);
}

if (request.method === 'POST') upload();
else if (request.method === 'DELETE') {
  s3.delete(name);
  respond(204);
} else if (name === '') {
  respond(s3.list().map(({ path, mime, size, updatedAt }) => ({ name: path, type: mime, size, updatedAt })));
} else respond.blob(name, { cache: 'private, max-age=3600' });
