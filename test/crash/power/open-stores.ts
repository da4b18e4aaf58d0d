import { parseDigest } from '../../../oci/digest.ts'
import { parseReference } from '../../../oci/reference.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { BlobStore } from '../../../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { openDataFolder } from '../../../storage/data-folder.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { openSqliteMetadataStore } from '../../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import type { PushClient, WireAnswer, WireRequest } from '../push-client.ts'

/** More than a subject has referrers here, or a repository tags. */
const PAGE = 10_000

/** A data folder that no server has, and a client of it. */
export interface OpenStores {
  /** There is nothing to close about it. */
  readonly client: PushClient
  close(): Promise<void>
}

/**
 * Opens the stores of a data folder in the order in which a server does, and answers from them what a server would to
 * its administrator: for hundreds of data folders in the time that a few servers take to start. It only reads.
 * @throws Error when they cannot be opened.
 */
export async function openStores(dataDir: string): Promise<OpenStores> {
  const folder = openDataFolder(dataDir)
  try {
    const blobs = await openFilesystemBlobStore({ root: folder.blobsPath })
    const metadata = openSqliteMetadataStore({ path: folder.databasePath, now: Date.now, holdNamesForMs: 0 })
    const send = (request: WireRequest) => read({ blobs, metadata }, request)
    const client: PushClient = {
      send,
      async expect(status, request) {
        const answered = await send(request)
        if (answered.status === status) return answered
        throw new Error(`${request.method} ${request.path} → ${answered.status}; ${status} was expected`)
      },
      close() {},
    }
    return {
      client,
      async close() {
        await metadata.close()
        folder.close()
      },
    }
  } catch (error) {
    folder.close()
    throw error
  }
}

interface Stores {
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
}

const PATH = /^\/v2\/(?<name>.+)\/(?<kind>blobs|manifests|referrers|tags)\/(?<what>[^/?]+)$/

async function read({ blobs, metadata }: Stores, { method, path }: WireRequest): Promise<WireAnswer> {
  const { name = '', kind, what = '' } = PATH.exec(path)?.groups ?? {}
  if (method !== 'GET' || kind === undefined) throw new Error(`${method} ${path} is not for the stores alone`)
  const repository = await metadata.repositories.find(parseRepositoryName(name))
  if (repository === undefined) return answer(404)
  switch (kind) {
    case 'tags': {
      const { items } = await metadata.tags.list(repository.id, { after: undefined, limit: PAGE })
      return answer(200, JSON.stringify({ name, tags: items }))
    }
    case 'referrers': {
      const request = { subject: parseDigest(what), artifactTypes: [], after: undefined, limit: PAGE }
      const { items } = await metadata.manifests.listReferrers(repository.id, request)
      return answer(200, `{"manifests":[${items.join(',')}]}`)
    }
    case 'manifests': {
      const manifest = await metadata.manifests.resolve(repository.id, parseReference(what))
      return manifest === undefined ? answer(404) : answer(200, manifest.bytes, manifest.digest)
    }
    default: {
      const link = await metadata.blobLinks.find(repository.id, parseDigest(what))
      if (link === undefined) return answer(404)
      const bytes = await readBlob(blobs, link)
      // What a server says of a blob that is gone or of another size (I12).
      return bytes === undefined ? answer(500, 'the blob is damaged') : answer(200, bytes, link.digest)
    }
  }
}

async function readBlob(
  blobs: BlobStore,
  { digest, size }: { readonly digest: Parameters<BlobStore['open']>[0]; readonly size: number },
): Promise<Buffer | undefined> {
  const blob = await blobs.open(digest)
  if (blob === undefined) return undefined
  try {
    if (blob.size !== size) return undefined
    const bytes = Buffer.alloc(size)
    let offset = 0
    for await (const chunk of blob.read({ first: 0, last: size - 1 })) {
      bytes.set(chunk, offset)
      offset += chunk.byteLength
    }
    return bytes
  } finally {
    await blob.close()
  }
}

function answer(status: number, body: Uint8Array | string = '', digest?: string): WireAnswer {
  return { status, headers: digest === undefined ? {} : { 'docker-content-digest': digest }, body: Buffer.from(body) }
}
