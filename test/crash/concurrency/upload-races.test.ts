import { beforeAll, expect, test, vi } from 'vitest'
import { blobPath, digestOf } from '../content.ts'
import type { PushClient, WireAnswer } from '../push-client.ts'
import { type NewBlob, openRaceServer, pathOf, type RaceServer } from './race-server.ts'

vi.setConfig({ testTimeout: 300_000 })

let server: RaceServer

beforeAll(async () => {
  server = await openRaceServer()
  return () => server.close()
})

async function openSession(repository: string): Promise<string> {
  const { headers } = await server.one.expect(202, { method: 'POST', path: `/v2/${repository}/blobs/uploads/` })
  return headers.location ?? ''
}

function put(client: PushClient, session: string, { digest }: NewBlob, body?: Buffer): Promise<WireAnswer> {
  return client.send({ method: 'PUT', path: `${session}?digest=${digest}`, ...(body && { body }) })
}

function patch(client: PushClient, session: string, bytes: Buffer, start?: number): Promise<WireAnswer> {
  const range = start === undefined ? undefined : `${start}-${start + bytes.byteLength - 1}`
  const headers = range === undefined ? {} : { 'Content-Range': range }
  return client.send({ method: 'PATCH', path: session, body: bytes, headers })
}

/** The statuses of two answers, and what only one of them may have done. */
function statuses(...answers: readonly WireAnswer[]): string {
  return answers.map(({ status }) => status).join(' ')
}

test('of two PUTs that finish one session as different blobs one wins, and the other is told that it is gone', async () => {
  const { one, other } = server
  await server.repeat(['201 404', '404 201'], async (repository, race) => {
    const [first, second] = [server.newBlob(repository), server.newBlob(repository)]
    const session = await openSession(repository)
    const answers = await race(
      () => put(one, session, first, first.bytes),
      () => put(other, session, second, second.bytes),
    )
    const there = await server.findThere([first, second].map(pathOf))
    const winners = [first, second].filter((_, index) => answers[index]?.status === 201)
    expect([...there]).toEqual(winners.map(pathOf))
    expect(await server.statusOf(one, 'GET', session)).toBe(404)
    return statuses(...answers)
  })
})

test('two PUTs that finish one session as the same blob are one PUT and its repetition', async () => {
  const { one, other } = server
  await server.repeat(['201 201'], async (repository, race) => {
    const blob = server.newBlob(repository)
    const session = await openSession(repository)
    const answers = await race(
      () => put(one, session, blob, blob.bytes),
      () => put(other, session, blob, blob.bytes),
    )
    expect(await server.findThere([pathOf(blob)])).toEqual(new Set([pathOf(blob)]))
    expect(await server.statusOf(one, 'GET', session)).toBe(404)
    return statuses(...answers)
  })
})

test('of two chunks for the same place one is taken, and the other is told where the upload stands', async () => {
  const { one, other } = server
  await server.repeat(['202 416', '416 202'], async (repository, race) => {
    const [first, second] = [server.newBlob(repository), server.newBlob(repository)]
    const session = await openSession(repository)
    const answers = await race(
      () => patch(one, session, first.bytes, 0),
      () => patch(other, session, second.bytes, 0),
    )
    const winner = answers[0].status === 202 ? first : second
    for (const { headers } of answers) expect(headers.range).toBe(`0-${winner.size - 1}`)
    expect((await put(one, session, winner)).status).toBe(201)
    expect(await server.findThere([pathOf(winner)])).toEqual(new Set([pathOf(winner)]))
    return statuses(...answers)
  })
})

test('two bodies without a place are taken one after the other, each whole', async () => {
  const { one, other } = server
  await server.repeat(['first then second', 'second then first'], async (repository, race) => {
    const [first, second] = [server.newBlob(repository), server.newBlob(repository)]
    const session = await openSession(repository)
    const [ofFirst, ofSecond] = await race(
      () => patch(one, session, first.bytes),
      () => patch(other, session, second.bytes),
    )
    expect(statuses(ofFirst, ofSecond)).toBe('202 202')
    const isFirstFirst = ofFirst.headers.range === `0-${first.size - 1}`
    const bytes = Buffer.concat(isFirstFirst ? [first.bytes, second.bytes] : [second.bytes, first.bytes])
    expect((isFirstFirst ? ofSecond : ofFirst).headers.range).toBe(`0-${bytes.byteLength - 1}`)
    const digest = digestOf(bytes)
    await one.expect(201, { method: 'PUT', path: `${session}?digest=${digest}` })
    const path = blobPath(repository, digest)
    expect(await server.findThere([path])).toEqual(new Set([path]))
    return isFirstFirst ? 'first then second' : 'second then first'
  })
})

test('a chunk that races the end of its upload comes before it, and spoils it, or is refused', async () => {
  const { one, other } = server
  await server.repeat(['201 404', '400 202'], async (repository, race) => {
    const [blob, more] = [server.newBlob(repository), server.newBlob(repository)]
    const session = await openSession(repository)
    expect((await patch(one, session, blob.bytes)).status).toBe(202)
    const answers = await race(
      () => put(one, session, blob),
      () => patch(other, session, more.bytes, blob.size),
    )
    const there = await server.findThere([pathOf(blob)])
    expect(there.size).toBe(answers[0].status === 201 ? 1 : 0)
    return statuses(...answers)
  })
})

test('an upload that is finished and cancelled at once is either', async () => {
  const { one, other } = server
  await server.repeat(['201 404', '404 204'], async (repository, race) => {
    const blob = server.newBlob(repository)
    const session = await openSession(repository)
    const [finished, cancelled] = await race(
      () => put(one, session, blob, blob.bytes),
      () => other.send({ method: 'DELETE', path: session }),
    )
    const there = await server.findThere([pathOf(blob)])
    expect(there.size).toBe(finished.status === 201 ? 1 : 0)
    return statuses(finished, cancelled)
  })
})
