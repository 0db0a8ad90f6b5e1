-- The first schema: apps, aliases, versions and their files, keys, users.
-- Times are milliseconds since 1970.  app ids inside the file are small integers;
-- uid is what the API shows.  AUTOINCREMENT where caches and open answers hold an id:
-- a number that comes back would give them another's bytes.  No CHECK with JSON functions: trusted_schema is off.

CREATE TABLE setting(
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE app(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL UNIQUE,
	title TEXT NOT NULL,
	description TEXT NOT NULL DEFAULT '',
	tags TEXT NOT NULL DEFAULT '[]',
	visibility TEXT NOT NULL DEFAULT 'unlisted',
	system INTEGER NOT NULL DEFAULT 0,
	source TEXT NOT NULL DEFAULT 'deploy',
	source_url TEXT NOT NULL DEFAULT '',
	source_ref TEXT NOT NULL DEFAULT '',
	source_commit TEXT NOT NULL DEFAULT '',
	original_id TEXT NOT NULL DEFAULT '',
	forked_from_id TEXT NOT NULL DEFAULT '',
	live INTEGER,			-- version.id
	last_n INTEGER NOT NULL DEFAULT 0,
	spa INTEGER NOT NULL DEFAULT 0,
	enabled INTEGER NOT NULL DEFAULT 1,
	maintenance INTEGER NOT NULL DEFAULT 0,
	maintenance_message TEXT NOT NULL DEFAULT '',
	preview_data TEXT NOT NULL DEFAULT '',	-- '' = what the manifest says
	preview_access TEXT NOT NULL DEFAULT '',
	keep_deploys INTEGER NOT NULL DEFAULT 100,
	quotas TEXT NOT NULL DEFAULT '{}',
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	deleted INTEGER			-- in the trash since
);
CREATE INDEX app_title ON app(title);
CREATE INDEX app_forked ON app(forked_from_id);

CREATE TABLE alias(
	name TEXT PRIMARY KEY,
	type TEXT NOT NULL,		-- proxy redirect reserved split
	app INTEGER,			-- proxy
	url TEXT NOT NULL DEFAULT '',	-- redirect
	status INTEGER NOT NULL DEFAULT 301,
	keep_path INTEGER NOT NULL DEFAULT 0,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX alias_app ON alias(app) WHERE app IS NOT NULL;

CREATE TABLE alias_target(
	alias TEXT NOT NULL,
	n INTEGER NOT NULL,
	app INTEGER NOT NULL,
	weight INTEGER NOT NULL,
	PRIMARY KEY(alias, n)
) WITHOUT ROWID;
CREATE INDEX alias_target_app ON alias_target(app);

CREATE TABLE domain(
	domain TEXT PRIMARY KEY,
	app INTEGER NOT NULL,
	redirect_to TEXT,
	token TEXT NOT NULL,
	status TEXT NOT NULL DEFAULT 'pending',
	error TEXT NOT NULL DEFAULT '',
	checked INTEGER,
	created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX domain_app ON domain(app);

-- Every file's bytes once.  enc: 0 as deployed, 1 gzip, 2 brotli; pieces of 256 KiB.
-- chunk is a rowid table on purpose: long rows do not belong in an index tree.
CREATE TABLE blob(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	sha256 BLOB UNIQUE,		-- NULL while it is being received
	size INTEGER NOT NULL,
	gz INTEGER NOT NULL DEFAULT 0,	-- bytes of the variant, 0 = none
	br INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE chunk(
	blob INTEGER NOT NULL,
	enc INTEGER NOT NULL,
	n INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY(blob, enc, n)
);

-- A deploy: immutable but for draft -> live.
CREATE TABLE version(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	app INTEGER NOT NULL,
	n INTEGER NOT NULL,
	draft INTEGER NOT NULL DEFAULT 0,	-- never was live
	digest BLOB NOT NULL,			-- of the sorted manifest
	file_count INTEGER NOT NULL,
	size INTEGER NOT NULL,
	spa INTEGER NOT NULL DEFAULT 0,
	manifest TEXT NOT NULL DEFAULT '{}',	-- manifest.json as read at deploy
	message TEXT NOT NULL DEFAULT '',
	source TEXT NOT NULL DEFAULT 'deploy',
	source_url TEXT NOT NULL DEFAULT '',
	source_ref TEXT NOT NULL DEFAULT '',
	source_commit TEXT NOT NULL DEFAULT '',
	deployed_by TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL,
	UNIQUE(app, n)
);
CREATE TABLE file(
	version INTEGER NOT NULL,
	path TEXT NOT NULL,
	blob INTEGER NOT NULL,
	size INTEGER NOT NULL,
	mime TEXT NOT NULL,
	since INTEGER,			-- first live at this path; NULL while a draft
	PRIMARY KEY(version, path)
) WITHOUT ROWID;
CREATE INDEX file_blob ON file(blob, version);

-- A deploy on its way: it protects its blobs from the garbage collector.
CREATE TABLE upload(
	id TEXT PRIMARY KEY,
	app INTEGER,			-- delta uploads: whose blobs count as known
	owner TEXT NOT NULL,		-- process that fills it, '' for delta uploads
	spec TEXT NOT NULL DEFAULT '',	-- JSON of a delta upload
	caller TEXT NOT NULL DEFAULT '',
	expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE upload_blob(
	upload TEXT NOT NULL,
	blob INTEGER NOT NULL,
	PRIMARY KEY(upload, blob)
) WITHOUT ROWID;
CREATE INDEX upload_blob_blob ON upload_blob(blob);

-- What may have lost its last name waits here for blob_sweep, which looks again.
-- Triggers, because a forgotten entry would be a leak that nobody ever finds.
CREATE TABLE garbage_version(version INTEGER PRIMARY KEY);
CREATE TABLE garbage_blob(blob INTEGER PRIMARY KEY);
CREATE TRIGGER version_gone AFTER DELETE ON version BEGIN
	INSERT OR IGNORE INTO garbage_version VALUES(old.id);
END;
CREATE TRIGGER file_gone AFTER DELETE ON file
WHEN NOT EXISTS(SELECT 1 FROM file WHERE blob=old.blob) BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;
CREATE TRIGGER upload_blob_gone AFTER DELETE ON upload_blob
WHEN NOT EXISTS(SELECT 1 FROM file WHERE blob=old.blob) BEGIN
	INSERT OR IGNORE INTO garbage_blob VALUES(old.blob);
END;

CREATE TABLE user(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL UNIQUE,
	username TEXT UNIQUE COLLATE NOCASE,
	email TEXT NOT NULL DEFAULT '',
	name TEXT NOT NULL DEFAULT '',
	role TEXT NOT NULL,
	password TEXT,			-- Argon2id, PHC string
	disabled INTEGER NOT NULL DEFAULT 0,
	created INTEGER NOT NULL,
	last_login INTEGER
);

CREATE TABLE apikey(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	key_id TEXT NOT NULL UNIQUE,	-- "fazt_key_" + 12
	hash BLOB NOT NULL,		-- SHA-256 of the secret
	name TEXT NOT NULL,
	scopes TEXT NOT NULL,
	created INTEGER NOT NULL,
	created_by TEXT NOT NULL DEFAULT '',
	expires INTEGER,
	last_used INTEGER,
	last_ip TEXT
);

CREATE TABLE activity(
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	weight INTEGER NOT NULL,
	actor_type TEXT NOT NULL,
	actor_id TEXT,
	actor_ip TEXT,
	actor_ua TEXT,
	resource_type TEXT NOT NULL,
	resource_id TEXT,
	app TEXT,
	action TEXT NOT NULL,
	result TEXT NOT NULL,
	details TEXT
);
CREATE INDEX activity_at ON activity(at);

CREATE TABLE idempotency(
	caller TEXT NOT NULL,
	key TEXT NOT NULL,
	request BLOB NOT NULL,		-- SHA-256 of route and body
	status INTEGER NOT NULL,	-- 0 while the first one runs
	answer TEXT NOT NULL,		-- while it runs: the process (store/owner.h)
	at INTEGER NOT NULL,
	PRIMARY KEY(caller, key)
) WITHOUT ROWID;
