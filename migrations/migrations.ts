import { foundations } from './0001-foundations.ts'

/** One step of the database's history; never edited once released, for databases remember only its number. */
export interface Migration {
  readonly version: number
  readonly name: string
  /** Statements for SQLite, run in one transaction. */
  readonly sqlite: string
}

/** Every migration, in order: a static list, so that what a version of Kontor knows is fixed when it is built. */
export const MIGRATIONS: readonly Migration[] = [foundations]
