import type { Migration } from './migration.ts'

/** What people say of repositories, how often they are pulled, what their images are, and the index that finds them. */
export const hub: Migration = {
  version: 3,
  name: 'hub',
  sqlite: `
    ALTER TABLE repository ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
      CHECK (state IN ('active', 'deprecated', 'archived'));
    ALTER TABLE repository ADD COLUMN successor TEXT;
    ALTER TABLE repository ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE repository ADD COLUMN pulls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE repository ADD COLUMN last_pulled_at INTEGER;
    -- Pulls that count less the longer they are ago, as they stood at last_pulled_at.
    ALTER TABLE repository ADD COLUMN recent_pulls REAL NOT NULL DEFAULT 0;
    ALTER TABLE repository ADD COLUMN description TEXT NOT NULL DEFAULT '';

    CREATE INDEX repository_public_account_id_idx ON repository (account_id)
      WHERE visibility = 'public' AND pushed_at IS NOT NULL;
    CREATE TABLE repository_readme (
      repository_id INTEGER PRIMARY KEY REFERENCES repository (id) ON DELETE CASCADE,
      readme TEXT NOT NULL
    ) STRICT;
    CREATE TABLE repository_label (
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (repository_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE repository_star (
      user_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      starred_at INTEGER NOT NULL,
      PRIMARY KEY (user_id, repository_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX repository_star_repository_id_idx ON repository_star (repository_id);

    ALTER TABLE tag ADD COLUMN sort_key TEXT NOT NULL DEFAULT '';
    UPDATE tag SET sort_key = tag_sort_key(name);
    CREATE INDEX tag_live_sort_key_idx ON tag (repository_id, sort_key, name) WHERE ended_at IS NULL;
    CREATE INDEX tag_live_newest_idx ON tag (repository_id, id) WHERE ended_at IS NULL;

    -- By name and not by lifetime: a tag that moves keeps its count.
    CREATE TABLE tag_pull (
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      pulls INTEGER NOT NULL,
      last_pulled_at INTEGER NOT NULL,
      PRIMARY KEY (repository_id, name)
    ) STRICT, WITHOUT ROWID;

    -- What a manifest is, as far as lists and the search want to know without reading it; made when it is pushed.
    CREATE TABLE manifest_description (
      manifest_id INTEGER PRIMARY KEY REFERENCES manifest (id) ON DELETE CASCADE,
      kind TEXT NOT NULL,
      platforms TEXT NOT NULL,
      labels TEXT NOT NULL
    ) STRICT;

    -- Manifests that came before there were descriptions, until a job has described them.
    CREATE TABLE manifest_undescribed (
      manifest_id INTEGER PRIMARY KEY REFERENCES manifest (id) ON DELETE CASCADE
    ) STRICT;
    INSERT INTO manifest_undescribed (manifest_id) SELECT id FROM manifest;

    -- The index that finds repositories. The id says where a document stands among all of them: the better known, the
    -- higher; so a walk from the highest id down meets the best first and can stop early.
    CREATE TABLE search_document (
      id INTEGER PRIMARY KEY,
      repository_id INTEGER NOT NULL UNIQUE REFERENCES repository (id) ON DELETE CASCADE,
      visibility TEXT NOT NULL CHECK (visibility IN ('private', 'public')),
      fingerprint BLOB NOT NULL,
      -- Kinds, platforms and labels as JSON: many documents are read at once, and one text takes less than three.
      images TEXT NOT NULL,
      vocabulary TEXT NOT NULL
    ) STRICT;
    -- What is public and what is not are walked apart: of the first everybody sees all, of the second few see a little.
    CREATE VIRTUAL TABLE public_text USING fts5 (
      tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii tokenchars ''=^~#@'''
    );
    CREATE VIRTUAL TABLE private_text USING fts5 (
      tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii tokenchars ''=^~#@'''
    );
    -- Writes leave pieces behind, and a job puts them together: two of one size already.
    INSERT INTO public_text (public_text, rank) VALUES ('usermerge', 2);
    INSERT INTO private_text (private_text, rank) VALUES ('usermerge', 2);
    -- The words of names and descriptions: what a word that is only begun, or misspelt, may have been meant to be.
    CREATE TABLE search_word (
      word TEXT PRIMARY KEY,
      documents INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE search_spelling (
      variant TEXT NOT NULL,
      word TEXT NOT NULL,
      PRIMARY KEY (variant, word)
    ) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE account_text USING fts5 (
      tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii tokenchars ''=^~#@'''
    );
    -- How far the index has been built, for an index that is being built while the server runs.
    CREATE TABLE search_build (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      started_at INTEGER NOT NULL,
      last_account_id INTEGER NOT NULL,
      last_repository_id INTEGER NOT NULL,
      finished_at INTEGER,
      documents INTEGER NOT NULL
    ) STRICT;
    INSERT INTO search_build (id, started_at, last_account_id, last_repository_id, documents)
      SELECT 1, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0, 0, 0 WHERE EXISTS (SELECT 1 FROM account);
  `,
}
