import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import { beginUpload, createScopedToken, follow } from './named-content.ts'
import {
  APP,
  createOrganization,
  createUser,
  getRepository,
  link,
  ORIGIN,
  put,
  renameAccount,
  renameRepository,
  WEB,
} from './sample-content.ts'
import { HOLD_NAMES_FOR_MS, type MetadataStoreUnderTest } from './store-under-test.ts'

/** What happens to the names that accounts give up, by being renamed and by being deleted, and where they lead. */
export function describeFormerNames(underTest: () => MetadataStoreUnderTest): void {
  /** Tries every way of taking a name as an account; whether the first of them worked, and so all. */
  async function isFree(name: string): Promise<boolean> {
    const { store } = underTest()
    const organization = { name, displayName: undefined, ownerId: undefined }
    const user = { name, passwordHash: 'hash', email: undefined, role: 'none' } as const
    const other = (await store.accounts.resolveName('other')) ?? (await createOrganization(store, 'other'))
    const renaming = await store.accounts.update(other.id, { name }, ORIGIN)
    if (renaming.kind === 'updated') return true
    expect(renaming).toEqual({ kind: 'name-taken' })
    expect(await store.accounts.createOrganization(organization, ORIGIN)).toEqual({ kind: 'name-taken' })
    expect(await store.accounts.createUser(user, ORIGIN)).toEqual({ kind: 'name-taken' })
    return false
  }

  describe('the former name of an account', () => {
    it('leads to it, however often it was renamed since, and its repositories answer under it', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, ownerId } = await getRepository(store)
      await renameAccount(store, ownerId, 'globex')
      const account = await renameAccount(store, ownerId, 'initech')
      for (const name of ['acme', 'globex', 'initech']) {
        expect(await store.accounts.resolveName(name)).toEqual(account)
        expect(await follow(store, `${name}/app`)).toBe('initech/app')
        expect(await store.repositories.locate(parseRepositoryName(`${name}/absent`))).toEqual({
          name: 'initech/absent',
          repository: undefined,
          ownerId,
        })
      }
      expect(await store.accounts.findByName('acme')).toBeUndefined()
      expect(await store.repositories.find(APP)).toBeUndefined()
      expect(await getRepository(store, parseRepositoryName('initech/app'))).toMatchObject({ id, ownerId })
    })

    it('is held for a while, then free, and with its new holder leads nowhere else any more', async () => {
      const { store, clock } = underTest()
      await put(store, 'image')
      const { ownerId } = await getRepository(store)
      const globex = await renameAccount(store, ownerId, 'globex')
      clock.advance(HOLD_NAMES_FOR_MS - 1)
      expect(await isFree('acme')).toBe(false)
      expect(await store.accounts.resolveName('acme')).toEqual(globex)
      clock.advance(1)
      // It goes on answering as long as nobody else wants the name.
      expect(await store.accounts.resolveName('acme')).toEqual(globex)
      expect(await isFree('acme')).toBe(true)
      expect(await store.accounts.resolveName('acme')).not.toMatchObject({ id: ownerId })
      expect(await follow(store, 'acme/app')).toBeUndefined()
      expect(await follow(store, 'globex/app')).toBe('globex/app')
    })

    it('can be taken back at any time by the account itself', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, ownerId } = await getRepository(store)
      await renameAccount(store, ownerId, 'globex')
      await renameAccount(store, ownerId, 'acme')
      expect(await getRepository(store)).toMatchObject({ id })
      expect(await follow(store, 'globex/app')).toBe(APP)
      expect(await isFree('globex')).toBe(false)
      await renameAccount(store, ownerId, 'globex')
      expect(await follow(store, 'acme/app')).toBe('globex/app')
    })

    it('leads pushes to it instead of making an organization of the name', async () => {
      const { store, clock } = underTest()
      await put(store, 'image')
      const { id, ownerId } = await getRepository(store)
      await renameAccount(store, ownerId, 'globex')
      clock.advance(HOLD_NAMES_FOR_MS)
      await store.accounts.ensureOrganization('acme', ORIGIN)
      await put(store, 'another image')
      await put(store, 'image', { repository: WEB })
      expect(await store.accounts.findByName('acme')).toBeUndefined()
      expect(await follow(store, 'acme/web')).toBe('globex/web')
      expect(await getRepository(store, parseRepositoryName('globex/app'))).toMatchObject({ id })
    })

    it('stays in no scope and no upload that has begun: they follow, and others do not', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await put(store, 'image')
      const scopesOf = await createScopedToken(store, alice.id, 'acme/**', 'acme/app', 'acme-2/app', 'ac*/app', '**')
      const repositoryOf = await beginUpload(store, WEB)
      const elsewhere = await beginUpload(store, parseRepositoryName('acme-2/app'))
      await renameAccount(store, (await getRepository(store)).ownerId, 'globex')
      expect(await scopesOf()).toEqual([
        '** push',
        'ac*/app push',
        'acme-2/app push',
        'globex/** push',
        'globex/app push',
      ])
      expect(await repositoryOf()).toBe('globex/web')
      expect(await elsewhere()).toBe('acme-2/app')
    })

    it('wins with its scope over one that waited under the new name', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await put(store, 'image')
      const { id } = await store.accessTokens.create(
        {
          userId: alice.id,
          name: 'ci',
          tokenHash: Buffer.from('hash'),
          scopes: [
            { pattern: parseRepositoryPattern('acme/**'), permission: 'pull' },
            { pattern: parseRepositoryPattern('globex/**'), permission: 'admin' },
          ],
          expiresAt: undefined,
        },
        ORIGIN,
      )
      await renameAccount(store, (await getRepository(store)).ownerId, 'globex')
      expect(await store.accessTokens.findById(id)).toMatchObject({
        scopes: [{ pattern: 'globex/**', permission: 'pull' }],
      })
    })

    it('is not given up for one that would make a repository’s name too long', async () => {
      const { store } = underTest()
      const longest = parseRepositoryName(`acme/${'a'.repeat(250)}`)
      await put(store, 'image', { repository: longest })
      const { ownerId } = await getRepository(store, longest)
      const before = await store.accounts.findByName('acme')
      await expect(store.accounts.update(ownerId, { name: 'globex' }, ORIGIN)).rejects.toThrow(/shorter name/)
      expect(await store.accounts.findByName('acme')).toEqual(before)
      await renameAccount(store, ownerId, 'gbex')
      expect(await follow(store, longest)).toBe(longest.replace('acme', 'gbex'))
    })

    it('makes no repository where the present name would make the whole too long', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      await renameAccount(store, acme.id, 'globex')
      const tooLong = parseRepositoryName(`acme/${'a'.repeat(250)}`)
      expect(await store.repositories.locate(tooLong)).toEqual({
        name: tooLong,
        repository: undefined,
        ownerId: undefined,
      })
      await expect(link(store, 'a layer', tooLong)).rejects.toThrow(/is called globex now/)
      expect(await store.repositories.find(tooLong)).toBeUndefined()
    })
  })

  describe('the name of a deleted account', () => {
    it('is held for a while, like all that it answered to, and leads nowhere', async () => {
      const { store, clock } = underTest()
      const acme = await createOrganization(store, 'acme')
      await renameAccount(store, acme.id, 'globex')
      clock.advance(HOLD_NAMES_FOR_MS - 1)
      await store.accounts.delete(acme.id, ORIGIN)
      for (const name of ['acme', 'globex']) {
        expect(await isFree(name)).toBe(false)
        expect(await store.accounts.resolveName(name)).toBeUndefined()
      }
      clock.advance(1)
      expect(await isFree('globex')).toBe(false)
      expect(await isFree('acme')).toBe(true)
      clock.advance(HOLD_NAMES_FOR_MS - 2)
      expect(await isFree('globex')).toBe(false)
      clock.advance(1)
      expect(await isFree('globex')).toBe(true)
    })

    it('takes no pushes while it is held, and is told apart from what was never there', async () => {
      const { store, clock } = underTest()
      const acme = await createOrganization(store, 'acme')
      await store.accounts.delete(acme.id, ORIGIN)
      await expect(store.accounts.ensureOrganization('acme', ORIGIN)).rejects.toThrow(/given up recently/)
      await expect(put(store, 'image')).rejects.toMatchObject({ code: 'DENIED', status: 403 })
      expect(await store.repositories.locate(APP)).toEqual({ name: APP, repository: undefined, ownerId: undefined })
      clock.advance(HOLD_NAMES_FOR_MS)
      await put(store, 'image')
      expect((await getRepository(store)).ownerId).not.toBe(acme.id)
    })
  })

  it.each([false, true])('a place is the same when it is looked for thoroughly: %s', async (thoroughly) => {
    const { store } = underTest()
    await put(store, 'image')
    await put(store, 'image', { repository: WEB })
    const { id, ownerId } = await getRepository(store)
    await renameRepository(store, id, parseRepositoryName('acme/api'))
    await renameAccount(store, ownerId, 'globex')
    const locate = async (name: string) => {
      const place = await store.repositories.locate(parseRepositoryName(name), { thoroughly })
      return [place.name, place.repository?.name, place.ownerId]
    }
    expect(await locate('globex/web')).toEqual(['globex/web', 'globex/web', ownerId])
    expect(await locate('acme/web')).toEqual(['globex/web', 'globex/web', ownerId])
    expect(await locate('acme/app')).toEqual(['globex/api', 'globex/api', ownerId])
    expect(await locate('globex/app')).toEqual(['globex/api', 'globex/api', ownerId])
    expect(await locate('acme/absent')).toEqual(['globex/absent', undefined, ownerId])
    expect(await locate('nobody/absent')).toEqual(['nobody/absent', undefined, undefined])
  })
}
