-- What addresses are called, as far as it can be relied on: so that a helper that starts again knows what live connections were allowed by.

CREATE TABLE names (
  address TEXT NOT NULL,    -- 32 hex digits, IPv4 mapped
  name    TEXT NOT NULL,
  owner   TEXT NOT NULL,    -- who asked: an executable's inode and device, or the resolver
  aliases TEXT NOT NULL,    -- JSON: names on the way to the address
  source  TEXT NOT NULL CHECK (source IN ('query', 'resolver')),
  until   REAL NOT NULL,    -- CLOCK_BOOTTIME milliseconds
  boot    TEXT NOT NULL,    -- rows of another boot mean nothing: clock, inodes' devices and connections are others
  UNIQUE (owner, address, name)
) STRICT;
