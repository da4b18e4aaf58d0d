import { expect } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { Caller } from '../../../server/access/caller.ts'
import type { UploadTarget } from '../../../server/registry/upload-blob.ts'
import { collect, digestOf, pull } from '../../contract/blob-store-content.ts'
import { APP, openRegistry } from './open-registry.ts'
import { refusalOf } from './refusal-of.ts'

/** A registry with two users, and what tests of uploads ask of it. */
export async function openUploads() {
  const registry = await openRegistry()
  const alice = await registry.createCaller('alice')
  const bob = await registry.createCaller('bob')
  return {
    registry,
    alice,
    bob,
    /** Begins an upload, as alice and to her repository unless said otherwise. */
    async start(caller: Caller = alice, repository: RepositoryName = APP): Promise<UploadTarget> {
      const { id } = await registry.uploadBlob.start(repository, caller)
      return { repository, id }
    },
    async offsetOf(target: UploadTarget, caller: Caller = alice): Promise<number> {
      return (await registry.uploadBlob.progress(target, caller)).offset
    },
    /** The size of a blob as a repository has it; undefined when it does not. */
    async linkedSize(bytes: Uint8Array, name: RepositoryName = APP): Promise<number | undefined> {
      const repository = await registry.findRepository(name)
      return repository && (await registry.store.blobLinks.find(repository.id, digestOf(bytes)))?.size
    },
    /** Whether a blob is stored byte for byte. */
    async isStored(bytes: Buffer, digest: Digest = digestOf(bytes)): Promise<boolean> {
      return (await pull(registry.blobs, digest))?.equals(bytes) ?? false
    },
    /** Expects that nothing is left of an upload: no bytes, no blob, no session. */
    async expectNothingLeft(target?: UploadTarget): Promise<void> {
      expect(await collect(registry.blobs.listUploads())).toEqual([])
      expect(await collect(registry.blobs.list())).toEqual([])
      if (target === undefined) return
      expect((await refusalOf(registry.uploadBlob.progress(target, alice))).code).toBe('BLOB_UPLOAD_UNKNOWN')
    },
    close: () => registry.close(),
  }
}

export type OpenUploads = Awaited<ReturnType<typeof openUploads>>
