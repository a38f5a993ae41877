-- Profiles, and what was seen while Picket learned.

CREATE TABLE profiles (
  name    TEXT PRIMARY KEY,
  ssid    TEXT,                          -- conditions; null: whichever
  gateway TEXT,                          -- canonical address, or hardware address in lower case
  vpn     INTEGER CHECK (vpn IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Bounded (helper/store/seen.ts). What a column has nothing to say about is empty or 0, so that the key is unique.
CREATE TABLE seen (
  app       TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound')),
  domain    TEXT NOT NULL,    -- registrable domain of a trusted name
  address   TEXT NOT NULL,    -- with domain also empty: an app that went to more places than are kept apart, or calls from outside
  port      INTEGER NOT NULL,
  protocol  TEXT NOT NULL,
  count     INTEGER NOT NULL,
  last      INTEGER NOT NULL, -- milliseconds since 1970, UTC
  PRIMARY KEY (app, direction, domain, address, port, protocol)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_last ON seen (last);
