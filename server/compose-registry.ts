import type { Config } from '../config/schema.ts'
import type { BlobStore } from '../storage/blobs/blob-store.ts'
import type { MetadataStore } from '../storage/metadata/metadata-store.ts'
import type { Policy } from './access/policy.ts'
import type { Metrics } from './http/metrics.ts'
import type { Log } from './log.ts'
import { createDeleteContent } from './registry/delete-content.ts'
import { createDescribeManifest, type DescribeManifest } from './registry/describe-manifest.ts'
import { createListContent } from './registry/list-content.ts'
import { createMountBlob } from './registry/mount-blob.ts'
import { createPullBlob, type PullBlob } from './registry/pull-blob.ts'
import type { PullCounts } from './registry/pull-counts.ts'
import { createPullManifest } from './registry/pull-manifest.ts'
import { createPushManifest } from './registry/push-manifest.ts'
import { createReadSmallBlob, type ReadSmallBlob } from './registry/read-small-blob.ts'
import type { Registry } from './registry/registry.ts'
import { createUploadBlob } from './registry/upload-blob.ts'
import { createUploadLocks } from './registry/upload-locks.ts'

/** How content is read, for clients as for ourselves. */
export interface Content {
  readonly pullBlob: PullBlob
  readonly readSmallBlob: ReadSmallBlob
  readonly describeManifest: DescribeManifest
}

/** Puts together what reads content. */
export function composeContent(deps: {
  readonly log: Log
  readonly metrics: Metrics
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
}): Content {
  const { log, metrics, blobs, metadata } = deps
  const pullBlob = createPullBlob({
    blobs,
    blobLinks: metadata.blobLinks,
    readChangeMark: metadata.readChangeMark,
    onDamaged(digest, expectedSize, actualSize) {
      metrics.blobDamaged()
      log.error(
        { event: 'blob.damaged', digest, expectedSize, actualSize },
        'a blob is damaged; pushing it again heals it',
      )
    },
  })
  const readSmallBlob = createReadSmallBlob({ pullBlob })
  return { pullBlob, readSmallBlob, describeManifest: createDescribeManifest({ readSmallBlob }) }
}

/** Puts together what pushes, pulls, lists and deletes, with a policy to ask. */
export function composeRegistry(deps: {
  readonly config: Config
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  readonly pullCounts: PullCounts
  readonly content: Content
  readonly policy: Policy
  readonly now: () => number
}): Registry {
  const { config, blobs, metadata, pullCounts, content, policy, now } = deps
  const { manifests, tags, repositories, blobLinks, uploadSessions } = metadata
  const { pullBlob, describeManifest } = content
  const { allowSparseIndexes } = config.manifests
  return {
    pullManifest: createPullManifest({ manifests, readChangeMark: metadata.readChangeMark }),
    pullCounts,
    pushManifest: createPushManifest({ manifests, repositories, describeManifest, allowSparseIndexes }),
    pullBlob,
    uploadBlob: createUploadBlob({
      blobs,
      blobLinks,
      repositories,
      uploadSessions,
      locks: createUploadLocks(),
      maxSessions: config.uploads.maxSessionsPerUser,
      now,
    }),
    mountBlob: createMountBlob({ blobs, blobLinks, policy }),
    deleteContent: createDeleteContent({ manifests, tags, blobLinks }),
    listContent: createListContent({ tags, repositories, manifests }),
  }
}
