-- Rules, what the kernel's numbers stand for, open questions, and answers that are not carried out yet.

CREATE TABLE rules (
  number   INTEGER PRIMARY KEY AUTOINCREMENT, -- the kernel's name for the rule; never used twice
  name     TEXT UNIQUE,                       -- public id of a factory rule; others are known by their number
  app      TEXT,                              -- executable path, null: any
  action   TEXT NOT NULL CHECK (action IN ('allow', 'block', 'ask')),
  address  TEXT,                              -- canonical address or CIDR range, null: any
  zone     TEXT CHECK (zone IN ('loopback', 'resolvers')),
  port     INTEGER CHECK (port BETWEEN 0 AND 65535),
  protocol TEXT CHECK (protocol IN ('tcp', 'udp', 'icmp', 'other')),
  lifetime TEXT NOT NULL CHECK (lifetime IN ('forever')),
  enabled  INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  origin   TEXT NOT NULL CHECK (origin IN ('person', 'factory')),
  note     TEXT NOT NULL,
  created  INTEGER NOT NULL,                  -- milliseconds since 1970, UTC
  CHECK (address IS NULL OR zone IS NULL)
) STRICT;

-- A new answer with an identical matcher replaces the old rule.
CREATE UNIQUE INDEX rules_matcher ON rules (
  origin, coalesce(app, ''), coalesce(address, ''), coalesce(zone, ''), coalesce(port, -1), coalesce(protocol, '')
);

-- Numbers that compiled maps use. They outlive the helper because the maps do.
CREATE TABLE apps (id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE destinations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE prompts (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  app      TEXT NOT NULL, -- JSON, contract App
  process  TEXT NOT NULL, -- JSON {pid, uid, command}
  attempts INTEGER NOT NULL,
  opened   INTEGER NOT NULL
) STRICT;

CREATE TABLE prompt_endpoints (
  prompt   INTEGER NOT NULL REFERENCES prompts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  host     TEXT,
  address  TEXT NOT NULL,
  port     INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  PRIMARY KEY (prompt, position)
) STRICT, WITHOUT ROWID;

-- Verdicts on single flows (`once`) from the commit of the answer until the flow's gate is written: what a crash in between
-- would lose. `boot`: socket cookies mean nothing after a restart of the machine.
CREATE TABLE flow_verdicts (
  flow    TEXT PRIMARY KEY, -- struct flow_key, hex
  boot    TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('allow', 'block')),
  decided INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO rules (name, action, zone, lifetime, enabled, origin, note, created) VALUES
  ('factory:loopback', 'allow', 'loopback', 'forever', 1, 'factory', 'This computer talking to itself.', 0);
INSERT INTO rules (name, action, zone, port, protocol, lifetime, enabled, origin, note, created) VALUES
  ('factory:dns-udp', 'allow', 'resolvers', 53, 'udp', 'forever', 1, 'factory', 'Names are looked up at the configured resolvers.', 0),
  ('factory:dns-tcp', 'allow', 'resolvers', 53, 'tcp', 'forever', 1, 'factory', 'Names are looked up at the configured resolvers.', 0);
