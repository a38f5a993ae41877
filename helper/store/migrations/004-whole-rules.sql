-- The whole rule model: parents, users, names, ranges of ports, profiles, imports. SQLite cannot change a CHECK, so the table is made anew.

CREATE TABLE rules_new (
  number    INTEGER PRIMARY KEY AUTOINCREMENT, -- the kernel's name for the rule; never used twice
  name      TEXT UNIQUE,                       -- public id of a factory rule; others are known by their number
  app       TEXT,                              -- executable path, null: any
  via       TEXT,                              -- the app that must have started it, null: any
  user      INTEGER,                           -- uid, null: any
  action    TEXT NOT NULL CHECK (action IN ('allow', 'block', 'ask')),
  address   TEXT,                              -- canonical address or CIDR range; with host, domain and zone null: any
  host      TEXT,
  domain    TEXT,
  zone      TEXT CHECK (zone IN ('loopback', 'resolvers', 'local', 'internet')),
  port      INTEGER CHECK (port BETWEEN 0 AND 65535),
  portTo    INTEGER CHECK (portTo > port AND portTo <= 65535), -- last port of a range
  protocol  TEXT CHECK (protocol IN ('tcp', 'udp', 'icmp', 'other')),
  direction TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound', 'both')),
  profile   TEXT,                              -- null: whichever is active
  lifetime  TEXT NOT NULL,                     -- forever, restart, quit, or a length of time such as 1h
  boot      TEXT,                              -- the boot id in which a temporary rule was made: no other knows it
  expires   INTEGER,                           -- CLOCK_BOOTTIME milliseconds, for a length of time
  enabled   INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  origin    TEXT NOT NULL CHECK (origin IN ('person', 'import', 'factory')),
  note      TEXT NOT NULL,
  created   INTEGER NOT NULL,                  -- milliseconds since 1970, UTC
  CHECK ((address IS NOT NULL) + (host IS NOT NULL) + (domain IS NOT NULL) + (zone IS NOT NULL) <= 1),
  CHECK (via IS NULL OR app IS NOT NULL),
  CHECK (portTo IS NULL OR port IS NOT NULL),
  CHECK ((lifetime = 'forever') = (boot IS NULL))
) STRICT;

INSERT INTO rules_new (number, name, app, action, address, zone, port, protocol, direction, lifetime, boot, expires, enabled, origin, note,
    created)
  SELECT number, name, app, action, address, zone, port, protocol, direction, lifetime, boot, expires, enabled, origin, note, created
  FROM rules;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'rules') WHERE name = 'rules_new';

-- The table that refers to it is made anew as well: dropping the old one would take its rows along.
CREATE TABLE rule_processes_new (
  rule  INTEGER NOT NULL REFERENCES rules_new (number) ON DELETE CASCADE,
  pid   INTEGER NOT NULL,
  start INTEGER NOT NULL, -- field 22 of /proc/PID/stat, clock ticks since the boot: pids are given again
  PRIMARY KEY (rule, pid)
) STRICT, WITHOUT ROWID;
INSERT INTO rule_processes_new SELECT rule, pid, start FROM rule_processes;
DROP TABLE rule_processes;
DROP TABLE rules;
ALTER TABLE rules_new RENAME TO rules;
ALTER TABLE rule_processes_new RENAME TO rule_processes;

-- A new answer with an identical matcher replaces the old rule; a temporary one stands beside a permanent one.
CREATE UNIQUE INDEX rules_matcher ON rules (
  origin, coalesce(app, ''), coalesce(via, ''), coalesce(user, -1), coalesce(address, ''), coalesce(host, ''), coalesce(domain, ''),
  coalesce(zone, ''), coalesce(port, -1), coalesce(portTo, -1), coalesce(protocol, ''), direction, coalesce(profile, ''),
  lifetime = 'forever'
);

INSERT INTO rules (name, action, port, protocol, direction, lifetime, enabled, origin, note, created) VALUES
  ('factory:dhcp', 'allow', 67, 'udp', 'outbound', 'forever', 1, 'factory', 'This computer asks a network for its address.', 0),
  ('factory:dhcp6', 'allow', 547, 'udp', 'outbound', 'forever', 1, 'factory', 'This computer asks an IPv6 network for its address.', 0);

ALTER TABLE prompt_endpoints ADD COLUMN names TEXT; -- JSON, contract Name[], of the moment of the question

-- What people changed, newest last, so that it can be taken back: rows as they were, and the numbers of those that took their place.
CREATE TABLE rule_changes (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  made   INTEGER NOT NULL, -- milliseconds since 1970, UTC
  before TEXT NOT NULL,    -- JSON array of rows of `rules`, each with its `processes`
  after  TEXT NOT NULL     -- JSON array of rule numbers
) STRICT;

-- What a person set besides rules.
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
