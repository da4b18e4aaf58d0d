import { BLOB_PUSHES, type BlobPushParts, findOffset, goOn, type OpenUpload } from './blob-pushes.ts'
import {
  blobPath,
  createImageManifest,
  createIndex,
  digestOf,
  manifestPath,
  type PushedBlob,
  type PushedManifest,
} from './content.ts'
import {
  createImageInArchive,
  deleteRepository,
  deleteTag as deleteTagInHub,
  hasContent,
  importImage,
  pointTag,
} from './hub-actions.ts'
import type { Content, Oracle } from './oracle.ts'
import { ConnectionLost, type PushClient } from './push-client.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Tags of one writer in one repository: few, so that they move often. */
const TAGS = 4

/**
 * One of the clients that push at the same time. Tags, manifests and most blobs are a writer's own, so that for each
 * of them it is clear which request came last; some blobs are pushed by all, so that commits of one digest meet.
 */
export interface Writer {
  /**
   * Does one thing after the other in some repositories until the server is gone.
   * @throws Error when the server answers what it must not.
   */
  work(clients: WriterClients, places: WriterPlaces): Promise<ConnectionLost>
  /** Goes on with what was interrupted, as far as the server still knows it. @returns what was wrong. */
  resume(client: PushClient): Promise<string[]>
}

/** How a writer reaches the server. */
export interface WriterClients {
  readonly wire: PushClient
  /** With all rights, for the API. */
  readonly hub: PushClient
}

/** Where a writer works. */
export interface WriterPlaces {
  /** Repositories that all writers work in. */
  readonly shared: readonly string[]
  /** One that nobody else works in, so that it can be deleted. */
  readonly own: string
}

interface Scene {
  readonly client: PushClient
  readonly hub: PushClient
  /** Where something is done. */
  readonly repository: string
  /** Another repository. */
  readonly other: string
  readonly own: string
}

type Action = (scene: Scene) => Promise<void>

export function createWriter(deps: {
  readonly name: string
  readonly random: SeededRandom
  readonly oracle: Oracle
  /** What all writers push. */
  readonly sharedBlobs: readonly Buffer[]
}): Writer {
  const { name, random, oracle, sharedBlobs } = deps
  const openUploads = new Set<OpenUpload>()
  const blobs = new Map<string, PushedBlob>()
  const manifests: PushedManifest[] = []
  const sharedDigests = new Set(sharedBlobs.map(digestOf))
  let sequence = 0

  const isThere = ({ repository, digest }: PushedBlob) => oracle.find(blobPath(repository, digest)) === digest
  const isStored = ({ repository, digest }: PushedManifest) => oracle.find(manifestPath(repository, digest)) === digest
  const isNeeded = (path: string) => manifests.some((other) => isStored(other) && other.references.includes(path))
  const note = () => `${name} ${++sequence}`
  const tagName = () => `${name}-${random.int(1, TAGS)}`
  const tagPath = (repository: string) => manifestPath(repository, tagName())

  function remember(blob: PushedBlob): void {
    blobs.set(blobPath(blob.repository, blob.digest), blob)
  }

  function blobsIn(repository: string): PushedBlob[] {
    return [...blobs.values()].filter((blob) => blob.repository === repository && isThere(blob))
  }

  function manifestsIn(repository: string): PushedManifest[] {
    return manifests.filter((manifest) => manifest.repository === repository && isStored(manifest))
  }

  async function pushBlob(client: PushClient, repository: string, bytes: Buffer): Promise<void> {
    const push = random.pick(BLOB_PUSHES)
    remember({ repository, digest: digestOf(bytes), size: bytes.byteLength })
    await push({ client, oracle, random, openUploads }, repository, bytes)
  }

  async function mountBlob({ client, repository, other }: Scene): Promise<void> {
    const [source] = random.sample(blobsIn(other), 1)
    if (source === undefined) return
    const { digest } = source
    const change = oracle.begin(new Map([[blobPath(repository, digest), digest]]))
    const query = new URLSearchParams({ mount: digest, from: other })
    await client.expect(201, { method: 'POST', path: `/v2/${repository}/blobs/uploads/?${query}` })
    change.acknowledge()
    remember({ ...source, repository })
  }

  async function pushManifest(client: PushClient, manifest: PushedManifest): Promise<void> {
    const { repository, digest, mediaType, bytes } = manifest
    const tags = [...new Set([tagPath(repository), tagPath(repository)])]
    const [firstTag = ''] = tags
    const byDigest = manifestPath(repository, digest)
    const queryOfTags = tags.map((path) => `tag=${path.slice(path.lastIndexOf('/') + 1)}`).join('&')
    const way = random.pick([
      { path: byDigest, tags: [] },
      { path: firstTag, tags: [firstTag] },
      { path: `${byDigest}?${queryOfTags}`, tags },
    ])
    const change = oracle.begin(new Map([byDigest, ...way.tags].map((path) => [path, digest])))
    await client.expect(201, { method: 'PUT', path: way.path, body: bytes, headers: { 'Content-Type': mediaType } })
    change.acknowledge()
  }

  async function pushNewManifest(client: PushClient, manifest: PushedManifest): Promise<void> {
    manifests.push(manifest)
    await pushManifest(client, manifest)
  }

  async function pushImage(client: PushClient, repository: string, subject?: PushedManifest): Promise<void> {
    while (blobsIn(repository).length < 2) await pushBlob(client, repository, random.bytes(random.int(100, 4096)))
    const chosen = random.sample(blobsIn(repository), random.int(1, 4))
    await pushNewManifest(client, createImageManifest(repository, chosen, note(), subject))
  }

  async function pushIndex({ client, repository }: Scene): Promise<void> {
    const children = random.sample(manifestsIn(repository), random.int(1, 3))
    if (children.length > 0) await pushNewManifest(client, createIndex(repository, children, note()))
  }

  async function pushReferrer({ client, repository }: Scene): Promise<void> {
    const [subject] = random.sample(manifestsIn(repository), 1)
    if (subject !== undefined) await pushImage(client, repository, subject)
  }

  /** Moves tags to a manifest that is there, or pushes one again that was deleted. */
  async function pushOldManifest({ client, repository }: Scene): Promise<void> {
    const whole = manifests.filter(({ references }) => references.every((path) => oracle.find(path) !== undefined))
    const [manifest] = random.sample(
      whole.filter((candidate) => candidate.repository === repository),
      1,
    )
    if (manifest !== undefined) await pushManifest(client, manifest)
  }

  async function remove(client: PushClient, path: string, alsoGone: readonly string[] = []): Promise<void> {
    const change = oracle.begin(new Map([path, ...alsoGone].map((gone) => [gone, undefined])))
    await client.expect(202, { method: 'DELETE', path })
    change.acknowledge()
  }

  async function deleteTag({ client, repository }: Scene): Promise<void> {
    const path = tagPath(repository)
    if (oracle.find(path) !== undefined) await remove(client, path)
  }

  async function deleteManifest({ client, repository }: Scene): Promise<void> {
    const paths = manifestsIn(repository).map(({ digest }) => manifestPath(repository, digest))
    const [path] = random.sample(
      paths.filter((candidate) => !isNeeded(candidate)),
      1,
    )
    if (path !== undefined) await remove(client, path, tagsOf(repository, oracle.find(path)))
  }

  async function deleteBlob({ client, repository }: Scene): Promise<void> {
    const own = blobsIn(repository).filter(({ digest }) => !sharedDigests.has(digest))
    const paths = own.map(({ digest }) => blobPath(repository, digest))
    const [path] = random.sample(
      paths.filter((candidate) => !isNeeded(candidate)),
      1,
    )
    if (path !== undefined) await remove(client, path)
  }

  async function importNewImage({ hub, repository }: Scene): Promise<void> {
    const image = createImageInArchive(repository, random, note())
    for (const blob of image.blobs) remember(blob)
    manifests.push(image.manifest)
    await importImage({ hub, oracle }, image, tagName())
  }

  async function pointTagInHub({ hub, repository }: Scene): Promise<void> {
    const [manifest] = random.sample(manifestsIn(repository), 1)
    if (manifest !== undefined) await pointTag({ hub, oracle }, manifest, tagName())
  }

  async function deleteTagOrRepository({ hub, repository, own }: Scene): Promise<void> {
    const tag = tagName()
    if (random.int(0, 1) === 1) {
      if (hasContent(oracle, own)) await deleteRepository({ hub, oracle }, own)
    } else if (oracle.find(manifestPath(repository, tag)) !== undefined) {
      await deleteTagInHub({ hub, oracle }, repository, tag)
    }
  }

  function tagsOf(repository: string, digest: Content): string[] {
    const paths = Array.from({ length: TAGS }, (_, index) => manifestPath(repository, `${name}-${index + 1}`))
    return paths.filter((path) => oracle.find(path) === digest)
  }

  /** How often, and what. Blobs take several requests and the longest to sync: the shares make every kind be hit. */
  const shares: readonly (readonly [number, Action])[] = [
    [3, ({ client, repository }) => pushBlob(client, repository, random.bytes(random.int(100, 32 * 1024)))],
    [1, ({ client, repository }) => pushBlob(client, repository, random.bytes(random.int(32 * 1024, 256 * 1024)))],
    [1, ({ client, repository }) => pushBlob(client, repository, random.bytes(random.int(1, 3) * 1024 * 1024))],
    [2, ({ client, repository }) => pushBlob(client, repository, random.pick(sharedBlobs))],
    [4, mountBlob],
    [5, ({ client, repository }) => pushImage(client, repository)],
    [3, pushIndex],
    [3, pushReferrer],
    [5, pushOldManifest],
    [4, deleteTag],
    [4, deleteManifest],
    [3, deleteBlob],
    [2, importNewImage],
    [2, pointTagInHub],
    [3, deleteTagOrRepository],
  ]
  const actions = shares.flatMap(([count, action]) => Array.from({ length: count }, () => action))

  async function resumeUpload(parts: BlobPushParts, upload: OpenUpload): Promise<string | undefined> {
    const offset = await findOffset(parts.client, upload)
    const { location, acknowledgedBytes, sentBytes, isFinishing } = upload
    if (offset === undefined) return isFinishing ? undefined : `${location} is gone, though nobody ended it`
    if (offset < acknowledgedBytes || offset > sentBytes) {
      return `${location} stands at ${offset}; acknowledged were ${acknowledgedBytes} bytes and sent ${sentBytes}`
    }
    upload.acknowledgedBytes = offset
    await goOn(parts, upload)
    return undefined
  }

  return {
    async work({ wire, hub }, { shared, own }) {
      try {
        for (;;) {
          const [repository = '', other = ''] = random.sample([...shared, own], 2)
          await random.pick(actions)({ client: wire, hub, repository, other, own })
        }
      } catch (error) {
        if (error instanceof ConnectionLost) return error
        throw error
      }
    },
    async resume(client) {
      const problems: string[] = []
      for (const upload of openUploads) {
        const problem = await resumeUpload({ client, oracle, random, openUploads }, upload)
        if (problem !== undefined) problems.push(`${name}: ${problem}`)
      }
      openUploads.clear()
      return problems
    },
  }
}
