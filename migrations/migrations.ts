import { foundations } from './0001-foundations.ts'
import { access } from './0002-access.ts'
import { hub } from './0003-hub.ts'
import { documents } from './0004-documents.ts'
import { scrub } from './0005-scrub.ts'
import { beginnings } from './0006-beginnings.ts'
import { indexPieces } from './0007-index-pieces.ts'
import { versions } from './0008-versions.ts'
import { publicChanges } from './0009-public-changes.ts'
import type { Migration } from './migration.ts'

/** Every migration, in order: a static list, so that what a version of Kontor knows is fixed when it is built. */
export const MIGRATIONS: readonly Migration[] = [
  foundations,
  access,
  hub,
  documents,
  scrub,
  beginnings,
  indexPieces,
  versions,
  publicChanges,
]
