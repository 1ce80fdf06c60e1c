export const searchIndex = `CREATE VIRTUAL TABLE words USING fts5 (
  text, content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);`

/**
 * Keys that put two numbers into one 64-bit integer: the upper 23 bits name a term or group, the
 * lower 40 a place in it. Such a key is the row's own address in the file, so a range of a term, an
 * order or a list of messages is one walk over neighbouring rows, and FTS5 can be asked for a range
 * of one group's messages, newest first, without looking at the others.
 *
 * An entry is kept once, as the text that was hashed. Messages and words only point at it.
 */
export const histories = `
CREATE TABLE node_meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
  no        INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,
  name      TEXT NOT NULL,
  has_left  INTEGER NOT NULL
) STRICT;

CREATE TABLE group_meta (
  group_no  INTEGER NOT NULL,
  key       TEXT NOT NULL,
  value     TEXT NOT NULL,
  PRIMARY KEY (group_no, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE terms (
  no        INTEGER PRIMARY KEY,
  group_no  INTEGER NOT NULL,
  id        TEXT NOT NULL,
  UNIQUE (group_no, id)
) STRICT;

CREATE TABLE entries (
  no        INTEGER PRIMARY KEY, -- terms.no << 40 | seq
  group_no  INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  clock     INTEGER NOT NULL,
  hash      TEXT NOT NULL,
  sig       TEXT,
  json      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX entries_by_hash ON entries (group_no, hash);
CREATE INDEX entries_skeleton ON entries (group_no, clock, hash)
  WHERE kind IN ('genesis', 'open', 'merge');

CREATE TABLE ordering (
  no     INTEGER PRIMARY KEY, -- groups.no << 40 | index
  entry  INTEGER NOT NULL UNIQUE,
  main   INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
  no      INTEGER PRIMARY KEY, -- groups.no << 40 | position
  idx     INTEGER NOT NULL, -- of the entry in the order
  item    INTEGER NOT NULL, -- which of the entry's items
  folded  INTEGER NOT NULL,
  id      TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_id ON messages (id);

-- Its rowid is messages.no. It keeps no text of its own.
${searchIndex}

CREATE TABLE snapshots (
  no        INTEGER PRIMARY KEY,
  group_no  INTEGER NOT NULL,
  idx       INTEGER NOT NULL,
  state     TEXT NOT NULL,
  UNIQUE (group_no, idx)
) STRICT;

CREATE TABLE outbox_queued (
  no        INTEGER PRIMARY KEY,
  group_no  INTEGER NOT NULL,
  id        TEXT NOT NULL,
  json      TEXT NOT NULL,
  UNIQUE (group_no, id)
) STRICT;

CREATE TABLE outbox_batches (
  no        INTEGER PRIMARY KEY,
  group_no  INTEGER NOT NULL,
  session   TEXT NOT NULL,
  aseq      INTEGER NOT NULL,
  json      TEXT NOT NULL,
  UNIQUE (group_no, session, aseq)
) STRICT;

CREATE TABLE probe (
  no      INTEGER PRIMARY KEY,
  filler  BLOB NOT NULL
) STRICT;
`
