/**
 * Which messages change how others are shown. Histories from before have none: all that was ever
 * said in them is text.
 */
export const amendments = `
CREATE TABLE amendments (
  no      INTEGER PRIMARY KEY, -- messages.no
  target  TEXT NOT NULL,       -- the message that is changed
  slot    TEXT NOT NULL        -- of those with the same target and slot the last one counts
) STRICT;
CREATE INDEX amendments_by_target ON amendments (target, slot);
`
