import { createImportForm } from './archive.ts'
import {
  blobPath,
  createImageManifest,
  digestOf,
  hubPath,
  manifestPath,
  type PushedBlob,
  type PushedManifest,
} from './content.ts'
import type { Oracle } from './oracle.ts'
import type { PushClient } from './push-client.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What the actions work with. */
export interface HubActionParts {
  readonly hub: PushClient
  readonly oracle: Oracle
}

/** Points a tag to a manifest that is there, through the API. */
export async function pointTag({ hub, oracle }: HubActionParts, manifest: PushedManifest, tag: string): Promise<void> {
  const { repository, digest } = manifest
  const path = manifestPath(repository, tag)
  const isNew = oracle.find(path) === undefined
  const change = oracle.begin(new Map([[path, digest]]))
  await hub.expect(isNew ? 201 : 200, {
    method: 'PUT',
    path: `${hubPath(repository)}/tags/${tag}`,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify({ digest })),
  })
  change.acknowledge()
}

/** Deletes a tag that is there, through the API. */
export async function deleteTag({ hub, oracle }: HubActionParts, repository: string, tag: string): Promise<void> {
  const change = oracle.begin(new Map([[manifestPath(repository, tag), undefined]]))
  await hub.expect(204, { method: 'DELETE', path: `${hubPath(repository)}/tags/${tag}` })
  change.acknowledge()
}

/** Deletes a repository that is there, with everything in it at once. */
export async function deleteRepository({ hub, oracle }: HubActionParts, repository: string): Promise<void> {
  const change = oracle.begin(new Map(pathsIn(oracle, repository).map((path) => [path, undefined])))
  await hub.expect(204, { method: 'DELETE', path: hubPath(repository) })
  change.acknowledge()
}

/** True when something that is in a repository was acknowledged, so that there must be such a repository. */
export function hasContent(oracle: Oracle, repository: string): boolean {
  return pathsIn(oracle, repository).length > 0
}

function pathsIn(oracle: Oracle, repository: string): string[] {
  return oracle.paths().filter((path) => path.startsWith(`/v2/${repository}/`) && oracle.find(path) !== undefined)
}

/** An image that nobody has yet, in an archive. */
export interface ImageInArchive {
  readonly manifest: PushedManifest
  readonly blobs: readonly PushedBlob[]
  readonly contents: readonly Buffer[]
}

export function createImageInArchive(repository: string, random: SeededRandom, note: string): ImageInArchive {
  const contents = Array.from({ length: random.int(2, 4) }, () => random.bytes(random.int(100, 128 * 1024)))
  const blobs = contents.map((bytes) => ({ repository, digest: digestOf(bytes), size: bytes.byteLength }))
  return { manifest: createImageManifest(repository, blobs, note), blobs, contents }
}

/** Imports it under a tag: the blobs come one by one, then the manifest and the tag together. */
export async function importImage(
  { hub, oracle }: HubActionParts,
  { manifest, blobs, contents }: ImageInArchive,
  tag: string,
): Promise<void> {
  const { repository, digest } = manifest
  const change = oracle.begin(
    ...blobs.map((blob) => new Map([[blobPath(repository, blob.digest), blob.digest]])),
    new Map([
      [manifestPath(repository, digest), digest],
      [manifestPath(repository, tag), digest],
    ]),
  )
  const path = `${hubPath(repository)}/import?tag=${tag}`
  await hub.expect(201, { method: 'POST', path, ...createImportForm(manifest, contents) })
  change.acknowledge()
}
