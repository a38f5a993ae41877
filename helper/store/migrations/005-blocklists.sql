-- Blocklists: where their texts are, what was in them when they were read, and what they blocked.

CREATE TABLE blocklists (
  number        INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
  url           TEXT,                          -- null: its text was handed over
  enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  file          TEXT,                          -- the text in force, in the folder of lists; null until there is one
  counts        TEXT NOT NULL,                 -- JSON: hosts, domains, addresses, exceptions
  skipped       TEXT NOT NULL,                 -- JSON: contract/blocklists.ts
  updated       INTEGER,                       -- milliseconds since 1970, UTC: when the text came into force
  checked       INTEGER,                       -- when its server was last heard
  etag          TEXT,                          -- what the server said about the text in force
  modified      TEXT,
  error         TEXT,                          -- JSON: code, message, time; null after a success
  aside_file    TEXT,                          -- a text that lost more than half of the entries
  aside_entries INTEGER,
  aside_time    INTEGER,
  hits          INTEGER NOT NULL DEFAULT 0,
  CHECK ((aside_file IS NULL) = (aside_entries IS NULL) AND (aside_file IS NULL) = (aside_time IS NULL)),
  CHECK ((file IS NULL) = (updated IS NULL))
) STRICT;

CREATE TABLE blocklist_hits (
  list  INTEGER NOT NULL REFERENCES blocklists (number) ON DELETE CASCADE,
  entry TEXT NOT NULL,
  hits  INTEGER NOT NULL,
  last  INTEGER NOT NULL, -- milliseconds since 1970, UTC
  PRIMARY KEY (list, entry)
) STRICT, WITHOUT ROWID;
