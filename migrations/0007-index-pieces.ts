import type { Migration } from './migration.ts'

/**
 * How the pieces of the search index are put together. Each search looks for each token in every piece.
 *
 * Merging two at a time carried what little changes from level to level up to the one large piece, which was then
 * written anew because of a few documents: four at a time takes 4^level changes to come there. The pieces of single
 * documents are merged by the push that writes the eighth, not the sixteenth. What is there is put into one piece first.
 */
export const indexPieces: Migration = {
  version: 7,
  name: 'index-pieces',
  sqlite: ['public_text', 'private_text', 'account_text'].map(settingsOf).join(''),
}

function settingsOf(table: string): string {
  return `
    INSERT INTO ${table} (${table}, rank) VALUES ('usermerge', 4);
    INSERT INTO ${table} (${table}, rank) VALUES ('crisismerge', 8);
    INSERT INTO ${table} (${table}, rank) VALUES ('merge', -1);
  `
}
