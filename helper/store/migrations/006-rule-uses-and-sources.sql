-- When each rule decided last and how often, and what imported rules came from.

CREATE TABLE rule_uses (
  rule INTEGER PRIMARY KEY, -- rules.number; it outlives a rule that is taken away, which may come back by undo
  last INTEGER NOT NULL,    -- milliseconds since 1970, UTC
  uses INTEGER NOT NULL     -- flows it decided
) STRICT;

INSERT INTO settings (name, value) VALUES ('uses counted since', CAST(unixepoch() * 1000 AS TEXT)); -- milliseconds since 1970

ALTER TABLE rules ADD COLUMN source TEXT; -- of an import: what it was read from, by the name that the next import of the same replaces
