-- Sign-in: sessions, hand-offs between hosts, identities of providers, invites, devices.
-- Tokens and codes are kept as SHA-256 only.

ALTER TABLE user ADD COLUMN picture TEXT NOT NULL DEFAULT '';
ALTER TABLE user ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE user ADD COLUMN provider TEXT NOT NULL DEFAULT '';	-- of the last sign-in, '' = password
ALTER TABLE user ADD COLUMN invited_by INTEGER;
CREATE INDEX user_email ON user(email);

CREATE TABLE session(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL UNIQUE,	-- "fazt_ses_" + 12
	hash BLOB NOT NULL UNIQUE,	-- SHA-256 of the token in the cookie
	kind TEXT NOT NULL,		-- admin sso app
	user INTEGER NOT NULL,
	host TEXT NOT NULL,		-- the only one it counts on
	app INTEGER,			-- kind app
	parent INTEGER,			-- the sso session it was born from
	ip TEXT NOT NULL,
	ua TEXT NOT NULL,
	created INTEGER NOT NULL,
	seen INTEGER NOT NULL,		-- moved at most once a minute
	idle INTEGER NOT NULL,		-- ms without a request that end it
	expires INTEGER NOT NULL,	-- ends it whatever happens
	fresh INTEGER NOT NULL DEFAULT 0	-- the password was proven until then
);
CREATE INDEX session_user ON session(user);
CREATE INDEX session_parent ON session(parent) WHERE parent IS NOT NULL;

-- The one-time code that carries a sign-in from AUTH to another host.
CREATE TABLE handoff(
	hash BLOB PRIMARY KEY,
	user INTEGER NOT NULL,
	session INTEGER NOT NULL,	-- sso
	host TEXT NOT NULL,
	pre TEXT NOT NULL,		-- SHA-256 of the browser's cookie there, hex
	redirect TEXT NOT NULL,
	expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX handoff_session ON handoff(session);

CREATE TABLE provider(
	name TEXT PRIMARY KEY,
	display_name TEXT NOT NULL,
	client_id TEXT NOT NULL,
	client_secret BLOB,		-- sealed
	issuer TEXT NOT NULL DEFAULT '',	-- '' for the built-in ones
	scopes TEXT NOT NULL DEFAULT '',
	enabled INTEGER NOT NULL DEFAULT 0,
	updated INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE identity(
	provider TEXT NOT NULL,
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	user INTEGER NOT NULL,
	email TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL,
	last_login INTEGER NOT NULL,
	PRIMARY KEY(provider, issuer, subject)
) WITHOUT ROWID;
CREATE INDEX identity_user ON identity(user);

-- A sign-in with a provider that is on its way.
CREATE TABLE oauth_state(
	hash BLOB PRIMARY KEY,
	provider TEXT NOT NULL,
	pre TEXT NOT NULL,		-- SHA-256 of the cookie on AUTH, hex
	nonce TEXT NOT NULL,
	verifier BLOB NOT NULL,		-- PKCE, sealed
	target TEXT NOT NULL,		-- JSON: where it goes on afterwards
	link_user INTEGER,		-- signed in already: add the identity to this user
	expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE invite(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL UNIQUE,	-- "fazt_inv_" + 12
	hash BLOB NOT NULL UNIQUE,
	role TEXT NOT NULL,
	email TEXT NOT NULL DEFAULT '',
	created_by INTEGER,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	max_uses INTEGER NOT NULL,
	use_count INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE device(
	hash BLOB PRIMARY KEY,		-- of the device code
	user_code TEXT NOT NULL UNIQUE,
	client TEXT NOT NULL DEFAULT '',
	ip TEXT NOT NULL,
	status TEXT NOT NULL DEFAULT 'pending',	-- pending approved denied
	user INTEGER,
	scopes TEXT NOT NULL DEFAULT '',
	polled INTEGER NOT NULL DEFAULT 0,
	expires INTEGER NOT NULL
) WITHOUT ROWID;
