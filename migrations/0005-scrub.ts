import type { Migration } from './migration.ts'

/** What a scrub found damaged and nobody has pushed again since, and how far the scrub got. */
export const scrub: Migration = {
  version: 5,
  name: 'scrub',
  sqlite: `
    -- A blob, whoever has it, or a manifest, which is its repository's own.
    CREATE TABLE damage (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      digest TEXT NOT NULL,
      manifest_id INTEGER REFERENCES manifest (id) ON DELETE CASCADE,
      reason TEXT NOT NULL CHECK (reason IN ('altered', 'resized', 'missing', 'unreadable')),
      found_size INTEGER,
      found_at INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX damage_blob_idx ON damage (digest) WHERE manifest_id IS NULL;
    CREATE UNIQUE INDEX damage_manifest_id_idx ON damage (manifest_id);

    -- The newest is the one that counts. It goes through the blobs in order of digest, then through the manifests.
    CREATE TABLE scrub (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      started_at INTEGER NOT NULL,
      bytes_per_second INTEGER,
      paused_at INTEGER,
      problem TEXT,
      finished_at INTEGER,
      last_digest TEXT,
      last_manifest_id INTEGER,
      blobs INTEGER NOT NULL DEFAULT 0,
      blob_bytes INTEGER NOT NULL DEFAULT 0,
      manifests INTEGER NOT NULL DEFAULT 0,
      damaged INTEGER NOT NULL DEFAULT 0
    ) STRICT;
  `,
}
