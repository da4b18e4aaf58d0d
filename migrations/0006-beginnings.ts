import type { Migration } from './migration.ts'

/**
 * The first letters of names are written to the search index as words are, without a mark of their own: each search looks
 * for a third as many tokens. A job writes the index anew, while the registry runs; until it has come to a repository,
 * that one is found by whole words alone.
 */
export const beginnings: Migration = {
  version: 6,
  name: 'beginnings',
  sqlite: `
    INSERT OR REPLACE INTO search_build (id, started_at, last_account_id, last_repository_id, documents)
      SELECT 1, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0, 0, 0 WHERE EXISTS (SELECT 1 FROM account);
    -- Accounts are put together as repositories are.
    INSERT INTO account_text (account_text, rank) VALUES ('usermerge', 2);
    INSERT INTO account_text (account_text, rank) VALUES ('deletemerge', 2);
  `,
}
