/** See `row-sums.ts`. Rows from before have none until they are written again. */
export const rowSums = `
ALTER TABLE node_meta ADD COLUMN sum TEXT;
ALTER TABLE groups ADD COLUMN sum TEXT;
ALTER TABLE group_meta ADD COLUMN sum TEXT;
ALTER TABLE outbox_queued ADD COLUMN sum TEXT;
ALTER TABLE outbox_batches ADD COLUMN sum TEXT;
`
