import type { Digest } from '../../../oci/digest.ts'
import { type GatheredPulls, type PullStore, recentPullsAt } from '../pulls.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface PullsRow {
  recent_pulls: number
  last_pulled_at: number | null
}

export function createPulls({ db }: StoreContext): PullStore {
  const selectRepository = db.prepare<[number], PullsRow>(
    'SELECT recent_pulls, last_pulled_at FROM repository WHERE id = ?',
  )
  const updateRepository = db.prepare<[number, number, number, number]>(
    'UPDATE repository SET pulls = pulls + ?, last_pulled_at = ?, recent_pulls = ? WHERE id = ?',
  )
  // As it was at the time: what has moved since was pulled all the same.
  const selectTags = db
    .prepare<[{ repositoryId: number; digest: Digest; at: number }], string>(`
      SELECT DISTINCT tag.name FROM manifest JOIN tag ON tag.manifest_id = manifest.id
      WHERE manifest.repository_id = @repositoryId AND manifest.digest = @digest
        AND tag.started_at <= @at AND (tag.ended_at IS NULL OR tag.ended_at > @at)`)
    .pluck()
  const addToTag = db.prepare<[{ repositoryId: number; name: string; count: number; lastAt: number }]>(`
    INSERT INTO tag_pull (repository_id, name, pulls, last_pulled_at)
    SELECT repository_id, name, @count, @lastAt FROM tag
    WHERE repository_id = @repositoryId AND name = @name AND ended_at IS NULL
    ON CONFLICT (repository_id, name) DO UPDATE SET
      pulls = pulls + excluded.pulls, last_pulled_at = max(last_pulled_at, excluded.last_pulled_at)`)

  function addToRepository({ repositoryId, count, lastAt }: GatheredPulls, before: PullsRow): void {
    const lastPulledAt = before.last_pulled_at ?? undefined
    const newestAt = Math.max(lastPulledAt ?? lastAt, lastAt)
    const recentPulls =
      recentPullsAt({ recentPulls: before.recent_pulls, lastPulledAt }, newestAt) +
      recentPullsAt({ recentPulls: count, lastPulledAt: lastAt }, newestAt)
    updateRepository.run(count, newestAt, recentPulls, repositoryId)
  }

  const record = transactional(db, (pulls: readonly GatheredPulls[]) => {
    for (const gathered of pulls) {
      const { repositoryId, reference, count, lastAt } = gathered
      const repository = selectRepository.get(repositoryId)
      if (repository === undefined) continue
      const names =
        reference.kind === 'tag'
          ? [reference.tag]
          : selectTags.all({ repositoryId, digest: reference.digest, at: lastAt })
      if (names.length === 0) continue
      addToRepository(gathered, repository)
      for (const name of names) addToTag.run({ repositoryId, name, count, lastAt })
    }
  })

  return {
    async record(pulls) {
      if (pulls.length > 0) record(pulls)
    },
  }
}
