-- Sums of sixteen days of history_days that are over, so that a year is not added up day by day (helper/history/summary.ts). Made of
-- those pages, and gone with any of them: it can be made again at any time. `span`: day since 1970, divided by 16.
CREATE TABLE history_spans (span INTEGER PRIMARY KEY, summary BLOB NOT NULL) STRICT;
