import type { RepositoryId } from '../identities.ts'
import type { RepositoryDetails, RepositoryLabels } from '../repositories.ts'
import type { StoreContext } from './store-context.ts'

/** What is kept of a repository beside its row, which every request reads: README and labels. */
export interface RepositoryDetailsTable {
  read(id: RepositoryId): RepositoryDetails
  /** Empty text removes it. */
  writeReadme(id: RepositoryId, readme: string): void
  /** Makes the labels exactly these; the names of those that are new or another now, and of those that are gone. */
  writeLabels(id: RepositoryId, labels: RepositoryLabels): LabelChanges
}

export interface LabelChanges {
  readonly set: readonly string[]
  readonly removed: readonly string[]
}

/** Writing is to be done inside the transaction of a caller who knows that the repository is there. */
export function createRepositoryDetailsTable({ db }: StoreContext): RepositoryDetailsTable {
  const selectReadme = db
    .prepare<[number], string>('SELECT readme FROM repository_readme WHERE repository_id = ?')
    .pluck()
  const upsertReadme = db.prepare<[number, string]>(`
    INSERT INTO repository_readme (repository_id, readme) VALUES (?, ?)
    ON CONFLICT (repository_id) DO UPDATE SET readme = excluded.readme`)
  const deleteReadme = db.prepare<[number]>('DELETE FROM repository_readme WHERE repository_id = ?')
  const selectLabels = db.prepare<[number], { key: string; value: string }>(
    'SELECT key, value FROM repository_label WHERE repository_id = ? ORDER BY key',
  )
  const upsertLabel = db.prepare<[number, string, string]>(`
    INSERT INTO repository_label (repository_id, key, value) VALUES (?, ?, ?)
    ON CONFLICT (repository_id, key) DO UPDATE SET value = excluded.value`)
  const deleteLabel = db.prepare<[number, string]>('DELETE FROM repository_label WHERE repository_id = ? AND key = ?')

  function readLabels(id: RepositoryId): Map<string, string> {
    return new Map(selectLabels.all(id).map(({ key, value }) => [key, value]))
  }

  return {
    read: (id) => ({ readme: selectReadme.get(id) ?? '', labels: Object.fromEntries(readLabels(id)) }),
    writeReadme(id, readme) {
      if (readme === '') deleteReadme.run(id)
      else upsertReadme.run(id, readme)
    },
    writeLabels(id, labels) {
      const before = readLabels(id)
      const after = new Map(Object.entries(labels))
      const set = [...after.keys()].filter((key) => before.get(key) !== after.get(key))
      const removed = [...before.keys()].filter((key) => !after.has(key))
      for (const key of set) upsertLabel.run(id, key, after.get(key) ?? '')
      for (const key of removed) deleteLabel.run(id, key)
      return { set, removed }
    },
  }
}
