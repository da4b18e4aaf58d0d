import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import { parseScopes } from '../../../oci/scope.ts'
import type { Caller } from '../../../server/access/caller.ts'
import { exchangedCredential, userCredential } from '../../../server/access/credential.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { AccessTokenId } from '../../../storage/metadata/identities.ts'
import { bytesOf, digestOf, readBlob } from '../../contract/blob-store-content.ts'
import { ORIGIN } from '../../contract/metadata/sample-content.ts'
import { APP, NOBODY, type OpenRegistry, OTHER, openRegistry } from './open-registry.ts'
import { refusalOf } from './refusal-of.ts'

const LAYER = bytesOf(1000)

let registry: OpenRegistry
let alice: Caller
let bob: Caller

beforeEach(async () => {
  registry = await openRegistry()
  alice = await registry.createCaller('alice')
  bob = await registry.createCaller('bob')
})

afterEach(() => registry.close())

/** Makes the bytes of a blob others than they were. */
async function damage(digest: ReturnType<typeof digestOf>): Promise<void> {
  await registry.blobs.delete(digest)
}

describe('pulling', () => {
  test('gives the bytes that were pushed', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    const repository = await registry.findRepository(APP)
    expect(await registry.pullBlob.stat(repository, digest)).toEqual({ digest, size: 1000 })
    const blob = await registry.pullBlob.open(repository, digest)
    expect(await readBlob(blob)).toEqual(LAYER)
    await blob.close()
  })

  test('knows a blob only through the link of the repository, though the bytes are there (I4, S03)', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    await registry.pushBlob(bytesOf(10), alice, OTHER)
    for (const repository of [await registry.findRepository(OTHER), undefined]) {
      for (const attempt of [registry.pullBlob.stat(repository, digest), registry.pullBlob.open(repository, digest)]) {
        const { code, status, detail } = await refusalOf(attempt)
        expect({ code, status, detail }).toEqual({ code: 'BLOB_UNKNOWN', status: 404, detail: { digest } })
      }
    }
    expect(registry.damages).toEqual([])
  })

  test('says a damaged blob is unknown, tells the server, and a new push heals it (I12, S60)', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    const repository = await registry.findRepository(APP)
    await damage(digest)
    expect((await refusalOf(registry.pullBlob.stat(repository, digest))).code).toBe('BLOB_UNKNOWN')
    expect((await refusalOf(registry.pullBlob.open(repository, digest))).code).toBe('BLOB_UNKNOWN')
    expect(registry.damages).toEqual([
      { digest, expectedSize: 1000, actualSize: undefined },
      { digest, expectedSize: 1000, actualSize: undefined },
    ])
    await registry.pushBlob(LAYER, alice)
    expect(await registry.pullBlob.stat(repository, digest)).toEqual({ digest, size: 1000 })
  })

  test('notices that a file has vanished a second after it was seen, or as soon as it was to be read', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    const repository = await registry.findRepository(APP)
    const refusal = () =>
      registry.pullBlob.stat(repository, digest).then(
        () => undefined,
        ({ code }) => code,
      )
    expect(await refusal()).toBe(undefined)
    await damage(digest)
    await expect.poll(refusal).toBe('BLOB_UNKNOWN')
    await registry.pushBlob(LAYER, alice)
    expect(await refusal()).toBe(undefined)
    await damage(digest)
    expect((await refusalOf(registry.pullBlob.open(repository, digest))).code).toBe('BLOB_UNKNOWN')
    expect(await refusal()).toBe('BLOB_UNKNOWN')
  })

  test('never serves a blob that is not as long as it was', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    await registry.store.blobLinks.link(APP, { digest, size: 1001 }, ORIGIN)
    const repository = await registry.findRepository(APP)
    expect((await refusalOf(registry.pullBlob.open(repository, digest))).code).toBe('BLOB_UNKNOWN')
    expect((await refusalOf(registry.pullBlob.stat(repository, digest))).code).toBe('BLOB_UNKNOWN')
    expect(registry.damages).toMatchObject([{ actualSize: 1000 }, { actualSize: 1000 }])
  })
})

describe('mounting', () => {
  const digest = digestOf(LAYER)

  function mount(caller: Caller, from: string | undefined, to = OTHER) {
    const source = from === undefined ? undefined : parseRepositoryName(from)
    return registry.mountBlob({ repository: to, digest, from: source }, caller)
  }

  async function isLinked(name = OTHER): Promise<boolean> {
    const repository = await registry.findRepository(name)
    return repository !== undefined && (await registry.store.blobLinks.find(repository.id, digest)) !== undefined
  }

  test('links a blob from a repository that the caller may pull', async () => {
    await registry.pushBlob(LAYER, alice)
    expect(await mount(alice, 'alice/app')).toBe(true)
    expect(await isLinked()).toBe(true)
    expect(await mount(alice, 'alice/app')).toBe(true)
  })

  test('finds a source by itself where none is named, among those the caller may pull (UPL-10)', async () => {
    await registry.pushBlob(LAYER, alice)
    expect(await mount(bob, undefined, parseRepositoryName('bob/app'))).toBe(false)
    expect(await mount(alice, undefined)).toBe(true)
    expect(await isLinked()).toBe(true)
  })

  test.each([
    ['a repository the caller may not pull', 'alice/app'],
    ['a repository that is not there', 'alice/absent'],
    ['a repository that does not have it', 'bob/other'],
    ['the target itself', 'bob/app'],
  ])('from %s is not done, and nothing is linked or created (S03, STAT-5)', async (_, from) => {
    await registry.pushBlob(LAYER, alice)
    await registry.pushBlob(bytesOf(10), bob, parseRepositoryName('bob/other'))
    const target = parseRepositoryName('bob/app')
    expect(await mount(bob, from, target)).toBe(false)
    expect(await registry.findRepository(target)).toBeUndefined()
  })

  test('from a public repository is open to everybody who may push to the target', async () => {
    await registry.pushBlob(LAYER, alice)
    const repository = await registry.findRepository(APP)
    if (repository === undefined) throw new Error('the push created no repository')
    const target = parseRepositoryName('bob/app')
    expect(await mount(bob, 'alice/app', target)).toBe(false)
    await registry.store.repositories.update(repository.id, { visibility: 'public' }, ORIGIN)
    expect(await mount(bob, 'alice/app', target)).toBe(true)
    expect(await mount(NOBODY, undefined, target)).toBe(true)
  })

  test('with a token for the target alone asks what its owner may pull (STAT-6)', async () => {
    await registry.pushBlob(LAYER, alice)
    const tokenOf = (caller: Caller, scope: string): Caller => {
      const access = parseScopes([scope]).flatMap((each) => (each.kind === 'repository' ? [each] : []))
      const narrowing = narrowingOf({ access, keepsCatalog: false })
      return { ...caller, credential: exchangedCredential(caller.credential, narrowing) }
    }
    expect(await mount(tokenOf(bob, 'repository:bob/app:pull,push'), 'alice/app')).toBe(false)
    expect(await mount(tokenOf(alice, 'repository:alice/other:pull,push'), 'alice/app')).toBe(true)
  })

  test('with a JWT for a scoped access token goes no further than its scopes (S02, S03)', async () => {
    await registry.pushBlob(LAYER, alice)
    const proof = { kind: 'access-token', id: 1 as AccessTokenId } as const
    const { subject } = alice.credential
    if (subject.kind !== 'user') throw new Error('alice is no user')
    const jwtOf = (...patterns: string[]): Caller => {
      const scopes = patterns.map(
        (pattern) => ({ pattern: parseRepositoryPattern(pattern), permission: 'push' }) as const,
      )
      const token = userCredential(subject.account, proof, scopes)
      const carried = narrowingOf({ access: [{ name: OTHER, actions: ['pull', 'push'] }], keepsCatalog: false })
      return { ...alice, credential: exchangedCredential(token, carried) }
    }
    expect(await mount(jwtOf('alice/other'), 'alice/app')).toBe(false)
    expect(await mount(jwtOf('alice/other'), undefined)).toBe(false)
    expect(await mount(jwtOf('alice/other', 'alice/a*'), 'alice/app')).toBe(true)
  })

  test('does not pass on a damaged blob: the upload that follows heals it', async () => {
    await registry.pushBlob(LAYER, alice)
    await damage(digest)
    expect(await mount(alice, 'alice/app')).toBe(false)
    expect(await mount(alice, undefined)).toBe(false)
    expect(await isLinked()).toBe(false)
  })
})

describe('deleting', () => {
  test('takes the blob from this repository and no other (S04)', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    await registry.pushBlob(LAYER, alice, OTHER)
    await registry.deleteContent.blob(await registry.findRepository(APP), digest, alice)
    expect((await refusalOf(registry.pullBlob.stat(await registry.findRepository(APP), digest))).code).toBe(
      'BLOB_UNKNOWN',
    )
    const other = await registry.findRepository(OTHER)
    await (await registry.pullBlob.open(other, digest)).close()
    expect((await refusalOf(registry.pullBlob.stat(await registry.findRepository(APP), digest))).code).toBe(
      'BLOB_UNKNOWN',
    )
    expect(registry.damages).toEqual([])
  })

  test('what is not there is refused', async () => {
    const digest = await registry.pushBlob(LAYER, alice)
    await registry.pushBlob(bytesOf(10), alice, OTHER)
    for (const repository of [undefined, await registry.findRepository(OTHER)]) {
      expect((await refusalOf(registry.deleteContent.blob(repository, digest, alice))).code).toBe('BLOB_UNKNOWN')
    }
  })
})
