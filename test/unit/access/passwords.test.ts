import * as argon2 from '@node-rs/argon2'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { MAX_PASSWORD_BYTES } from '../../../config/secret.ts'
import { RegistryError } from '../../../oci/error-codes.ts'
import { createPasswords, type Passwords } from '../../../server/access/passwords.ts'

// The real thing, with its calls counted: what a password costs is asked of the work done, not of a stopwatch.
vi.mock('@node-rs/argon2', async (importOriginal) => {
  const real = await importOriginal<typeof import('@node-rs/argon2')>()
  return { ...real, hash: vi.fn(real.hash), verify: vi.fn(real.verify) }
})

const verifications = vi.mocked(argon2.verify)

let passwords: Passwords

beforeEach(() => {
  passwords = createPasswords()
  verifications.mockClear()
})

afterEach(() => {
  vi.useRealTimers()
})

test('a hash is argon2id with the cost that OWASP advises, and no two are alike', async () => {
  const [one, other] = await Promise.all([passwords.hash('secret'), passwords.hash('secret')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(other)
  expect(one).not.toContain('secret')
})

test('a password fits the hash that was made of it, and no other does', async () => {
  const hash = await passwords.hash('secret')
  expect(await passwords.verify('alice', hash, 'secret')).toBe(true)
  for (const wrong of ['', 'Secret', 'secret ', ' secret', 'secre', 'secrets']) {
    expect(await passwords.verify('alice', hash, wrong)).toBe(false)
  }
})

describe('passwords that differ somewhere are different (S24)', () => {
  test.each([
    ['beyond the 72nd byte', 'a'.repeat(72), `${'a'.repeat(72)}b`],
    ['in the last of 1,024 bytes', `${'a'.repeat(1023)}b`, `${'a'.repeat(1023)}c`],
    ['after a zero byte', 'secret\0one', 'secret\0two'],
    ['by a zero byte', 'secret', 'secret\0'],
    ['by a zero byte in front', 'secret', '\0secret'],
    ['by a line feed', 'secret', 'secret\n'],
    ['in a letter of several bytes', 'pässword', 'pàssword'],
  ])('%s', async (_, one, other) => {
    const hash = await passwords.hash(one)
    expect(await passwords.verify('alice', hash, one)).toBe(true)
    expect(await passwords.verify('alice', hash, other)).toBe(false)
  })
})

test.each([
  ['letters', 'a', MAX_PASSWORD_BYTES],
  ['letters of two bytes', 'ä', MAX_PASSWORD_BYTES / 2],
  ['letters of four bytes', '🔑', MAX_PASSWORD_BYTES / 4],
])(
  'a password has at most 1,024 bytes; one more costs nothing and fits nothing (S24): %s',
  async (_, letter, count) => {
    const longest = letter.repeat(count)
    const hash = await passwords.hash(longest)
    expect(await passwords.verify('alice', hash, longest)).toBe(true)
    verifications.mockClear()
    const tooLong = longest + letter
    expect(await passwords.verify('alice', await argon2.hash(tooLong), tooLong)).toBe(false)
    expect(await passwords.verify('nobody', undefined, tooLong)).toBe(false)
    expect(verifications).not.toHaveBeenCalled()
  },
)

describe('within a burst', () => {
  test('the same password is hashed once, however many ask at the same time', async () => {
    const hash = await passwords.hash('secret')
    const answers = await Promise.all(Array.from({ length: 50 }, () => passwords.verify('alice', hash, 'secret')))
    expect(answers).toEqual(Array.from({ length: 50 }, () => true))
    expect(await passwords.verify('alice', hash, 'secret')).toBe(true)
    expect(verifications).toHaveBeenCalledTimes(1)
  })

  test('another password, another hash and another user are looked at anew', async () => {
    const [hash, newHash] = [await passwords.hash('secret'), await passwords.hash('changed')]
    expect(await passwords.verify('alice', hash, 'secret')).toBe(true)
    expect(await passwords.verify('alice', newHash, 'secret')).toBe(false)
    expect(await passwords.verify('alice', newHash, 'changed')).toBe(true)
    expect(await passwords.verify('bob', hash, 'secret')).toBe(true)
    expect(verifications).toHaveBeenCalledTimes(4)
  })

  test('what one name and password make together is not what others make', async () => {
    const hash = await passwords.hash('c')
    expect(await passwords.verify('a', hash, 'c')).toBe(true)
    expect(await passwords.verify(`a","${hash}`, hash, 'c')).toBe(true)
    expect(await passwords.verify('a', hash, '","c')).toBe(false)
    expect(verifications).toHaveBeenCalledTimes(3)
  })

  test('every guess costs the same, be it new or repeated, at a user who is there or not (S25, S26)', async () => {
    const hash = await passwords.hash('secret')
    const costs: number[] = []
    for (const [name, stored] of [
      ['ghost', undefined],
      ['ghost', undefined],
      ['another ghost', undefined],
      ['alice', hash],
      ['alice', hash],
      ['bob', hash],
    ] as const) {
      verifications.mockClear()
      expect(await passwords.verify(name, stored, 'a guess')).toBe(false)
      costs.push(verifications.mock.calls.length)
    }
    expect(costs).toEqual([1, 1, 1, 1, 1, 1])
  })

  test('guesses at several users at the same time share no work, whether or not they are there (S25, S26)', async () => {
    const hash = await passwords.hash('secret')
    const guessAt = async (names: readonly [string, string | undefined][]) => {
      verifications.mockClear()
      await Promise.all(names.map(([name, stored]) => passwords.verify(name, stored, 'a guess')))
      return verifications.mock.calls.length
    }
    expect(
      await guessAt([
        ['ghost', undefined],
        ['another ghost', undefined],
      ]),
    ).toBe(2)
    expect(
      await guessAt([
        ['ghost', undefined],
        ['alice', hash],
      ]),
    ).toBe(2)
    expect(
      await guessAt([
        ['ghost', undefined],
        ['ghost', undefined],
      ]),
    ).toBe(1)
    expect(
      await guessAt([
        ['alice', hash],
        ['alice', hash],
      ]),
    ).toBe(1)
  })

  test('what is checked for an unknown user is as dear as what is checked for one who is there', async () => {
    const hash = await passwords.hash('secret')
    await passwords.verify('alice', hash, 'a guess')
    await passwords.verify('ghost', undefined, 'a guess')
    const costs = verifications.mock.calls.map(([checked]) => String(checked).split('$').slice(1, 4))
    expect(costs).toEqual([
      ['argon2id', 'v=19', 'm=19456,t=2,p=1'],
      ['argon2id', 'v=19', 'm=19456,t=2,p=1'],
    ])
  })
})

test('an account without a hash has no password that fits, not even one that fits the decoy', async () => {
  verifications.mockResolvedValueOnce(true)
  expect(await passwords.verify('acme', undefined, 'the decoy')).toBe(false)
  expect(await passwords.verify('acme', undefined, 'the decoy')).toBe(false)
})

test('a minute later the password is hashed again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let nowMs = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  onTestFinished(() => clock.mockRestore())
  const pass = (ms: number) => {
    nowMs += ms
    vi.advanceTimersByTime(ms)
  }
  const hash = await passwords.hash('secret')
  await passwords.verify('alice', hash, 'secret')
  pass(50_000)
  await passwords.verify('alice', hash, 'secret')
  expect(verifications).toHaveBeenCalledTimes(1)
  pass(11_000)
  await passwords.verify('alice', hash, 'secret')
  expect(verifications).toHaveBeenCalledTimes(2)
})

test('two are hashed at a time, and the others wait for their turn', async () => {
  const hash = await passwords.hash('secret')
  let running = 0
  let most = 0
  const real = verifications.getMockImplementation()
  verifications.mockImplementation(async (...given) => {
    running += 1
    most = Math.max(most, running)
    const verdict = await real?.(...given)
    running -= 1
    return verdict ?? false
  })
  const guesses = Array.from({ length: 8 }, (_, index) => passwords.verify('alice', hash, `guess ${index}`))
  expect(await Promise.all(guesses)).toEqual(guesses.map(() => false))
  expect(most).toBe(2)
  if (real !== undefined) verifications.mockImplementation(real)
})

describe('when too many wait for their turn (S47)', () => {
  const guessAll = (hash: string, count: number) =>
    Promise.allSettled(Array.from({ length: count }, (_, index) => passwords.verify('alice', hash, `guess ${index}`)))

  test('the others are told to come back in a second, and are heard when they do', async () => {
    passwords = createPasswords({ maxWaiting: 3 })
    const hash = await passwords.hash('guess 11')
    const outcomes = await guessAll(hash, 12)
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      ...Array.from({ length: 7 }, () => 'rejected'),
    ])
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(RegistryError)
      expect(refusal).toMatchObject({ code: 'UNAVAILABLE', status: 503, headers: { 'Retry-After': '1' } })
    }
    expect(verifications).toHaveBeenCalledTimes(5)
    expect(await passwords.verify('alice', hash, 'guess 11')).toBe(true)
    expect((await guessAll(hash, 5)).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'fulfilled'))
  })

  test('no more are hashed either, and whoever logged in within the last minute notices nothing', async () => {
    passwords = createPasswords({ maxWaiting: 1 })
    const hash = await passwords.hash('secret')
    expect(await passwords.verify('alice', hash, 'secret')).toBe(true)
    const guesses = guessAll(hash, 3)
    await expect(passwords.hash('another')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await passwords.verify('alice', hash, 'secret')).toBe(true)
    expect((await guesses).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  })

  test('an unknown user is refused like one who is there (S26)', async () => {
    passwords = createPasswords({ maxWaiting: 0 })
    const hash = await passwords.hash('secret')
    const guesses = guessAll(hash, 2)
    await expect(passwords.verify('alice', hash, 'a guess')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(passwords.verify('ghost', undefined, 'a guess')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await guesses
  })

  test('200 may wait unless it is said otherwise', async () => {
    const hash = await passwords.hash('secret')
    const real = verifications.getMockImplementation()
    verifications.mockImplementation(async () => false)
    onTestFinished(() => {
      if (real !== undefined) verifications.mockImplementation(real)
    })
    const outcomes = await guessAll(hash, 203)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(202)
    expect(outcomes.at(-1)?.status).toBe('rejected')
  })
})

test('a fault of the hasher is an error, is not remembered, and blocks nobody', async () => {
  const hash = await passwords.hash('secret')
  for (let fault = 0; fault < 3; fault++) {
    verifications.mockRejectedValueOnce(new Error('out of memory'))
    await expect(passwords.verify('alice', hash, 'secret')).rejects.toThrow('out of memory')
  }
  expect(await passwords.verify('alice', hash, 'secret')).toBe(true)
  await expect(passwords.verify('alice', 'not a hash', 'secret')).rejects.toThrow()
})
