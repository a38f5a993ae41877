-- Whose what was seen while Picket learned is: a uid; -1 where the helper told nobody apart, and -2 for what is nobody's.

CREATE TABLE seen_by (
  person    INTEGER NOT NULL,
  app       TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound')),
  domain    TEXT NOT NULL,    -- registrable domain of a trusted name
  address   TEXT NOT NULL,    -- with domain also empty: an app that went to more places than are kept apart, or calls from outside
  port      INTEGER NOT NULL,
  protocol  TEXT NOT NULL,
  count     INTEGER NOT NULL,
  last      INTEGER NOT NULL, -- milliseconds since 1970, UTC
  PRIMARY KEY (person, app, direction, domain, address, port, protocol)
) STRICT, WITHOUT ROWID;
INSERT INTO seen_by SELECT -1, app, direction, domain, address, port, protocol, count, last FROM seen;
DROP TABLE seen;
ALTER TABLE seen_by RENAME TO seen;
CREATE INDEX seen_last ON seen (last);
