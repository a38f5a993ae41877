-- When an app was met, and when a question was asked last.

ALTER TABLE apps ADD COLUMN seen INTEGER;    -- milliseconds since 1970, UTC; null: it has a number and was not met yet; 0: nobody knows
UPDATE apps SET seen = 0;
ALTER TABLE prompts ADD COLUMN last INTEGER; -- milliseconds since 1970, UTC; null: nobody knows
