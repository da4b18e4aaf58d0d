import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSignUpThrottle, type SignUpThrottle } from '../../../server/accounts/sign-up-throttle.ts'

const HOUR_MS = 60 * 60 * 1000

let throttle: SignUpThrottle

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  throttle = createSignUpThrottle()
})

afterEach(() => {
  vi.useRealTimers()
})

async function tryTenTimes(addressOf: (index: number) => string): Promise<void> {
  for (let index = 0; index < 10; index++) expect(await throttle.take(addressOf(index))).toBeUndefined()
}

test('ten tries in an hour are heard, and the next only when the hour is over', async () => {
  await tryTenTimes(() => '192.0.2.1')
  expect(await throttle.take('192.0.2.1')).toBe(3600)
  vi.advanceTimersByTime(HOUR_MS - 1)
  expect(await throttle.take('192.0.2.1')).toBe(1)
  vi.advanceTimersByTime(1)
  expect(await throttle.take('192.0.2.1')).toBeUndefined()
})

test('of many at once no more than ten get through', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => throttle.take('192.0.2.1')))
  expect(answers.filter((seconds) => seconds === undefined)).toHaveLength(10)
})

test('other addresses are not held up', async () => {
  await tryTenTimes(() => '192.0.2.1')
  expect(await throttle.take('192.0.2.2')).toBeUndefined()
})

test.each([
  ['2001:db8:1:2::', '2001:0db8:0001:0002:ffff::1', '2001:db8:1:3::1'],
  ['::', '0:0:0:0:ffff::', '0:0:0:1::'],
  ['64:ff9b::', '64:ff9b::192.0.2.7', '64:ff9b:0:1::192.0.2.7'],
])('who moves about in the /64 of %s does not get on', async (network, same, other) => {
  await tryTenTimes((index) => `${network}${index.toString(16)}`)
  expect(await throttle.take(same)).toBe(3600)
  expect(await throttle.take(other)).toBeUndefined()
})
