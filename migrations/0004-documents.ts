import type { Migration } from './migration.ts'

/**
 * Documents of the search say themselves what they are ranked by: those that a search meets lie side by side, the best
 * known together, while their repositories are all over the database.
 */
export const documents: Migration = {
  version: 4,
  name: 'documents',
  sqlite: `
    CREATE TABLE document (
      id INTEGER PRIMARY KEY,
      repository_id INTEGER NOT NULL UNIQUE REFERENCES repository (id) ON DELETE CASCADE,
      account_id INTEGER NOT NULL,
      name TEXT NOT NULL,
      visibility TEXT NOT NULL CHECK (visibility IN ('private', 'public')),
      state TEXT NOT NULL CHECK (state IN ('active', 'deprecated', 'archived')),
      -- When the document was written; the repository may have been pushed to since, in the same month.
      pushed_at INTEGER NOT NULL,
      description TEXT NOT NULL,
      -- Kinds, platforms and labels as JSON: many documents are read at once, and one text takes less than three.
      images TEXT NOT NULL,
      fingerprint BLOB NOT NULL
    ) STRICT;
    INSERT INTO document
      SELECT search_document.id, repository.id, repository.account_id, repository.name, search_document.visibility,
        repository.state, repository.pushed_at, repository.description, search_document.images,
        search_document.fingerprint
      FROM search_document CROSS JOIN repository ON repository.id = search_document.repository_id
      ORDER BY search_document.id;
    DROP TABLE search_document;
    ALTER TABLE document RENAME TO search_document;

    -- Tokens of private documents are written another way now: a job writes them anew, while the registry runs.
    DROP TABLE private_text;
    CREATE VIRTUAL TABLE private_text USING fts5 (
      tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii tokenchars ''=^~#@_'''
    );
    INSERT INTO private_text (private_text, rank) VALUES ('usermerge', 2);
    -- What was deleted is looked up for each document that a search goes past: a job writes anew what has 2 % of it.
    INSERT INTO public_text (public_text, rank) VALUES ('deletemerge', 2);
    INSERT INTO private_text (private_text, rank) VALUES ('deletemerge', 2);
    INSERT OR REPLACE INTO search_build (id, started_at, last_account_id, last_repository_id, documents)
      SELECT 1, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0, 0, 0 WHERE EXISTS (SELECT 1 FROM account);
  `,
}
