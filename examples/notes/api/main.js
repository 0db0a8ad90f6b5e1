// Everything here is the signed-in user's own: fazt.app.user cannot reach anybody else's.
fazt.auth.requireLogin();
const notes = fazt.app.user.ds;
const id = request.path.split('/')[3];

switch (request.method) {
case 'GET': {
  const found = id ? notes.findOne('notes', id) : notes.find('notes', {}, { sort: '-pinned' });
  respond(found ? 200 : 404, found ?? { error: 'no such note' });
  break;
}
case 'POST':
  respond(201, { id: notes.insert('notes', { text: String(request.body?.text ?? ''), pinned: false }) });
  break;
case 'PUT':
  respond(notes.update('notes', { id }, { $set: request.body ?? {} }) ? 200 : 404);
  break;
case 'DELETE':
  respond(notes.delete('notes', { id }) ? 204 : 404);
  break;
default:
  respond(405);
}
