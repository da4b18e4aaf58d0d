import type { Migration } from './migration.ts'

/**
 * Names: singular tables, `<table>_id` foreign keys, `_at` for milliseconds since the epoch.
 * Identities that outlive their row (an account's, a repository's) are AUTOINCREMENT, so that a number once given out,
 * in a token for instance, never comes to mean something else.
 */
export const foundations: Migration = {
  version: 1,
  name: 'foundations',
  sqlite: `
    CREATE TABLE account (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('user', 'organization')),
      name TEXT NOT NULL UNIQUE,
      display_name TEXT,
      email TEXT,
      role TEXT NOT NULL DEFAULT 'none' CHECK (role IN ('none', 'auditor', 'admin')),
      password_hash TEXT,
      credentials_version INTEGER NOT NULL DEFAULT 1,
      disabled_at INTEGER,
      created_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE repository (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      account_id INTEGER NOT NULL REFERENCES account (id),
      name TEXT NOT NULL UNIQUE,
      visibility TEXT NOT NULL CHECK (visibility IN ('private', 'public')),
      created_at INTEGER NOT NULL,
      pushed_at INTEGER
    ) STRICT;
    CREATE INDEX repository_account_id_name_idx ON repository (account_id, name);
    CREATE INDEX repository_public_name_idx ON repository (name) WHERE visibility = 'public';

    -- The bytes come last: SQLite reads the columns before them without touching the overflow pages.
    -- A deleted manifest keeps its row, so that the history of its tags can still say what they pointed to.
    CREATE TABLE manifest (
      id INTEGER PRIMARY KEY,
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      digest TEXT NOT NULL,
      media_type TEXT NOT NULL,
      artifact_type TEXT,
      subject_digest TEXT,
      referrer_descriptor TEXT,
      pushed_at INTEGER NOT NULL,
      deleted_at INTEGER,
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX manifest_repository_id_digest_idx ON manifest (repository_id, digest);
    CREATE INDEX manifest_subject_digest_idx ON manifest (repository_id, subject_digest, digest)
      WHERE subject_digest IS NOT NULL AND deleted_at IS NULL;

    -- The repository is the manifest's; it is here because what all repositories share must not be walked over to find
    -- what one of them refers to.
    CREATE TABLE manifest_reference (
      manifest_id INTEGER NOT NULL REFERENCES manifest (id) ON DELETE CASCADE,
      repository_id INTEGER NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('config', 'layer', 'manifest')),
      digest TEXT NOT NULL,
      PRIMARY KEY (manifest_id, kind, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX manifest_reference_digest_idx ON manifest_reference (repository_id, digest);

    -- One row is one lifetime; the live tag is the row without an end.
    CREATE TABLE tag (
      id INTEGER PRIMARY KEY,
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      manifest_id INTEGER NOT NULL REFERENCES manifest (id) ON DELETE CASCADE,
      started_at INTEGER NOT NULL,
      started_by TEXT NOT NULL,
      ended_at INTEGER,
      ended_by TEXT
    ) STRICT;
    CREATE UNIQUE INDEX tag_live_idx ON tag (repository_id, name) WHERE ended_at IS NULL;
    CREATE INDEX tag_live_manifest_id_idx ON tag (manifest_id) WHERE ended_at IS NULL;
    CREATE INDEX tag_history_idx ON tag (repository_id, name, id);
    CREATE INDEX tag_manifest_id_idx ON tag (manifest_id);

    CREATE TABLE blob (
      id INTEGER PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      size INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE repository_blob (
      repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
      blob_id INTEGER NOT NULL REFERENCES blob (id),
      linked_at INTEGER NOT NULL,
      PRIMARY KEY (repository_id, blob_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX repository_blob_blob_id_idx ON repository_blob (blob_id);

    CREATE TABLE upload_session (
      id TEXT PRIMARY KEY,
      repository TEXT NOT NULL,
      subject TEXT NOT NULL,
      store_key TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX upload_session_store_key_idx ON upload_session (store_key);

    CREATE TABLE signing_key (
      kid TEXT PRIMARY KEY,
      private_key_pem TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE refresh_token (
      token_hash BLOB PRIMARY KEY,
      account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
      credentials_version INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX refresh_token_account_id_idx ON refresh_token (account_id);

    CREATE TABLE audit_event (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      action TEXT NOT NULL,
      object TEXT NOT NULL,
      account_id INTEGER,
      account_name TEXT NOT NULL,
      credential TEXT NOT NULL,
      address TEXT NOT NULL,
      request_id TEXT NOT NULL,
      detail TEXT NOT NULL
    ) STRICT;
  `,
}
