-- What is in the files of apps that no package answers for: a rule that allows such an app was made for some content.

CREATE TABLE contents (
  app     TEXT NOT NULL,    -- as rules name it
  content TEXT NOT NULL,    -- device, inode and change time of its files: who finds them again need not read them
  file    TEXT NOT NULL,    -- where it was: another place of the same app is another version
  sha256  TEXT,             -- null: nobody could read it in time
  known   INTEGER,          -- milliseconds since 1970, UTC: since when it is what was allowed; null: it was only seen
  PRIMARY KEY (app, content)
) STRICT, WITHOUT ROWID;
