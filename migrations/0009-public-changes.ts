import type { Migration } from './migration.ts'

/**
 * Counts changes of public documents, whoever makes them: what a search has read of them is good until there is another.
 * Triggers, because documents are also renamed with their account, and go with their repository.
 */
export const publicChanges: Migration = {
  version: 9,
  name: 'public-changes',
  sqlite: `
    CREATE TABLE search_change (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      public INTEGER NOT NULL
    ) STRICT;
    INSERT INTO search_change (id, public) VALUES (1, 0);
    CREATE TRIGGER search_document_inserted AFTER INSERT ON search_document WHEN new.visibility = 'public' BEGIN
      UPDATE search_change SET public = public + 1;
    END;
    CREATE TRIGGER search_document_updated AFTER UPDATE ON search_document
    WHEN 'public' IN (old.visibility, new.visibility) BEGIN
      UPDATE search_change SET public = public + 1;
    END;
    CREATE TRIGGER search_document_deleted AFTER DELETE ON search_document WHEN old.visibility = 'public' BEGIN
      UPDATE search_change SET public = public + 1;
    END;
  `,
}
