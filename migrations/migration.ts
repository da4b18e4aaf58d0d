/** One step of the database's history; never edited once released, for databases remember only its number. */
export interface Migration {
  readonly version: number
  readonly name: string
  /** Statements for SQLite, run in one transaction. */
  readonly sqlite: string
}
