import { expect } from 'vitest'
import { parseRepositoryName, type RepositoryName } from '../../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import type { UploadKey } from '../../../storage/blobs/blob-store.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { UploadId } from '../../../storage/metadata/upload-sessions.ts'
import { ORIGIN } from './sample-content.ts'

/** The name that a name leads to when there is a repository, and nothing otherwise. */
export async function follow(store: MetadataStore, name: string): Promise<RepositoryName | undefined> {
  const { name: current, repository } = await store.repositories.locate(parseRepositoryName(name))
  expect(repository === undefined || repository.name === current).toBe(true)
  return repository?.name
}

/** Makes a token that may push to some patterns; the function tells its scopes as they are now. */
export async function createScopedToken(store: MetadataStore, userId: AccountId, ...patterns: string[]) {
  const scopes = patterns.map((pattern) => ({ pattern: parseRepositoryPattern(pattern), permission: 'push' as const }))
  const { id } = await store.accessTokens.create(
    { userId, name: 'ci', tokenHash: Buffer.from(patterns.join()), scopes, expiresAt: undefined },
    ORIGIN,
  )
  return async () => {
    const token = await store.accessTokens.findById(id)
    return token?.scopes?.map(({ pattern, permission }) => `${pattern} ${permission}`).sort()
  }
}

/** Begins an upload; the function tells to which repository it is now. */
export async function beginUpload(store: MetadataStore, repository: RepositoryName): Promise<() => Promise<unknown>> {
  const id = `upload to ${repository}` as UploadId
  await store.uploadSessions.create({ id, repository, subject: 'user:1', storeKey: 'key' as UploadKey, createdAt: 1 })
  return async () => (await store.uploadSessions.find(id))?.repository
}
