-- Who made a change of rules: what one person may take back is not pushed out by what another changes.

ALTER TABLE rule_changes ADD COLUMN maker INTEGER NOT NULL DEFAULT 0; -- uid; 0 also of what was made before
CREATE INDEX rule_changes_maker ON rule_changes (maker);
