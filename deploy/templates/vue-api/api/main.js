// Everything below /api/ comes here.  The first respond() is the answer.
const LIMIT = 100

function list() {
	const notes = fazt.app.kv.get('notes')
	return Array.isArray(notes) ? notes : []
}

function add(body) {
	const text = body && typeof body.text === 'string' ? body.text.trim() : ''
	if (text === '' || text.length > 200)
		return respond(400, { error: 'text: 1 to 200 characters' })
	const notes = list()
	const note = { id: notes.length ? notes[notes.length - 1].id + 1 : 1, text }
	notes.push(note)
	fazt.app.kv.set('notes', notes.slice(-LIMIT))
	return respond(201, note)
}

if (request.path !== '/api/notes')
	respond(404, { error: 'not found' })
else if (request.method === 'GET')
	respond(list())
else if (request.method === 'POST')
	add(request.body)
else
	respond(405, { error: 'method not allowed' }, { Allow: 'GET, POST' })
