import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { UploadKey } from '../../../storage/blobs/blob-store.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { UploadId } from '../../../storage/metadata/upload-sessions.ts'
import { readTrail } from './audit-log.ts'
import { createUser, digestOf, getRepository, idOf, LATEST, link, ORIGIN, put } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** All that one can read of a store, for comparing before and after. */
async function readAll(store: MetadataStore): Promise<unknown> {
  const id = await idOf(store)
  const page = { after: undefined, limit: 100 }
  return {
    repositories: await store.repositories.listVisible({ kind: 'everything' }, page),
    users: await store.accounts.listUsers(page),
    organizations: await store.accounts.listOrganizations(undefined, page),
    members: await store.members.list((await getRepository(store)).ownerId, page),
    grants: await store.grants.list((await getRepository(store)).ownerId, undefined, page),
    robots: await store.robots.list((await getRepository(store)).ownerId, page),
    manifest: await store.manifests.resolve(id, { kind: 'tag', tag: LATEST }),
    tags: await store.tags.list(id, page),
    tagDetails: await store.tags.listDetails(id, { ...page, order: 'pushed' }),
    history: await store.tags.history(id, LATEST, page),
    referrers: await store.manifests.listReferrers(id, { ...page, subject: digestOf('second'), artifactTypes: [] }),
    blob: await store.blobLinks.find(id, digestOf('a layer')),
    session: await store.uploadSessions.find('session' as UploadId),
    keys: await store.signingKeys.list(),
    refreshToken: await store.refreshTokens.findByHash(Buffer.from('hash')),
    accessToken: await store.accessTokens.findByHash(Buffer.from('token')),
    invitations: await store.invitations.list(undefined, page),
    trail: await readTrail(store),
  }
}

/** What a store keeps when it is closed. */
export function describeDurability(underTest: () => MetadataStoreUnderTest): void {
  describe('after it was closed and opened again', () => {
    it('has everything that was in it', async () => {
      const { store, clock } = underTest()
      const { id } = await createUser(store, 'alice')
      await link(store, 'a layer')
      await put(store, 'first', { tags: [LATEST] })
      clock.advance(1000)
      await put(store, 'second', { tags: [LATEST] })
      await put(store, 'signature', { referrer: { subject: digestOf('second'), descriptor: '{"signature":true}' } })
      await store.repositories.update(await idOf(store), { visibility: 'public' }, ORIGIN)
      await store.uploadSessions.create({
        id: 'session' as UploadId,
        repository: parseRepositoryName('acme/app'),
        subject: 'user:1',
        storeKey: 'key' as UploadKey,
        createdAt: 1000,
      })
      await store.signingKeys.add({ kid: 'key-1', privateKeyPem: 'PEM', createdAt: 1000 }, 0, ORIGIN)
      await store.refreshTokens.create({ tokenHash: Buffer.from('hash'), accountId: id, credentialsVersion: 1 }, ORIGIN)
      const token = { userId: id, name: 'ci', tokenHash: Buffer.from('token'), scopes: undefined, expiresAt: undefined }
      await store.accessTokens.create(token, ORIGIN)
      const { ownerId: organizationId } = await getRepository(store)
      await store.members.set(organizationId, id, 'owner', ORIGIN)
      const scopes = [{ pattern: 'app', permission: 'push' } as const]
      const secretHash = Buffer.from('secret')
      await store.robots.create({ organizationId, name: 'ci', scopes, expiresAt: undefined, secretHash }, ORIGIN)
      const expiresAt = clock.now() + 1000
      const tokenHash = Buffer.from('invitation')
      await store.invitations.create(
        { tokenHash, organization: undefined, note: undefined, invitedBy: id, expiresAt },
        ORIGIN,
      )

      const before = await readAll(store)
      await underTest().reopen()
      expect(await readAll(underTest().store)).toEqual(before)
    })

    it('never gives an identity that was given before, not even that of the last repository deleted', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const id = await idOf(store)
      await store.repositories.delete(id, ORIGIN)
      await underTest().reopen()
      await put(underTest().store, 'image')
      expect(await idOf(underTest().store)).not.toBe(id)
    })

    it('answers to a ping, and not once it is closed', async () => {
      const { store } = underTest()
      await expect(store.ping()).resolves.toBeUndefined()
      await underTest().reopen()
      await expect(store.ping()).rejects.toThrow()
      await expect(underTest().store.ping()).resolves.toBeUndefined()
    })
  })
}
