-- Who talked to whom and how much, in UTC. docs/decisions/0016-history.md says why in this shape.

-- AUTOINCREMENT throughout: pages name keys by number, and a number that was deleted must never mean somebody else.
CREATE TABLE history_apps (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  path     TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL,
  verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
  icon     TEXT,
  private  INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1))
) STRICT;

-- Hosts, addresses and domains.
CREATE TABLE history_names (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE history_networks (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  key     TEXT NOT NULL UNIQUE, -- NetworkManager's UUID of the connection, or router and device
  name    TEXT NOT NULL,
  kind    TEXT NOT NULL,
  metered INTEGER NOT NULL CHECK (metered IN (0, 1))
) STRICT;

-- What amounts are counted by. `host` and `domain` 0: none is kept; `country` 0: none, else its two letters (first * 256 + second).
CREATE TABLE history_keys (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  app      INTEGER NOT NULL,
  host     INTEGER NOT NULL,
  domain   INTEGER NOT NULL,
  country  INTEGER NOT NULL,
  protocol INTEGER NOT NULL, -- place in the contract's list
  network  INTEGER NOT NULL,
  user     INTEGER NOT NULL,
  last     INTEGER NOT NULL  -- day since 1970, UTC, in which it was used last
) STRICT;
CREATE INDEX history_keys_place ON history_keys (app, host);

-- `at`: minutes since 1970.
CREATE TABLE history_minutes (
  at          INTEGER NOT NULL,
  key         INTEGER NOT NULL,
  bytes_in    INTEGER NOT NULL,
  bytes_out   INTEGER NOT NULL,
  connections INTEGER NOT NULL,
  blocked     INTEGER NOT NULL,
  PRIMARY KEY (at, key)
) STRICT, WITHOUT ROWID;

-- `at`: quarters of an hour since 1970. Of days that are not over yet.
CREATE TABLE history_quarters (
  at          INTEGER NOT NULL,
  key         INTEGER NOT NULL,
  bytes_in    INTEGER NOT NULL,
  bytes_out   INTEGER NOT NULL,
  connections INTEGER NOT NULL,
  blocked     INTEGER NOT NULL,
  PRIMARY KEY (at, key)
) STRICT, WITHOUT ROWID;

-- Quarters of days that are over, by day since 1970, UTC (helper/history/page.ts).
CREATE TABLE history_days (day INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;

CREATE TABLE history_events (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  at    INTEGER NOT NULL, -- milliseconds since 1970
  until INTEGER,
  kind  TEXT NOT NULL,
  app   TEXT,
  was   TEXT,
  now   TEXT
) STRICT;
CREATE INDEX history_events_at ON history_events (at);

-- How much of live flows is in history already: written with it, so that the next helper counts nothing twice.
CREATE TABLE history_flows (
  flow      TEXT PRIMARY KEY, -- struct flow_key, hex
  boot      TEXT NOT NULL,    -- cookies mean nothing after a restart of the machine
  place     TEXT NOT NULL,    -- JSON: what it is counted by
  bytes_in  INTEGER NOT NULL, -- as the kernel counted them
  bytes_out INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
