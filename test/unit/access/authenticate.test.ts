import * as argon2 from '@node-rs/argon2'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UPLOAD_GRACE_MS } from '../../../server/access/authenticate.ts'
import { subjectName } from '../../../server/access/credential.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import { ORIGIN } from '../../contract/metadata/sample-content.ts'
import { basic, bearer, HERE, LIFETIME_SECONDS, type OpenAccess, openAccess } from './open-access.ts'
import { allowed, change } from './sample-rights.ts'

// The real thing, with its calls counted: what a guess costs is asked of the work done, not of a stopwatch.
vi.mock('@node-rs/argon2', async (importOriginal) => {
  const real = await importOriginal<typeof import('@node-rs/argon2')>()
  return { ...real, verify: vi.fn(real.verify) }
})

const ALICE = basic('alice', 'password of alice')
const LEEWAY_MS = 60_000

let access: OpenAccess
let alice: Account
let asked = 0

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
})

afterEach(() => access.close())

/** What somebody is told who sends a header; each from an address of their own, so that nobody is throttled. */
function ask(header: string | undefined, graceMs = 0) {
  asked += 1
  return access.authenticate.byHeader(header, { ...HERE, address: `192.0.2.${asked % 256}`, graceMs })
}

/** What a bearer token allows. */
async function allowedBy(token: string, name: string) {
  return allowed(access.policy, await access.credentialFor(token), name)
}

describe('nobody is asking', () => {
  test.each([
    ['without a header', undefined],
    ['with an empty user name and password, as dockerd sends them over HTTPS', 'Basic Og=='],
    ['with the same in other letters', 'basic  Og=='],
  ])('%s', async (_, header) => {
    expect(await ask(header)).toEqual({ kind: 'none' })
  })
})

describe('what makes no sense is refused, with a reason and without an error', () => {
  test.each([
    '',
    ' ',
    'Basic',
    'Basic ',
    'Basic !!!',
    'Basic YWxpY2U=',
    'Bearer',
    'Bearer ',
    'Bearer null',
    'Bearer a.b.c',
    `Bearer ${'x'.repeat(100_000)}`,
    'Negotiate abc',
    'Digest username="alice"',
    'alice:password',
    '\0',
  ])('"%s"', async (header) => {
    expect(await ask(header)).toEqual({ kind: 'refused', reason: expect.stringMatching(/^[a-z]/) })
  })
})

describe('by password', () => {
  test('a user is who they say, with all their rights', async () => {
    expect(await ask(ALICE)).toEqual({
      kind: 'credential',
      credential: {
        subject: { kind: 'user', account: alice },
        narrowing: undefined,
        proof: { kind: 'password' },
        exchangedFor: undefined,
      },
    })
  })

  test.each(['ALICE', 'Alice'])('a user may write their name as %s', async (name) => {
    expect(await ask(basic(name, 'password of alice'))).toMatchObject({ kind: 'credential' })
  })

  test.each(['with:colons:', 'ünïcode 🔑', ' spaces around ', ':'])('a password may be "%s"', async (password) => {
    const passwordHash = await access.passwords.hash(password)
    await access.store.accounts.update(alice.id, { passwordHash }, ORIGIN)
    expect(await ask(basic('alice', password))).toMatchObject({ kind: 'credential' })
    expect(await ask(ALICE)).toMatchObject({ kind: 'refused' })
  })

  test('whatever is wrong, the answer is the same, so that it tells nobody which users there are (S26)', async () => {
    const bob = await access.createUser('bob')
    await access.store.accounts.update(bob.id, { disabled: true }, ORIGIN)
    await access.store.accounts.ensureOrganization('acme', ORIGIN)
    const answers = []
    for (const [name, password] of [
      ['alice', 'a guess'],
      ['alice', ''],
      ['nobody', 'a guess'],
      ['', 'a guess'],
      ['bob', 'password of bob'],
      ['bob', 'a guess'],
      ['acme', 'a guess'],
      ['acme', ''],
      ['alice\0', 'password of alice'],
      ["alice' --", 'a guess'],
      ['alice', 'x'.repeat(5000)],
    ] as const) {
      answers.push(await ask(basic(name, password)))
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toEqual({ kind: 'refused', reason: 'the user name or the password is wrong' })
  })

  test('a guess costs the same whether there is such a user, first and repeated, in every order (S25)', async () => {
    const bob = await access.createUser('bob')
    await access.store.accounts.update(bob.id, { disabled: true }, ORIGIN)
    await access.store.accounts.ensureOrganization('acme', ORIGIN)
    const costs: number[] = []
    for (const name of ['ghost', 'another', 'alice', 'ghost', 'bob', 'acme', 'alice', 'bob', 'acme', 'third']) {
      vi.mocked(argon2.verify).mockClear()
      await ask(basic(name, 'a guess'))
      costs.push(vi.mocked(argon2.verify).mock.calls.length)
    }
    expect(costs).toEqual(costs.map(() => 1))
  })

  test('a burst of requests costs one hash (TOK-8)', async () => {
    vi.mocked(argon2.verify).mockClear()
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(ALICE)))
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'credential' })
    expect(argon2.verify).toHaveBeenCalledTimes(1)
  })

  test('an account that was disabled is refused at once, though its password is remembered (I7)', async () => {
    expect(await ask(ALICE)).toMatchObject({ kind: 'credential' })
    await access.store.accounts.update(alice.id, { disabled: true }, ORIGIN)
    expect(await ask(ALICE)).toMatchObject({ kind: 'refused' })
    await access.store.accounts.update(alice.id, { disabled: false }, ORIGIN)
    expect(await ask(ALICE)).toMatchObject({ kind: 'credential' })
  })
})

describe('by token', () => {
  test('a user is who the token was made for, with what it carries of their rights', async () => {
    const token = await access.bearerFor(ALICE, 'repository:alice/app:pull')
    const credential = await access.credentialFor(token)
    expect(credential).toMatchObject({ subject: { kind: 'user', account: alice }, proof: { kind: 'password' } })
    expect(await allowedBy(token, 'alice/app')).toEqual(['pull'])
    expect(await allowedBy(token, 'alice/other')).toEqual([])
    expect(credential.exchangedFor).toMatchObject({ subject: { kind: 'user', account: alice }, narrowing: undefined })
  })

  test('anonymous is a credential too, without rights of its own', async () => {
    const holder = { kind: 'anonymous' } as const
    const { token } = access.tokens.issue({ holder, subject: '', access: [], keepsCatalog: true, service: 'x' })
    const credential = await access.credentialFor(`bearer ${token}`)
    expect(credential.subject).toEqual({ kind: 'anonymous' })
    expect(subjectName(credential.subject)).toBe('')
    expect(await allowedBy(bearer(token), 'alice/app')).toEqual([])
  })

  test('an expired token is refused, with a minute for clocks that differ, though it is remembered', async () => {
    const token = await access.bearerFor(ALICE, 'repository:alice/app:pull')
    const { clock } = access
    expect(await ask(token)).toMatchObject({ kind: 'credential' })
    clock.advance(LIFETIME_SECONDS * 1000 + LEEWAY_MS - 1)
    expect(await ask(token)).toMatchObject({ kind: 'credential' })
    clock.advance(1)
    expect(await ask(token)).toEqual({ kind: 'refused', reason: 'the token has expired; get a new one' })
    clock.advance(365 * 24 * 3600 * 1000)
    expect(await ask(token)).toMatchObject({ kind: 'refused' })
  })

  test('for an upload under way an expired token does for another day, and not a moment longer (RESP-6)', async () => {
    const token = await access.bearerFor(ALICE, 'repository:alice/app:pull,push')
    const { clock } = access
    clock.advance(LIFETIME_SECONDS * 1000 + LEEWAY_MS + UPLOAD_GRACE_MS - 1)
    expect(await ask(token)).toMatchObject({ kind: 'refused' })
    expect(await ask(token, UPLOAD_GRACE_MS)).toMatchObject({ kind: 'credential' })
    clock.advance(1)
    expect(await ask(token, UPLOAD_GRACE_MS)).toMatchObject({ kind: 'refused' })
  })

  test('rights are those of now: a role that was taken away does not live on in a token (I7)', async () => {
    await access.createUser('root', 'admin')
    await change(access.store, alice, { role: 'admin' })
    const token = await access.bearerFor(ALICE, 'repository:bob/app:push')
    expect(await allowedBy(token, 'bob/app')).toEqual(['push'])
    await change(access.store, alice, { role: 'none' })
    expect(await allowedBy(token, 'bob/app')).toEqual([])
  })

  test('a token of an account that is not there is refused', async () => {
    const id = (alice.id + 100) as typeof alice.id
    const holder = { kind: 'user', id, credentialsVersion: 1, through: undefined } as const
    const { token } = access.tokens.issue({ holder, subject: 'x', access: [], keepsCatalog: false, service: 'x' })
    expect(await ask(`Bearer ${token}`)).toMatchObject({ kind: 'refused' })
  })

  test('a token of another registry is refused', async () => {
    const other = await openAccess()
    await other.createUser('alice')
    const token = await other.bearerFor(ALICE, 'repository:alice/app:pull')
    expect(await ask(token)).toMatchObject({ kind: 'refused' })
    await other.close()
  })
})
