import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLoginThrottle, type LoginAttempt, type LoginThrottle } from '../../../server/access/login-throttle.ts'

const DAY_SECONDS = 24 * 60 * 60

let throttle: LoginThrottle
let passSeconds: (seconds: number) => void

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  // lru-cache keeps the clock that it found when it was loaded, so that very one has to move.
  let nowMs = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  onTestFinished(() => clock.mockRestore())
  passSeconds = (seconds) => {
    nowMs += seconds * 1000
    vi.advanceTimersByTime(seconds * 1000)
  }
  throttle = createLoginThrottle()
})

afterEach(() => {
  vi.useRealTimers()
})

async function failTimes(count: number, attempt: LoginAttempt | ((index: number) => LoginAttempt)): Promise<void> {
  for (let index = 0; index < count; index++) {
    await throttle.failed(typeof attempt === 'function' ? attempt(index) : attempt)
  }
}

const alice: LoginAttempt = { username: 'alice', address: '192.0.2.1' }
const aliceElsewhere: LoginAttempt = { username: 'alice', address: '192.0.2.2' }

describe('of one account', () => {
  test('ten wrong tries in five minutes are heard, and the next only when the five minutes are over (S47)', async () => {
    await failTimes(9, alice)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
    passSeconds(100)
    await failTimes(1, alice)
    expect(await throttle.secondsToWait(alice)).toBe(200)
    passSeconds(199)
    expect(await throttle.secondsToWait(alice)).toBe(1)
    passSeconds(1)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
  })

  test('the tries from all addresses count together, and other accounts are not held up (S47)', async () => {
    await failTimes(10, (index) => ({ username: 'alice', address: `198.51.100.${index}` }))
    expect(await throttle.secondsToWait(alice)).toBe(300)
    expect(await throttle.secondsToWait({ ...alice, username: 'bob' })).toBeUndefined()
  })

  test('capitals do not make another account of it', async () => {
    await failTimes(5, alice)
    await failTimes(5, { ...alice, username: 'ALICE' })
    expect(await throttle.secondsToWait({ ...alice, username: 'Alice' })).toBe(300)
  })

  test('a part of a second to wait is a second', async () => {
    await failTimes(10, alice)
    passSeconds(299.5)
    expect(await throttle.secondsToWait(alice)).toBe(1)
  })

  test('one that does not exist is throttled like any other (S26)', async () => {
    await throttle.succeeded(alice)
    const waits: (number | undefined)[][] = []
    for (const username of ['alice', 'ghost']) {
      const answers: (number | undefined)[] = []
      for (let index = 0; index < 12; index++) {
        const attempt = { username, address: `198.51.100.${index}` }
        answers.push(await throttle.secondsToWait(attempt))
        await throttle.failed(attempt)
      }
      waits.push(answers)
    }
    expect(waits[0]).toEqual([...Array.from({ length: 10 }, () => undefined), 300, 300])
    expect(waits[1]).toEqual(waits[0])
  })

  test('a client that tries everything twice still has five tries (S47)', async () => {
    for (let login = 0; login < 5; login++) {
      expect(await throttle.secondsToWait(alice)).toBeUndefined()
      await failTimes(2, alice)
    }
    expect(await throttle.secondsToWait(alice)).toBe(300)
  })
})

describe('from one address', () => {
  test('100 wrong tries at any accounts are heard, and the next only when the five minutes are over (S47)', async () => {
    const guess = (index: number) => ({ username: `user${index}`, address: '192.0.2.1' })
    await failTimes(99, guess)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
    await failTimes(1, guess)
    expect(await throttle.secondsToWait(alice)).toBe(300)
    expect(await throttle.secondsToWait(aliceElsewhere)).toBeUndefined()
    passSeconds(300)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
  })

  test('right passwords count nothing, however many, and forgive nothing', async () => {
    for (let login = 0; login < 200; login++) await throttle.succeeded(alice)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
    await failTimes(100, (index) => ({ username: `user${index}`, address: '192.0.2.1' }))
    await throttle.succeeded(alice)
    expect(await throttle.secondsToWait(alice)).toBe(300)
  })

  test('where account and address are both to wait, the longer wait is told', async () => {
    await failTimes(10, aliceElsewhere)
    passSeconds(100)
    await failTimes(100, (index) => ({ username: `user${index}`, address: '192.0.2.1' }))
    expect(await throttle.secondsToWait(alice)).toBe(300)
    expect(await throttle.secondsToWait(aliceElsewhere)).toBe(200)
  })

  test('no more accounts are counted than tries are heard, so that names cannot fill the memory (S47)', async () => {
    throttle = createLoginThrottle({ perAccount: 1, perAddress: 3 })
    await failTimes(5, (index) => ({ username: `user${index}`, address: '192.0.2.1' }))
    const counted: string[] = []
    for (const username of ['user0', 'user1', 'user2', 'user3', 'user4']) {
      const wait = await throttle.secondsToWait({ username, address: '192.0.2.9' })
      if (wait !== undefined) counted.push(username)
    }
    expect(counted).toEqual(['user0', 'user1', 'user2'])
  })

  test('what was counted is gone when its time is over (S47)', async () => {
    const timersBefore = vi.getTimerCount()
    await failTimes(100, (index) => ({ username: 'x'.repeat(index), address: `198.51.100.${index}` }))
    expect(vi.getTimerCount()).toBe(timersBefore + 200)
    passSeconds(300)
    expect(vi.getTimerCount()).toBe(timersBefore)
  })
})

describe('an address of IPv6 is counted with its /64 (S47)', () => {
  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:DB8:0001:0002:0:0:0:2', true],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8:1:2::1', '2001:db8:1::2', false],
    ['::1', '::2', true],
    ['::1', '0:0:0:0:1:2:3:4', true],
    ['::1', '0:0:0:1::1', false],
    ['::1:2:3:4:5', '0:0:0:1::', true],
    ['64:ff9b::192.0.2.1', '64:ff9b::192.0.2.2', true],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::', true],
    ['::1:2:3:4:192.0.2.1', '0:0:1:2::', true],
    ['1:2:3:4:5:6:7::', '1:2:3:4::', true],
    ['fe80::1%eth0', 'fe80::2%eth0', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
  ])('%s and %s are the same: %s', async (one, other, isSame) => {
    throttle = createLoginThrottle({ perAddress: 1 })
    await throttle.failed({ username: 'alice', address: one })
    const wait = await throttle.secondsToWait({ username: 'bob', address: other })
    expect(wait).toBe(isSame ? 300 : undefined)
  })
})

describe('from where an account has logged in', () => {
  test('it still can, however often others guess elsewhere (S47)', async () => {
    await throttle.succeeded(alice)
    await failTimes(20, aliceElsewhere)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
    expect(await throttle.secondsToWait(aliceElsewhere)).toBe(300)
    expect(await throttle.secondsToWait({ ...alice, address: '192.0.2.3' })).toBe(300)
  })

  test('its own wrong tries do not lock it out elsewhere, and are heard until those of the address are used up', async () => {
    await throttle.succeeded(alice)
    await failTimes(99, alice)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
    expect(await throttle.secondsToWait(aliceElsewhere)).toBeUndefined()
    await failTimes(1, alice)
    expect(await throttle.secondsToWait(alice)).toBe(300)
  })

  test('others from the same address are throttled', async () => {
    await throttle.succeeded(alice)
    await failTimes(10, { ...alice, username: 'bob' })
    expect(await throttle.secondsToWait({ ...alice, username: 'bob' })).toBe(300)
  })

  test('it can for a day after it last did', async () => {
    await throttle.succeeded(alice)
    passSeconds(DAY_SECONDS / 2)
    await throttle.succeeded(alice)
    passSeconds(DAY_SECONDS - 10)
    await failTimes(10, aliceElsewhere)
    expect(await throttle.secondsToWait(alice)).toBeUndefined()
    passSeconds(20)
    expect(await throttle.secondsToWait(alice)).toBe(280)
  })
})

test('what waits for its time to be over does not keep the process alive', async () => {
  vi.useRealTimers()
  const timeouts = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timeouts()
  throttle = createLoginThrottle()
  await throttle.failed(alice)
  await throttle.succeeded(alice)
  await throttle.secondsToWait(alice)
  expect(timeouts()).toBe(before)
})
