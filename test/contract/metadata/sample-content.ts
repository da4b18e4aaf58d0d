import { createHash } from 'node:crypto'
import { type Digest, type DigestAlgorithm, formatDigest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { parseTag, type Tag } from '../../../oci/reference.ts'
import { parseRepositoryName, type RepositoryName } from '../../../oci/repository-name.ts'
import type { Account, InstanceRole } from '../../../storage/metadata/accounts.ts'
import type { Origin } from '../../../storage/metadata/audit-events.ts'
import type { AccountId, RepositoryId } from '../../../storage/metadata/identities.ts'
import type { PutManifest } from '../../../storage/metadata/manifests.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Repository } from '../../../storage/metadata/repositories.ts'

/** Somebody who changes something. */
export const ORIGIN: Origin = {
  accountId: undefined,
  accountName: 'alice',
  credential: 'password',
  address: '192.0.2.1',
  requestId: 'request-1',
}

export const APP = parseRepositoryName('acme/app')
export const WEB = parseRepositoryName('acme/web')
export const LATEST = parseTag('latest')

export function digestOf(content: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return formatDigest(algorithm, createHash(algorithm).update(content).digest('hex'))
}

export function tags(...names: string[]): Tag[] {
  return names.map(parseTag)
}

/** A manifest with some content that refers to nothing, for `acme/app`, without a tag; changed as the test needs it. */
export function manifestOf(content: string, changes: Partial<PutManifest> = {}): PutManifest {
  const bytes = Buffer.from(content)
  return {
    repository: APP,
    digest: digestOf(bytes),
    mediaType: MEDIA_TYPES.ociManifest,
    bytes,
    references: [],
    artifactType: undefined,
    referrer: undefined,
    tags: [],
    description: { kind: 'image', platforms: ['linux/amd64'], labels: {} },
    ...changes,
  }
}

/** Stores a manifest that must be accepted, and gives its digest. */
export async function put(store: MetadataStore, content: string, changes: Partial<PutManifest> = {}): Promise<Digest> {
  const manifest = manifestOf(content, changes)
  const result = await store.manifests.put(manifest, ORIGIN)
  if (result.kind !== 'stored') throw new Error(`the store misses ${result.missing.join(', ')}`)
  return manifest.digest
}

/** Links a blob of some content, and gives its digest. */
export async function link(
  store: MetadataStore,
  content: string,
  repository: RepositoryName = APP,
  origin: Origin = ORIGIN,
): Promise<Digest> {
  const digest = digestOf(content)
  await store.blobLinks.link(repository, { digest, size: Buffer.byteLength(content) }, origin)
  return digest
}

/** Everything that a tag ever pointed to, the newest first. */
export async function historyOf(store: MetadataStore, id: RepositoryId, tag: Tag = LATEST) {
  return (await store.tags.history(id, tag, { after: undefined, limit: 1000 })).items
}

/** A repository that must be there. */
export async function getRepository(store: MetadataStore, name: RepositoryName = APP): Promise<Repository> {
  const repository = await store.repositories.find(name)
  if (repository === undefined) throw new Error(`there is no repository ${name}`)
  return repository
}

export async function idOf(store: MetadataStore, name: RepositoryName = APP): Promise<RepositoryId> {
  return (await getRepository(store, name)).id
}

/** Creates a user whose name must be free. */
export async function createUser(store: MetadataStore, name: string, role: InstanceRole = 'none'): Promise<Account> {
  const result = await store.accounts.createUser(
    { name, passwordHash: `hash of ${name}`, email: undefined, role },
    ORIGIN,
  )
  if (result.kind !== 'created') throw new Error(`the name ${name} is taken`)
  return result.account
}

/** Creates an organization whose name must be free. */
export async function createOrganization(store: MetadataStore, name: string, ownerId?: AccountId): Promise<Account> {
  const result = await store.accounts.createOrganization({ name, displayName: undefined, ownerId }, ORIGIN)
  if (result.kind !== 'created') throw new Error(`the name ${name} is taken`)
  return result.account
}

/** Gives an account another name, which must be free. */
export async function renameAccount(store: MetadataStore, id: AccountId, name: string): Promise<Account> {
  const result = await store.accounts.update(id, { name }, ORIGIN)
  if (result.kind !== 'updated') throw new Error(`the account cannot be called ${name}: ${result.kind}`)
  return result.account
}

/** Gives a repository another name, which must be free. */
export async function renameRepository(
  store: MetadataStore,
  id: RepositoryId,
  name: RepositoryName,
): Promise<Repository> {
  const result = await store.repositories.update(id, { name }, ORIGIN)
  if (result.kind !== 'updated') throw new Error(`the repository cannot be called ${name}: ${result.kind}`)
  return result.repository
}
