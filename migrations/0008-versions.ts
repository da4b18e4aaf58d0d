import type { Migration } from './migration.ts'

/** Members, teams and grants have versions, as everything has that people edit: a change can be refused to who is late. */
export const versions: Migration = {
  version: 8,
  name: 'versions',
  sqlite: `
    ALTER TABLE organization_member ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE team ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE access_grant ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  `,
}
