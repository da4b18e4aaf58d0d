import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { type Descriptor, MANIFEST_TYPE, openRegistryClient } from '../load/registry-client.ts'
import { ORGANIZATION } from '../servers/kontor-accounts.ts'
import { fill } from './fill.ts'
import { imageManifest, pushBlobs } from './image.ts'
import { findIdentity, writePastTheServer } from './kontor-database.ts'
import { pushScope } from './scopes.ts'
import type { Stock } from './stock.ts'

export const SOME_MANIFESTS = 2_000
export const MANY_MANIFESTS = 100_000
/** A signature, an attestation and a bill of materials are what most images have. */
export const REFERRERS_OF_ONE = 3

const ARTIFACT_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** A repository in which most manifests refer to another. */
export interface ReferredImage {
  readonly repository: string
  readonly subject: Descriptor
}

/**
 * A repository of so many manifests.
 * @param options.referToOne whether all of them refer to one, or each three of them to another.
 */
export function referredImage(
  stock: Stock,
  { size, referToOne }: { readonly size: 'some' | 'many'; readonly referToOne: boolean },
): Promise<ReferredImage> {
  const key = `${size}-manifests-${referToOne ? 'of-one' : 'of-many'}`
  return stock.remember(key, async () => {
    const { server } = stock
    const repository = `${ORGANIZATION}/${key}`
    const authorization = await server.authorize(pushScope(repository))
    const client = await openRegistryClient(server, authorization)
    const { config, layers } = await pushBlobs(client, repository, 1, 1024)
    const subject = await client.pushManifest(repository, imageManifest(config, layers), 'subject')
    client.close()
    const subjectOf = (index: number): Descriptor =>
      referToOne || index < REFERRERS_OF_ONE ? subject : madeUpDescriptor(Math.floor(index / REFERRERS_OF_ONE))
    const manifestOf = (index: number) =>
      imageManifest(config, layers, {
        artifactType: ARTIFACT_TYPE,
        subject: subjectOf(index),
        annotations: { 'org.opencontainers.image.title': `referrer ${index}` },
      })
    const pushed = size === 'some' ? SOME_MANIFESTS : REFERRERS_OF_ONE
    await fill(server, authorization, pushed, (each, index) => each.pushManifest(repository, manifestOf(index)))
    if (size === 'many') {
      writePastTheServer(server, MANY_MANIFESTS - pushed, (db) => {
        const write = writeReferrer(db, findIdentity(db, 'repository', repository), config)
        return (index) => write(JSON.stringify(manifestOf(pushed + index)), subjectOf(pushed + index).digest)
      })
    }
    return { repository, subject }
  })
}

/** Writes what the server writes when a manifest that refers to another is pushed without a tag. */
function writeReferrer(db: Database, repositoryId: number, config: Descriptor) {
  const insertManifest = db.prepare(`
    INSERT INTO manifest
      (repository_id, digest, media_type, artifact_type, subject_digest, referrer_descriptor, pushed_at, bytes)
    VALUES (?, ?, ?, ?, ?, ?, 1, ?)`)
  const insertReference = db.prepare("INSERT INTO manifest_reference VALUES (?, ?, 'config', ?)")
  return (manifest: string, subjectDigest: string) => {
    const bytes = Buffer.from(manifest)
    const digest = sha256(manifest)
    const descriptor = { mediaType: MANIFEST_TYPE, digest, size: bytes.length, artifactType: ARTIFACT_TYPE }
    const { lastInsertRowid } = insertManifest.run(
      repositoryId,
      digest,
      MANIFEST_TYPE,
      ARTIFACT_TYPE,
      subjectDigest,
      JSON.stringify(descriptor),
      bytes,
    )
    insertReference.run(lastInsertRowid, repositoryId, config.digest)
  }
}

/** A manifest that may be referred to without being there (distribution-spec, Pushing Manifests with Subject). */
function madeUpDescriptor(number: number): Descriptor {
  return { mediaType: MANIFEST_TYPE, digest: sha256(`subject ${number}`), size: 1000 }
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
