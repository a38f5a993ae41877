-- Rules know who began a flow and may end: SQLite cannot change a CHECK, so the table is made anew.

CREATE TABLE rules_new (
  number    INTEGER PRIMARY KEY AUTOINCREMENT, -- the kernel's name for the rule; never used twice
  name      TEXT UNIQUE,                       -- public id of a factory rule; others are known by their number
  app       TEXT,                              -- executable path, null: any
  action    TEXT NOT NULL CHECK (action IN ('allow', 'block', 'ask')),
  address   TEXT,                              -- canonical address or CIDR range, null: any
  zone      TEXT CHECK (zone IN ('loopback', 'resolvers')),
  port      INTEGER CHECK (port BETWEEN 0 AND 65535),
  protocol  TEXT CHECK (protocol IN ('tcp', 'udp', 'icmp', 'other')),
  direction TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound', 'both')),
  lifetime  TEXT NOT NULL,                     -- forever, restart, quit, or a length of time such as 1h
  boot      TEXT,                              -- the boot id in which a temporary rule was made: no other knows it
  expires   INTEGER,                           -- CLOCK_BOOTTIME milliseconds, for a length of time
  enabled   INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  origin    TEXT NOT NULL CHECK (origin IN ('person', 'factory')),
  note      TEXT NOT NULL,
  created   INTEGER NOT NULL,                  -- milliseconds since 1970, UTC
  CHECK (address IS NULL OR zone IS NULL),
  CHECK ((lifetime = 'forever') = (boot IS NULL))
) STRICT;

-- Loopback talks both ways; what a person decided so far was about connections their apps began.
INSERT INTO rules_new (number, name, app, action, address, zone, port, protocol, direction, lifetime, enabled, origin, note, created)
  SELECT number, name, app, action, address, zone, port, protocol, iif(zone = 'loopback', 'both', 'outbound'), lifetime, enabled, origin,
    note, created FROM rules;
-- Numbers of removed rules stay used: the kernel may still know them.
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'rules') WHERE name = 'rules_new';
DROP TABLE rules;
ALTER TABLE rules_new RENAME TO rules;

-- A new answer with an identical matcher replaces the old rule; a temporary one stands beside a permanent one.
CREATE UNIQUE INDEX rules_matcher ON rules (
  origin, coalesce(app, ''), coalesce(address, ''), coalesce(zone, ''), coalesce(port, -1), coalesce(protocol, ''), direction,
  lifetime = 'forever'
);

ALTER TABLE prompts ADD COLUMN direction TEXT NOT NULL DEFAULT 'outbound' CHECK (direction IN ('outbound', 'inbound'));
