import type { ContentRange } from '../../../oci/content-range.ts'
import type { Digest } from '../../../oci/digest.ts'
import { parseRepositoryName, type RepositoryName } from '../../../oci/repository-name.ts'
import type { Caller } from '../../../server/access/caller.ts'
import { ANONYMOUS, userCredential } from '../../../server/access/credential.ts'
import { createPolicy } from '../../../server/access/policy.ts'
import { createDeleteContent } from '../../../server/registry/delete-content.ts'
import { createDescribeManifest } from '../../../server/registry/describe-manifest.ts'
import { createListContent } from '../../../server/registry/list-content.ts'
import { createMountBlob } from '../../../server/registry/mount-blob.ts'
import { createPullBlob } from '../../../server/registry/pull-blob.ts'
import { createPullManifest } from '../../../server/registry/pull-manifest.ts'
import { createPushManifest } from '../../../server/registry/push-manifest.ts'
import { createReadSmallBlob } from '../../../server/registry/read-small-blob.ts'
import { createUploadBlob, type UploadBody } from '../../../server/registry/upload-blob.ts'
import { createUploadLocks } from '../../../server/registry/upload-locks.ts'
import { createMemoryBlobStore } from '../../../storage/blobs/memory/memory-blob-store.ts'
import type { InstanceRole } from '../../../storage/metadata/accounts.ts'
import type { Repository } from '../../../storage/metadata/repositories.ts'
import { digestOf, inChunks } from '../../contract/blob-store-content.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createUser } from '../../contract/metadata/sample-content.ts'

export const APP = parseRepositoryName('alice/app')
export const OTHER = parseRepositoryName('alice/other')

/** How many uploads one subject may have begun and not finished. */
export const MAX_SESSIONS = 20

/** A blob whose file is not what it was. */
export interface Damage {
  readonly digest: Digest
  readonly expectedSize: number
  readonly actualSize: number | undefined
}

/** The use cases put together as the server does, on a database of their own and blobs in memory. */
export async function openRegistry() {
  const underTest = await openSqliteUnderTest()
  const { store, clock } = underTest
  const { manifests, tags, repositories, blobLinks, uploadSessions } = store
  const blobs = createMemoryBlobStore()
  const policy = createPolicy(store)
  const damages: Damage[] = []
  const pullBlob = createPullBlob({
    blobs,
    blobLinks,
    readChangeMark: store.readChangeMark,
    onDamaged: (digest, expectedSize, actualSize) => damages.push({ digest, expectedSize, actualSize }),
  })
  const describeManifest = createDescribeManifest({ readSmallBlob: createReadSmallBlob({ pullBlob }) })
  const registry = {
    store,
    blobs,
    damages,
    uploadBlob: createUploadBlob({
      blobs,
      blobLinks,
      repositories,
      uploadSessions,
      locks: createUploadLocks(),
      maxSessions: MAX_SESSIONS,
      now: clock.now,
    }),
    pullBlob,
    describeManifest,
    mountBlob: createMountBlob({ blobs, blobLinks, policy }),
    pushManifest: createPushManifest({ manifests, repositories, describeManifest, allowSparseIndexes: true }),
    pushManifestStrictly: createPushManifest({ manifests, repositories, describeManifest, allowSparseIndexes: false }),
    pullManifest: createPullManifest({ manifests, readChangeMark: store.readChangeMark }),
    deleteContent: createDeleteContent({ manifests, tags, blobLinks }),
    listContent: createListContent({ tags, repositories, manifests }),
    findRepository: (name: RepositoryName): Promise<Repository | undefined> => repositories.find(name),
    /** A new user who asks for something. */
    async createCaller(name: string, role?: InstanceRole): Promise<Caller> {
      const credential = userCredential(await createUser(store, name, role), { kind: 'password' })
      return { credential, address: '192.0.2.1', requestId: `request of ${name}` }
    },
    /** Pushes a blob in one request. */
    async pushBlob(bytes: Uint8Array, caller: Caller, repository = APP): Promise<Digest> {
      const digest = digestOf(bytes)
      await registry.uploadBlob.monolithic(repository, bodyOf(bytes), digest, caller)
      return digest
    },
    close: () => underTest.close(),
  }
  return registry
}

export type OpenRegistry = Awaited<ReturnType<typeof openRegistry>>

/** Somebody without credentials who asks for something. */
export const NOBODY: Caller = { credential: ANONYMOUS, address: '192.0.2.9', requestId: 'request of nobody' }

/** The body of a request; its length is announced unless said otherwise. */
export function bodyOf(
  bytes: Uint8Array,
  options: { readonly length?: number | 'unknown'; readonly range?: ContentRange; readonly chunkBytes?: number } = {},
): UploadBody {
  const { length = bytes.byteLength, range, chunkBytes } = options
  return { stream: inChunks(bytes, chunkBytes), length: length === 'unknown' ? undefined : length, range }
}

/** A request without a body. */
export const EMPTY = bodyOf(Buffer.alloc(0))
