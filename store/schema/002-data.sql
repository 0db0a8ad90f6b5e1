-- Data of apps: key-values, documents, blobs, variables, translated code, logs.
-- user 0 = shared by the whole app.

CREATE TABLE kv(
	app INTEGER NOT NULL,
	user INTEGER NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	expires INTEGER,
	PRIMARY KEY(app, user, key)
) WITHOUT ROWID;
CREATE INDEX kv_expires ON kv(expires) WHERE expires IS NOT NULL;

CREATE TABLE collection(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	app INTEGER NOT NULL,
	user INTEGER NOT NULL,
	name TEXT NOT NULL,
	count INTEGER NOT NULL DEFAULT 0,
	bytes INTEGER NOT NULL DEFAULT 0,
	UNIQUE(app, user, name)
);
CREATE TABLE doc(
	rid INTEGER PRIMARY KEY AUTOINCREMENT,	-- order of creation
	collection INTEGER NOT NULL,
	id TEXT NOT NULL,
	data TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	UNIQUE(collection, id)
);
CREATE INDEX doc_order ON doc(collection);
-- An index over documents is rows, not DDL: dx holds one entry a document and value,
-- the key built so that its bytes sort like the values (store/doc_key.h).
CREATE TABLE dxdef(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	collection INTEGER NOT NULL,
	name TEXT NOT NULL,
	fields TEXT NOT NULL,		-- JSON array
	uniq INTEGER NOT NULL DEFAULT 0,
	UNIQUE(collection, name)
);
CREATE TABLE dx(
	def INTEGER NOT NULL,
	key BLOB NOT NULL,
	rid INTEGER NOT NULL,
	PRIMARY KEY(def, key, rid)
) WITHOUT ROWID;
-- Full text: which fields of a collection; the index itself is one table for all.
CREATE TABLE ftdef(
	collection INTEGER PRIMARY KEY,
	fields TEXT NOT NULL
);
CREATE VIRTUAL TABLE ft USING fts5(coll, body, content='',
	tokenize='unicode61 remove_diacritics 2');

CREATE TABLE object(
	app INTEGER NOT NULL,
	user INTEGER NOT NULL,
	path TEXT NOT NULL,
	blob INTEGER NOT NULL,
	size INTEGER NOT NULL,
	mime TEXT NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY(app, user, path)
) WITHOUT ROWID;
CREATE INDEX object_blob ON object(blob);
CREATE TRIGGER object_gone AFTER DELETE ON object BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;
CREATE TRIGGER object_moved AFTER UPDATE OF blob ON object WHEN old.blob <> new.blob BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;

-- What the data of an app amounts to, kept in the transactions that change it.
CREATE TABLE holding(
	app INTEGER PRIMARY KEY,
	kv_keys INTEGER NOT NULL DEFAULT 0,
	kv_bytes INTEGER NOT NULL DEFAULT 0,
	docs INTEGER NOT NULL DEFAULT 0,
	doc_bytes INTEGER NOT NULL DEFAULT 0,
	objects INTEGER NOT NULL DEFAULT 0,
	object_bytes INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE env(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	app INTEGER NOT NULL,
	name TEXT NOT NULL,
	value BLOB NOT NULL,		-- sealed, base/seal.h
	updated INTEGER NOT NULL,
	UNIQUE(app, name)
);

CREATE TABLE code(
	blob INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	tool TEXT NOT NULL,
	js BLOB,
	map BLOB,
	uses TEXT NOT NULL DEFAULT '[]',
	error TEXT,
	line INTEGER NOT NULL DEFAULT 0,
	col INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY(blob, kind)
);
CREATE TRIGGER blob_code AFTER DELETE ON blob BEGIN
	DELETE FROM code WHERE blob=old.id;
END;

CREATE TABLE log(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	app INTEGER NOT NULL,
	at INTEGER NOT NULL,
	level INTEGER NOT NULL,
	message TEXT NOT NULL,
	file TEXT NOT NULL DEFAULT '',
	line INTEGER NOT NULL DEFAULT 0,
	request TEXT NOT NULL DEFAULT ''
);
CREATE INDEX log_app ON log(app, id);
CREATE TABLE request(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	app INTEGER NOT NULL,
	at INTEGER NOT NULL,
	deploy INTEGER NOT NULL,
	host TEXT NOT NULL,
	method TEXT NOT NULL,
	path TEXT NOT NULL,
	status INTEGER NOT NULL,
	us INTEGER NOT NULL,
	cpu_us INTEGER NOT NULL,
	bytes_in INTEGER NOT NULL,
	bytes_out INTEGER NOT NULL,
	ip TEXT NOT NULL,
	ua TEXT NOT NULL,
	user TEXT NOT NULL,
	error TEXT NOT NULL,
	request TEXT NOT NULL
);
CREATE INDEX request_app ON request(app, id);
