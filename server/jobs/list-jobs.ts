import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { MetadataStore } from '../../storage/metadata/metadata-store.ts'
import type { LastUses } from '../access/last-uses.ts'
import type { SigningKeys } from '../access/signing-keys.ts'
import { purgeOldEvents } from '../audit/purge-old-events.ts'
import type { Refusals } from '../audit/refusals.ts'
import type { Log } from '../log.ts'
import type { DescribeManifest } from '../registry/describe-manifest.ts'
import type { PullCounts } from '../registry/pull-counts.ts'
import type { UploadHolds } from '../registry/upload-holds.ts'
import type { Scrubber } from '../scrub/scrubber.ts'
import { buildSearchIndex, createRefreshPositions, tidySearchIndex } from './build-search-index.ts'
import { describeManifests } from './describe-manifests.ts'
import type { Job } from './schedule.ts'
import { sweepUploads } from './sweep-uploads.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Repositories whose popularity is looked at in one run. */
const POSITIONS_AT_ONCE = 20_000

/** All that happens by itself while the server runs. */
export function listJobs(deps: {
  readonly log: Log
  readonly blobs: BlobStore
  readonly metadata: Pick<MetadataStore, 'uploadSessions' | 'auditLog' | 'searchIndex' | 'manifests'>
  readonly uploadHolds: UploadHolds
  readonly content: { readonly describeManifest: DescribeManifest }
  readonly refusals: Refusals
  readonly pullCounts: PullCounts
  readonly keys: Pick<SigningKeys, 'rotateIfDue'>
  readonly lastUses: LastUses
  readonly scrubber: Pick<Scrubber, 'run'>
  readonly uploadsExpireAfterMs: number
  readonly auditRetentionMs: number
  readonly now: () => number
}): Job[] {
  const { log, blobs, uploadHolds, content, refusals, pullCounts, keys, lastUses, scrubber, now } = deps
  const { uploadSessions, auditLog, searchIndex, manifests } = deps.metadata
  return [
    {
      name: 'sweep-uploads',
      everyMs: 10 * MINUTE_MS,
      async run() {
        const expireAfterMs = deps.uploadsExpireAfterMs
        const swept = await sweepUploads({ blobs, uploadSessions, uploadHolds, expireAfterMs, now })
        if (swept > 0) log.info({ event: 'uploads.swept', count: swept }, 'gave up abandoned uploads')
      },
    },
    {
      name: 'purge-audit-events',
      everyMs: 6 * HOUR_MS,
      async run() {
        const purged = await purgeOldEvents({ auditLog, retentionMs: deps.auditRetentionMs, now })
        if (purged > 0) log.info({ event: 'audit.purged', count: purged }, 'forgot old audit events')
      },
    },
    {
      name: 'describe-manifests',
      everyMs: SECOND_MS,
      async run() {
        const described = await describeManifests({ manifests, describeManifest: content.describeManifest })
        if (described > 0) log.info({ event: 'manifests.described', count: described }, 'described older manifests')
      },
    },
    {
      name: 'build-search-index',
      everyMs: SECOND_MS,
      async run() {
        const build = await buildSearchIndex({ searchIndex, forMs: SECOND_MS })
        if (build === undefined) return
        const seconds = Math.round((now() - build.startedAt) / SECOND_MS)
        log.info({ event: 'search-index.built', documents: build.documents, seconds }, 'the search index is built anew')
      },
    },
    {
      name: 'tidy-search-index',
      // Each push leaves a piece in which every search looks for every token.
      everyMs: SECOND_MS,
      // A little at a time: what is put together was found all the while, and everybody waits meanwhile.
      run: () => tidySearchIndex({ searchIndex, forMs: SECOND_MS / 20 }),
    },
    {
      name: 'refresh-search-positions',
      everyMs: 10 * MINUTE_MS,
      run: createRefreshPositions({ searchIndex, atOnce: POSITIONS_AT_ONCE }),
    },
    { name: 'scrub', everyMs: SECOND_MS, run: () => scrubber.run() },
    { name: 'record-refusals', everyMs: MINUTE_MS, run: () => refusals.flush() },
    { name: 'record-pulls', everyMs: MINUTE_MS, run: () => pullCounts.flush() },
    { name: 'record-last-uses', everyMs: MINUTE_MS, run: () => lastUses.flush() },
    { name: 'rotate-signing-key', everyMs: HOUR_MS, run: () => keys.rotateIfDue() },
  ]
}
