-- Sums of eight days of history_days that are over, so that a year is not added up day by day (helper/history/sums.ts). Made of those
-- pages, and gone with any of them: they can be made again at any time. `span`: day since 1970, divided by 8. `part`: what they are by.
CREATE TABLE history_spans (
  span INTEGER NOT NULL,
  part TEXT NOT NULL,
  sums BLOB NOT NULL,
  PRIMARY KEY (span, part)
) STRICT;
