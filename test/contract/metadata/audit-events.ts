import { describe, expect, it } from 'vitest'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { parseTag } from '../../../oci/reference.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId, RepositoryId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { describeAuditLog, EVERYTHING, readTrail } from './audit-log.ts'
import {
  createUser,
  digestOf,
  getRepository,
  historyOf,
  idOf,
  LATEST,
  link,
  manifestOf,
  ORIGIN,
  put,
  tags,
  WEB,
} from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** What a change must leave in the trail: `[action, object, detail]`, oldest first. */
type Trace = readonly [action: string, object: string, detail: object][]

const ABSENT = 999 as RepositoryId & AccountId
const IMAGE = digestOf('image')
const LAYER = digestOf('a layer')

const key = { kid: 'key-1', privateKeyPem: 'PEM', createdAt: 1000 }

/**
 * Every way to change content and accounts, on a store that has one image and one user, and what it leaves. What
 * changes of members, teams, grants and credentials is tested next to them.
 */
const CHANGES: Readonly<Record<string, { change: (store: MetadataStore) => Promise<unknown>; trace: Trace }>> = {
  'a user is created': {
    change: (store) => createUser(store, 'bob', 'auditor'),
    trace: [['account.created', 'bob', { kind: 'user', role: 'auditor' }]],
  },
  'an organization is made sure of': {
    change: (store) => store.accounts.ensureOrganization('library', ORIGIN),
    trace: [['account.created', 'library', { kind: 'organization' }]],
  },
  'an organization is created': {
    change: (store) =>
      store.accounts.createOrganization({ name: 'tools', displayName: 'Tools', ownerId: undefined }, ORIGIN),
    trace: [['account.created', 'tools', { kind: 'organization' }]],
  },
  'an account is changed': {
    change: async (store) =>
      store.accounts.update((await createUserOnce(store)).id, { role: 'admin', disabled: true }, ORIGIN),
    trace: [['account.updated', 'alice', { role: 'admin', disabled: true }]],
  },
  'a password is changed': {
    change: async (store) =>
      store.accounts.update((await createUserOnce(store)).id, { passwordHash: '$argon2id$secret' }, ORIGIN),
    trace: [['account.updated', 'alice', { passwordHash: 'changed' }]],
  },
  'an account is renamed': {
    change: async (store) => store.accounts.update((await createUserOnce(store)).id, { name: 'alicia' }, ORIGIN),
    trace: [['account.updated', 'alice', { name: { from: 'alice', to: 'alicia' } }]],
  },
  'an account is deleted': {
    change: async (store) => store.accounts.delete((await createUserOnce(store)).id, ORIGIN),
    trace: [['account.deleted', 'alice', { kind: 'user' }]],
  },
  'a blob is the first thing in a repository': {
    change: (store) => link(store, 'another layer', parseRepositoryName('new/app')),
    trace: [
      ['account.created', 'new', { kind: 'organization' }],
      ['repository.created', 'new/app', { visibility: 'private' }],
    ],
  },
  'a manifest is pushed': {
    change: (store) => put(store, 'new', { tags: tags('1', '2') }),
    trace: [
      ['manifest.pushed', `acme/app@${digestOf('new')}`, { mediaType: MEDIA_TYPES.ociManifest, tags: ['1', '2'] }],
    ],
  },
  'a manifest is deleted': {
    change: async (store) => store.manifests.delete(await idOf(store), IMAGE, ORIGIN),
    trace: [['manifest.deleted', `acme/app@${IMAGE}`, { tags: ['latest'] }]],
  },
  'a tag is deleted': {
    change: async (store) => store.tags.delete(await idOf(store), LATEST, ORIGIN),
    trace: [['tag.deleted', 'acme/app:latest', {}]],
  },
  'a blob is deleted': {
    change: async (store) => store.blobLinks.unlink(await idOf(store), LAYER, ORIGIN),
    trace: [['blob.deleted', `acme/app@${LAYER}`, {}]],
  },
  'a repository becomes public': {
    change: async (store) => store.repositories.update(await idOf(store), { visibility: 'public' }, ORIGIN),
    trace: [['repository.updated', 'acme/app', { visibility: 'public' }]],
  },
  'a repository is renamed': {
    change: async (store) => store.repositories.update(await idOf(store), { name: WEB }, ORIGIN),
    trace: [['repository.updated', 'acme/app', { name: { from: 'acme/app', to: 'acme/web' } }]],
  },
  'a repository is deleted': {
    change: async (store) => store.repositories.delete(await idOf(store), ORIGIN),
    trace: [['repository.deleted', 'acme/app', {}]],
  },
  'a signing key is added': {
    change: (store) => store.signingKeys.add(key, 0, ORIGIN),
    trace: [['signing_key.created', 'key-1', {}]],
  },
}

/** Every way to change nothing after all. */
const FAILURES: Readonly<Record<string, (store: MetadataStore) => Promise<unknown>>> = {
  'a user’s name is taken': (store) =>
    store.accounts.createUser({ name: 'alice', passwordHash: '', email: undefined, role: 'none' }, ORIGIN),
  'an organization is there already': (store) => store.accounts.ensureOrganization('acme', ORIGIN),
  'an organization’s name is taken': (store) =>
    store.accounts.createOrganization({ name: 'alice', displayName: undefined, ownerId: undefined }, ORIGIN),
  'an account was changed by somebody else meanwhile': async (store) =>
    store.accounts.update((await createUserOnce(store)).id, { role: 'admin' }, ORIGIN, 99),
  'an account’s new name is taken': async (store) =>
    store.accounts.update((await createUserOnce(store)).id, { name: 'acme' }, ORIGIN),
  'an account to change is not there': (store) => store.accounts.update(ABSENT, { role: 'admin' }, ORIGIN),
  'an account to delete is not there': (store) => store.accounts.delete(ABSENT, ORIGIN),
  'an account to delete has repositories': async (store) =>
    store.accounts.delete((await getRepository(store)).ownerId, ORIGIN),
  'a manifest lacks a layer': (store) =>
    store.manifests.put(
      manifestOf('bad', { references: [{ kind: 'layer', digest: digestOf('absent'), isRequired: true }] }),
      ORIGIN,
    ),
  'a manifest to delete is not there': async (store) =>
    store.manifests.delete(await idOf(store), digestOf('absent'), ORIGIN),
  'a tag to delete is not there': async (store) => store.tags.delete(await idOf(store), parseTag('absent'), ORIGIN),
  'a blob to delete is not linked': async (store) =>
    store.blobLinks.unlink(await idOf(store), digestOf('absent'), ORIGIN),
  'a blob to delete is in use': async (store) =>
    store.blobLinks.unlink(await idOf(store), digestOf('the config'), ORIGIN),
  'a repository to show is not there': (store) => store.repositories.update(ABSENT, { visibility: 'public' }, ORIGIN),
  'a repository was changed by somebody else meanwhile': async (store) =>
    store.repositories.update(await idOf(store), { visibility: 'public' }, ORIGIN, 99),
  'a repository to delete is not there': (store) => store.repositories.delete(ABSENT, ORIGIN),
}

async function createUserOnce(store: MetadataStore) {
  const found = await store.accounts.findByName('alice')
  return found ?? createUser(store, 'alice')
}

/** The trail that changes leave. */
export function describeAuditEvents(underTest: () => MetadataStoreUnderTest): void {
  async function openPopulated(): Promise<MetadataStore> {
    const { store } = underTest()
    await createUser(store, 'alice')
    await link(store, 'a layer')
    const references = [{ kind: 'config', digest: await link(store, 'the config'), isRequired: true }] as const
    await put(store, 'image', { tags: [LATEST], references })
    return store
  }

  describe('the audit trail', () => {
    it.each(Object.entries(CHANGES))('has what happened when %s', async (_, { change, trace }) => {
      const store = await openPopulated()
      const before = await readTrail(store)
      await change(store)
      const after = await readTrail(store)
      const added = after.slice(0, after.length - before.length).reverse()
      expect(added.map(({ action, object, detail }) => [action, object, detail])).toEqual(trace)
      const common = { at: underTest().clock.now(), outcome: 'done', origin: ORIGIN }
      for (const event of added) expect(event).toMatchObject(common)
    })

    it.each(Object.entries(FAILURES))('has nothing when %s', async (_, change) => {
      const store = await openPopulated()
      const before = await readTrail(store)
      await change(store)
      expect(await readTrail(store)).toEqual(before)
    })

    it('has nothing of a change that failed with an error', async () => {
      const store = await openPopulated()
      await store.signingKeys.add(key, 0, ORIGIN)
      const before = await readTrail(store)
      await expect(store.signingKeys.add(key, 0, ORIGIN)).rejects.toThrow()
      expect(await readTrail(store)).toEqual(before)
    })

    it('never has a password, nor the hash of one', async () => {
      const { store } = underTest()
      const { id } = await createUser(store, 'alice')
      await store.accounts.update(id, { passwordHash: 'hash of a new one', email: 'alice@example.org' }, ORIGIN)
      expect(JSON.stringify(await readTrail(store))).not.toContain('hash of')
    })

    it('has nothing of reads', async () => {
      const store = await openPopulated()
      const before = await readTrail(store)
      const id = await idOf(store)
      await store.manifests.resolve(id, { kind: 'tag', tag: LATEST })
      await store.tags.list(id, { after: undefined, limit: 10 })
      await historyOf(store, id)
      await store.blobLinks.find(id, LAYER)
      await store.blobLinks.findAnywhere({ kind: 'anonymous' }, LAYER)
      await store.repositories.listVisible({ kind: 'anonymous' }, { after: undefined, limit: 10 })
      await store.accounts.findByName('alice')
      await store.auditLog.list(EVERYTHING, { after: undefined, limit: 10 })
      expect(await readTrail(store)).toEqual(before)
    })

    it('says whom it concerns, though the change tells of a part of what is theirs', async () => {
      const store = await openPopulated()
      const acme = await store.accounts.findByName('acme')
      const alice = await store.accounts.findByName('alice')
      await store.tags.delete(await idOf(store), LATEST, ORIGIN)
      await store.repositories.delete(await idOf(store), ORIGIN)
      await store.signingKeys.add(key, 0, ORIGIN)
      const trail = await readTrail(store)
      expect(acme).toBeDefined()
      for (const event of trail) {
        const owner = event.object.startsWith('acme') ? acme : event.object === 'alice' ? alice : undefined
        expect(event, event.action).toMatchObject({ ownerId: owner?.id })
      }
    })

    it('keeps who did it, though that account be the server itself or an account that changed since', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const byAlice = { ...ORIGIN, accountId: alice.id, credential: 'bearer', requestId: 'request-2' }
      const byServer = { ...ORIGIN, accountId: undefined, accountName: 'kontor', credential: 'system', address: '' }
      await store.accounts.ensureOrganization('one', byAlice)
      await store.accounts.ensureOrganization('two', byServer)
      await store.accounts.update(alice.id, { disabled: true }, byServer)
      const trail = await readTrail(store)
      expect(trail.map(({ origin }) => origin).slice(0, 3)).toEqual([byServer, byServer, byAlice])
    })
  })

  describeAuditLog(underTest)
}
