import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, pushBlob } from '../../support/server.ts'
import { send } from './requests.ts'
import { openWorld, type World } from './world.ts'

const ROUNDS = 400

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.server.close())

/**
 * How often, of all pairs of one from each, the first is the slower: 0.5 when nobody can tell them apart, whatever the
 * machine does meanwhile, since the two take turns.
 */
async function tellApart(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<number> {
  const times: { time: number; isFirst: boolean }[] = []
  const measure = async (ask: () => Promise<unknown>, isFirst: boolean) => {
    const started = performance.now()
    await ask()
    times.push({ time: performance.now() - started, isFirst })
  }
  for (let round = 0; round < ROUNDS; round++) {
    // Who goes first changes, for the second of two may find warmer caches.
    if (round % 2 === 0) await measure(first, true)
    await measure(second, false)
    if (round % 2 === 1) await measure(first, true)
  }
  times.sort((a, b) => a.time - b.time)
  let secondsSoFar = 0
  let slower = 0
  for (const { isFirst } of times) {
    if (isFirst) slower += secondsSoFar
    else secondsSoFar += 1
  }
  return slower / (ROUNDS * ROUNDS)
}

/**
 * Measures until the chance lies between two bounds, three times at most: on a busy machine one measure may be off by
 * chance, but what really differs (or does not) does so each time.
 */
async function measureUntil(
  measure: () => Promise<number>,
  { above, below }: { readonly above: number; readonly below: number },
): Promise<number> {
  let chance = await measure()
  for (let again = 0; again < 2 && !(chance > above && chance < below); again++) chance = await measure()
  return chance
}

test.each([
  ['a manifest of a repository', 'GET', (name: string) => `/v2/${name}/manifests/v1`],
  ['a blob of a repository', 'HEAD', (name: string) => `/v2/${name}/blobs/sha256:${'0'.repeat(64)}`],
  ['an upload to a repository', 'POST', (name: string) => `/v2/${name}/blobs/uploads/`],
  ['a repository on the API', 'GET', (name: string) => `/api/v1/repositories/${encodeURIComponent(name)}`],
] as const)('M3, S26: %s that is forbidden takes as long as one that is absent', async (_, method, pathOf) => {
  for (const subject of ['stranger', 'robot of gamma']) {
    const headers: Record<string, string> = { authorization: world.headers[subject] ?? '' }
    const ask = (name: string) => () => send(world.server.url, { method, path: pathOf(name), headers, body: undefined })
    const measure = () => tellApart(ask('beta/private'), ask('beta/missing'))
    await measure()
    const chance = await measureUntil(measure, { above: 0.35, below: 0.65 })
    expect(chance, subject).toBeGreaterThan(0.35)
    expect(chance, subject).toBeLessThan(0.65)
  }
})

test.each([
  ['the head of', 'HEAD', (digest: string) => `/v2/gamma/own/blobs/${digest}`],
  ['a read of', 'GET', (digest: string) => `/v2/gamma/own/blobs/${digest}`],
  ['a mount from anywhere of', 'POST', (digest: string) => `/v2/gamma/own/blobs/uploads/?mount=${digest}`],
  ['a mount of', 'POST', (digest: string) => `/v2/gamma/own/blobs/uploads/?mount=${digest}&from=beta/private`],
] as const)(
  'S03: %s what only a private repository of others has takes as long as of what nobody has',
  async (_, method, pathOf) => {
    const authorization = world.headers['robot of gamma'] ?? ''
    const robot = world.server.as(authorization)
    const known = await pushBlob(world.server.as(world.headers['olga'] ?? ''), 'beta/private', 'a layer of theirs')
    await pushBlob(robot, 'gamma/own', 'a layer of its own')
    const ask = (digest: string) => async () => {
      const request = { method, path: pathOf(digest), headers: { authorization }, body: undefined }
      const { status, headers } = await send(world.server.url, request)
      expect(status).toBe(method === 'POST' ? 202 : 404)
      // Nobody may have as many uploads open as are tried here.
      if (method === 'POST') await robot.delete(String(headers['location'])).expect(204)
    }
    const [askKnown, askUnknown] = [ask(known), ask(digestOf('what nobody has'))]
    const measure = () => tellApart(askKnown, askUnknown)
    await measure()
    const chance = await measureUntil(measure, { above: 0.35, below: 0.65 })
    expect(chance).toBeGreaterThan(0.35)
    expect(chance).toBeLessThan(0.65)
  },
)

test('the measure itself tells apart what differs by a fifth of a millisecond', async () => {
  const headers: Record<string, string> = { authorization: world.headers['stranger'] ?? '' }
  const ask = () =>
    send(world.server.url, { method: 'GET', path: '/v2/beta/private/tags/list', headers, body: undefined })
  const slower = async () => {
    await ask()
    const until = performance.now() + 0.2
    while (performance.now() < until);
  }
  expect(await measureUntil(() => tellApart(slower, ask), { above: 0.65, below: 1.01 })).toBeGreaterThan(0.65)
})
