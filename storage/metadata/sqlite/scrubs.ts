import type { Digest } from '../../../oci/digest.ts'
import type { Origin } from '../audit-events.ts'
import type { ManifestId, ScrubId } from '../identities.ts'
import type { Scrub, ScrubProgress, ScrubStore } from '../scrubs.ts'
import { createAuditRecorder } from './audit-events.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface ScrubRow {
  id: number
  started_at: number
  bytes_per_second: number | null
  paused_at: number | null
  problem: string | null
  finished_at: number | null
  last_digest: string | null
  last_manifest_id: number | null
  blobs: number
  blob_bytes: number
  manifests: number
  damaged: number
}

/** What the audit trail calls what a scrub is about. */
const REGISTRY = { name: 'registry', ownerId: undefined }

export function createScrubs({ db, now }: Pick<StoreContext, 'db' | 'now'>): ScrubStore {
  const record = createAuditRecorder({ db, now })
  const selectNewest = db.prepare<[], ScrubRow>('SELECT * FROM scrub ORDER BY id DESC LIMIT 1')
  const insert = db.prepare<[number, number | null], ScrubRow>(
    'INSERT INTO scrub (started_at, bytes_per_second) VALUES (?, ?) RETURNING *',
  )
  const resume = db.prepare<[number | null, number], ScrubRow>(
    'UPDATE scrub SET bytes_per_second = ?, paused_at = NULL, problem = NULL WHERE id = ? RETURNING *',
  )
  const markPaused = db.prepare<[number, string | null, number], ScrubRow>(
    'UPDATE scrub SET paused_at = ?, problem = ? WHERE id = ? RETURNING *',
  )
  const advance = db.prepare<[Record<keyof ScrubProgress, string | number | null> & { id: number }]>(`
    UPDATE scrub SET last_digest = @lastDigest, last_manifest_id = @lastManifestId, blobs = @blobs,
      blob_bytes = @blobBytes, manifests = @manifests, damaged = @damaged
    WHERE id = @id AND finished_at IS NULL AND id = (SELECT max(id) FROM scrub)`)
  const markFinished = db.prepare<[number, number]>(
    'UPDATE scrub SET finished_at = ?, paused_at = NULL WHERE id = ? AND id = (SELECT max(id) FROM scrub)',
  )

  function write(id: ScrubId, progress: ScrubProgress): void {
    const { lastDigest = null, lastManifestId = null } = progress
    advance.run({ ...progress, lastDigest, lastManifestId, id })
  }

  const start = transactional(db, (wish: Parameters<ScrubStore['start']>[0], origin: Origin) => {
    const newest = selectNewest.get()
    const rate = wish.bytesPerSecond ?? null
    const goesOn = newest !== undefined && newest.finished_at === null && !wish.startsOver
    const row = goesOn ? resume.get(rate, newest.id) : insert.get(now(), rate)
    if (row === undefined) throw new Error('starting a scrub returned no row')
    const isNews = !goesOn || newest.paused_at !== null || newest.bytes_per_second !== rate
    if (isNews) record('scrub.started', REGISTRY, origin, { bytesPerSecond: rate, goesOn })
    return toScrub(row)
  })

  const pause = transactional(db, (problem: string | undefined, origin: Origin) => {
    const newest = selectNewest.get()
    if (newest === undefined || newest.finished_at !== null || newest.paused_at !== null) return toOptionalScrub(newest)
    record('scrub.paused', REGISTRY, origin, problem === undefined ? {} : { problem })
    return toOptionalScrub(markPaused.get(now(), problem ?? null, newest.id))
  })

  const checkpoint = transactional(db, (id: ScrubId, progress: ScrubProgress) => {
    write(id, progress)
    return toOptionalScrub(selectNewest.get())
  })

  const finish = transactional(db, (id: ScrubId, progress: ScrubProgress) => {
    write(id, progress)
    markFinished.run(now(), id)
    return toOptionalScrub(selectNewest.get())
  })

  return {
    find: async () => toOptionalScrub(selectNewest.get()),
    start: async (wish, origin) => start(wish, origin),
    pause: async (problem, origin) => pause(problem, origin),
    checkpoint: async (id, progress) => checkpoint(id, progress),
    finish: async (id, progress) => finish(id, progress),
  }
}

function toOptionalScrub(row: ScrubRow | undefined): Scrub | undefined {
  return row && toScrub(row)
}

function toScrub(row: ScrubRow): Scrub {
  return {
    id: row.id as ScrubId,
    startedAt: row.started_at,
    bytesPerSecond: row.bytes_per_second ?? undefined,
    pausedAt: row.paused_at ?? undefined,
    problem: row.problem ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    progress: {
      lastDigest: row.last_digest === null ? undefined : (row.last_digest as Digest),
      lastManifestId: row.last_manifest_id === null ? undefined : (row.last_manifest_id as ManifestId),
      blobs: row.blobs,
      blobBytes: row.blob_bytes,
      manifests: row.manifests,
      damaged: row.damaged,
    },
  }
}
