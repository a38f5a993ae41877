-- A rule that holds until its app quits ends with the last of these: the app's processes as they were known last.

CREATE TABLE rule_processes (
  rule  INTEGER NOT NULL REFERENCES rules (number) ON DELETE CASCADE,
  pid   INTEGER NOT NULL,
  start INTEGER NOT NULL, -- field 22 of /proc/PID/stat, clock ticks since the boot: pids are given again
  PRIMARY KEY (rule, pid)
) STRICT, WITHOUT ROWID;
