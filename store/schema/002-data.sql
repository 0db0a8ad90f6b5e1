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

-- rows of a space that lost all documents are used again under another name: ids are
-- half of a document's number and must last.
CREATE TABLE collection(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	app INTEGER NOT NULL,
	user INTEGER NOT NULL,
	name TEXT NOT NULL,
	count INTEGER NOT NULL DEFAULT 0,
	bytes INTEGER NOT NULL DEFAULT 0,
	last INTEGER NOT NULL DEFAULT 0,	-- newest document's number in it
	indexes INTEGER NOT NULL DEFAULT 0,	-- rows in dxdef and ftdef
	UNIQUE(app, user, name)
);
-- rid = collection.id << 36 | number in the order of creation: one collection is one
-- piece of the tree, oldest first.
CREATE TABLE doc(
	rid INTEGER PRIMARY KEY,
	collection INTEGER NOT NULL,
	id TEXT NOT NULL,
	data TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	UNIQUE(collection, id)
);
-- An index over documents is rows, not DDL: dx holds one entry a document and value,
-- the key built so that its bytes sort like the values (store/doc_key.h).  n is the
-- document's number in its collection.
CREATE TABLE dxdef(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	collection INTEGER NOT NULL,
	name TEXT NOT NULL,
	fields TEXT NOT NULL,			-- a,b.c
	uniq INTEGER NOT NULL DEFAULT 0,
	flags INTEGER NOT NULL DEFAULT 0,	-- 1 some key is cut, 2 some array is left out
	UNIQUE(collection, name)
);
CREATE TABLE dx(
	def INTEGER NOT NULL,
	key BLOB NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY(def, key, n)
) WITHOUT ROWID;
-- Dropped indexes whose entries are still to be removed.
CREATE TABLE dxgone(def INTEGER PRIMARY KEY);
-- Full text: which fields of a collection, and how many words in how many documents.  ft
-- is one list of words for all, each word behind the number of this row (store/doc_ft.c),
-- rowid = doc.rid.
CREATE TABLE ftdef(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	collection INTEGER NOT NULL UNIQUE,
	fields TEXT NOT NULL,
	docs INTEGER NOT NULL DEFAULT 0,
	words INTEGER NOT NULL DEFAULT 0
);
CREATE VIRTUAL TABLE ft USING fts5(body, content='', detail=none, columnsize=0,
	tokenize='ascii');

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
-- The last of several names may be an object's: what lost another one is no garbage then.
DROP TRIGGER file_gone;
CREATE TRIGGER file_gone AFTER DELETE ON file
WHEN NOT EXISTS(SELECT 1 FROM file WHERE blob=old.blob)
 AND NOT EXISTS(SELECT 1 FROM object WHERE blob=old.blob) BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;
DROP TRIGGER upload_blob_gone;
CREATE TRIGGER upload_blob_gone AFTER DELETE ON upload_blob
WHEN NOT EXISTS(SELECT 1 FROM file WHERE blob=old.blob)
 AND NOT EXISTS(SELECT 1 FROM object WHERE blob=old.blob) BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;
CREATE TRIGGER object_gone AFTER DELETE ON object BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;
-- Asked before and not OR IGNORE: an upsert's own policy would stand above that.
CREATE TRIGGER object_moved AFTER UPDATE OF blob ON object
WHEN old.blob<>new.blob AND NOT EXISTS(SELECT 1 FROM garbage_blob WHERE blob=old.blob) BEGIN
	INSERT INTO garbage_blob VALUES(old.blob);
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

-- An app that is gone leaves its data here for data_sweep.  Every first write of data makes
-- a row of holding: a request that was still running when its app went is found by it.
CREATE TABLE garbage_app(app INTEGER PRIMARY KEY);
CREATE TRIGGER app_gone AFTER DELETE ON app BEGIN
	INSERT OR IGNORE INTO garbage_app VALUES(old.id);
END;
CREATE TRIGGER holding_late AFTER INSERT ON holding
WHEN NOT EXISTS(SELECT 1 FROM app WHERE id=new.app)
 AND NOT EXISTS(SELECT 1 FROM garbage_app WHERE app=new.app)
 AND new.app<=(SELECT seq FROM sqlite_sequence WHERE name='app') BEGIN
	INSERT INTO garbage_app VALUES(new.app);
END;

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
