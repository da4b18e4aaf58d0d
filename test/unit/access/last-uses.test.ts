import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLastUses } from '../../../server/access/last-uses.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type { AccessTokenId } from '../../../storage/metadata/identities.ts'
import type { LastUse, LastUseStore } from '../../../storage/metadata/last-uses.ts'
import { readTrail } from '../../contract/metadata/audit-log.ts'
import { createOrganization, ORIGIN } from '../../contract/metadata/sample-content.ts'
import { basic, bearer, HERE, type OpenAccess, openAccess } from './open-access.ts'
import { createAccessToken, createRobot } from './sample-rights.ts'

const NEWEST = { after: undefined, limit: 10 }
const ELSEWHERE = { ...HERE, address: '2001:db8::1' }

let access: OpenAccess
let alice: Account

beforeEach(async () => {
  access = await openAccess()
  alice = await access.createUser('alice')
})

afterEach(() => access.close())

/** When and from where alice's newest access token was used, as the database has it. */
async function storedUse() {
  const [token] = (await access.store.accessTokens.list(alice.id, NEWEST)).items
  return token && { at: token.lastUsedAt, from: token.lastUsedFrom }
}

describe('the use of a secret is noted with its time and address, and written at the next flush (I3):', () => {
  test('of an access token, and again by each JWT that was made with it', async () => {
    const { token, text } = await createAccessToken(access.store, alice)
    const secret = { kind: 'access-token', id: token.id } as const
    const first = access.clock.now()
    const jwt = await access.bearerFor(basic('alice', text), 'repository:alice/app:pull')
    expect(access.lastUses.find(secret)).toEqual({ secret, at: first, from: HERE.address })
    expect(await storedUse()).toEqual({ at: undefined, from: undefined })

    access.clock.advance(60_000)
    await access.authenticate.byHeader(jwt, ELSEWHERE)
    expect(access.lastUses.find(secret)).toEqual({ secret, at: first + 60_000, from: ELSEWHERE.address })
    await access.lastUses.flush()
    expect(access.lastUses.find(secret)).toBeUndefined()
    expect(await storedUse()).toEqual({ at: first + 60_000, from: ELSEWHERE.address })
  })

  test('of a robot’s secret, each of the two for itself', async () => {
    const acme = await createOrganization(access.store, 'acme')
    const { robot, secret, secretId } = await createRobot(access.store, acme, 'ci', [])
    await access.store.robots.addSecret(robot.id, Buffer.alloc(32), ORIGIN)
    await access.authenticate.byHeader(bearer(secret), HERE)
    await access.lastUses.flush()
    const used = await access.store.robots.listSecrets(robot.id)
    expect(used.map(({ id, lastUsedFrom }) => [id === secretId, lastUsedFrom])).toEqual([
      [true, HERE.address],
      [false, undefined],
    ])
  })

  test('of a refresh token', async () => {
    const { refreshToken } = await access.grant(
      await access.credentialFor(basic('alice', 'password of alice')),
      [],
      true,
    )
    access.clock.advance(1000)
    await access.authenticate.byRefreshToken(refreshToken ?? '', ELSEWHERE)
    await access.lastUses.flush()
    expect((await access.store.refreshTokens.list(alice.id, NEWEST)).items).toMatchObject([
      { createdFrom: HERE.address, lastUsedAt: access.clock.now(), lastUsedFrom: ELSEWHERE.address },
    ])
  })

  test('but not of one that is refused', async () => {
    const { token, text } = await createAccessToken(access.store, alice, undefined, access.clock.now())
    await access.authenticate.byHeader(bearer(text), HERE)
    await access.authenticate.byHeader(basic('bob', text), HERE)
    expect(access.lastUses.find({ kind: 'access-token', id: token.id })).toBeUndefined()
  })

  test('once, however often it was used, and without a word in the audit trail', async () => {
    const { text } = await createAccessToken(access.store, alice)
    const before = await readTrail(access.store)
    for (let use = 0; use < 50; use++) await access.authenticate.byHeader(bearer(text), HERE)
    await access.lastUses.flush()
    expect(await readTrail(access.store)).toEqual(before)
  })
})

describe('what is gathered', () => {
  const use = (id: number, at: number): LastUse => ({
    secret: { kind: 'access-token', id: id as AccessTokenId },
    at,
    from: HERE.address,
  })

  /** A store that keeps what it is given, or fails. */
  function createRecorder() {
    const written: (readonly LastUse[])[] = []
    let duringWrite: (() => void) | undefined
    const store: LastUseStore = {
      async record(uses) {
        written.push(uses)
        duringWrite?.()
      },
    }
    return { written, lastUses: createLastUses({ store }), onWrite: (act: () => void) => (duringWrite = act) }
  }

  test('is written once; with nothing new, nothing is written', async () => {
    const { written, lastUses } = createRecorder()
    await lastUses.flush()
    lastUses.note(use(1, 10))
    lastUses.note(use(2, 20))
    lastUses.note(use(1, 30))
    await lastUses.flush()
    await lastUses.flush()
    expect(written).toEqual([[use(1, 30), use(2, 20)]])
  })

  test('stays for the next time when it could not be written, and what came since is newer', async () => {
    const { written, lastUses, onWrite } = createRecorder()
    lastUses.note(use(1, 10))
    lastUses.note(use(2, 20))
    onWrite(() => {
      lastUses.note(use(1, 30))
      throw new Error('the disk is full')
    })
    await expect(lastUses.flush()).rejects.toThrow('the disk is full')
    expect(lastUses.find(use(1, 0).secret)).toEqual(use(1, 30))
    expect(lastUses.find(use(2, 0).secret)).toEqual(use(2, 20))
    onWrite(() => {})
    await lastUses.flush()
    expect(written.at(-1)).toEqual([use(1, 30), use(2, 20)])
  })
})
