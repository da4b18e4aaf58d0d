import { createHash } from 'node:crypto'
import { type Digest, digestAlgorithm, formatDigest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import { isForeignLayer } from '../../oci/foreign-layer.ts'
import { type ManifestView, parseManifest } from '../../oci/manifest.ts'
import type { Reference, Tag } from '../../oci/reference.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { ManifestReference, ManifestStore } from '../../storage/metadata/manifests.ts'
import type { RepositoryStore } from '../../storage/metadata/repositories.ts'
import { type Caller, originOf } from '../access/caller.ts'
import type { DescribeManifest } from './describe-manifest.ts'

export interface PushManifestRequest {
  readonly repository: RepositoryName
  readonly reference: Reference
  /** Further tags for a push by digest (`?tag=`, distribution-spec end-7b). */
  readonly tags: readonly Tag[]
  readonly contentType: string | undefined
  readonly bytes: Uint8Array
}

export interface PushedManifest {
  readonly digest: Digest
  readonly subject: Digest | undefined
  readonly tags: readonly Tag[]
  /** What the client should be told although the push succeeded. */
  readonly warnings: readonly string[]
}

/** Stores a manifest; the moment at which a push becomes true. */
export type PushManifest = (request: PushManifestRequest, caller: Caller) => Promise<PushedManifest>

export function createPushManifest(deps: {
  readonly manifests: Pick<ManifestStore, 'put'>
  readonly repositories: Pick<RepositoryStore, 'find'>
  readonly describeManifest: DescribeManifest
  /** Whether an index may name children that the repository does not have. */
  readonly allowSparseIndexes: boolean
}): PushManifest {
  const { manifests, repositories, describeManifest, allowSparseIndexes } = deps
  return async ({ repository, reference, tags, contentType, bytes }, caller) => {
    const digest = digestOf(bytes, reference)
    const view = parseManifest(bytes, contentType)
    const allTags = reference.kind === 'tag' ? [reference.tag] : tags
    const result = await manifests.put(
      {
        repository,
        digest,
        mediaType: view.mediaType,
        bytes,
        references: referencesOf(view, allowSparseIndexes),
        artifactType: view.artifactType,
        referrer: referrerOf(view, digest, bytes.length),
        tags: allTags,
        description: await describeManifest(await repositories.find(repository), view),
      },
      originOf(caller),
    )
    if (result.kind === 'missing-references') throw missingReferences(result.missing)
    return { digest, subject: view.subject?.digest, tags: allTags, warnings: warningsFor(view, result.missing) }
  }
}

function digestOf(bytes: Uint8Array, reference: Reference): Digest {
  const algorithm = reference.kind === 'digest' ? digestAlgorithm(reference.digest) : 'sha256'
  const actual = formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
  if (reference.kind === 'digest' && reference.digest !== actual) {
    throw new RegistryError('DIGEST_INVALID', {
      message: `the manifest was sent as ${reference.digest}, but its bytes are ${actual}; send exactly the bytes that were digested`,
      detail: { expected: reference.digest, actual },
    })
  }
  return actual
}

/** What the repository must have, or may lack, before a manifest can be stored there. */
export function referencesOf(view: ManifestView, allowSparseIndexes: boolean): ManifestReference[] {
  const references: ManifestReference[] = []
  if (view.config !== undefined) references.push({ kind: 'config', digest: view.config.digest, isRequired: true })
  for (const layer of view.layers) {
    references.push({ kind: 'layer', digest: layer.digest, isRequired: !isForeignLayer(layer) })
  }
  for (const { digest } of view.manifests) {
    references.push({ kind: 'manifest', digest, isRequired: !allowSparseIndexes })
  }
  return references
}

/** The subject is never checked for: a signature may arrive before what it signs (distribution-spec, Pushing Manifests with Subject). */
function referrerOf(view: ManifestView, digest: Digest, size: number) {
  if (view.subject === undefined) return undefined
  const { mediaType, artifactType, annotations } = view
  return {
    subject: view.subject.digest,
    descriptor: JSON.stringify({ mediaType, digest, size, artifactType, annotations }),
  }
}

function missingReferences(missing: readonly Digest[]): RegistryError {
  return new RegistryError('MANIFEST_BLOB_UNKNOWN', {
    message: `this repository does not have ${aFew(missing)}; push what the manifest refers to before the manifest`,
    detail: missing.map((digest) => ({ digest })),
  })
}

function warningsFor(view: ManifestView, missing: readonly Digest[]): string[] {
  if (view.manifests.length === 0 || missing.length === 0) return []
  return [
    `this index names ${missing.length} manifest(s) that the repository does not have (${aFew(missing)}); pulling them will fail`,
  ]
}

/** The first of a list that may be long: a sentence is for people. */
function aFew(digests: readonly Digest[]): string {
  const more = digests.length - 3
  return digests.slice(0, 3).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
