import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UploadOutOfOrder } from '../../../server/registry/upload-blob.ts'
import { bytesOf, cutOff, digestOf, inChunks } from '../../contract/blob-store-content.ts'
import { APP, bodyOf, EMPTY } from './open-registry.ts'
import { type OpenUploads, openUploads } from './open-uploads.ts'
import { refusalOf } from './refusal-of.ts'

let uploads: OpenUploads

beforeEach(async () => {
  uploads = await openUploads()
})

afterEach(() => uploads.close())

describe('bytes that do not go where the upload stands', () => {
  test.each([
    ['a gap', { first: 11, last: 20 }, 10],
    ['an overlap', { first: 9, last: 18 }, 10],
    ['the beginning once more', { first: 0, last: 9 }, 10],
    ['far beyond', { first: 2 ** 52, last: 2 ** 52 + 9 }, 10],
    ['a range that is longer than the body', { first: 10, last: 20 }, 10],
    ['a range that is shorter than the body', { first: 10, last: 18 }, 10],
    ['a range for no body at all', { first: 10, last: 10 }, 0],
  ])('change nothing, and the refusal says where it stands: %s (S39, UPL-5)', async (_, range, size) => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(10)), uploads.alice)
    const body = () => bodyOf(bytesOf(size), { range })
    for (const attempt of [
      uploads.registry.uploadBlob.append(target, body(), uploads.alice),
      uploads.registry.uploadBlob.finish(target, body(), digestOf(bytesOf(10)), uploads.alice),
    ]) {
      const refusal = await refusalOf(attempt)
      expect(refusal).toBeInstanceOf(UploadOutOfOrder)
      expect(refusal).toMatchObject({ code: 'RANGE_INVALID', status: 416, offset: 10 })
    }
    expect(await uploads.offsetOf(target)).toBe(10)
    await uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytesOf(10)), uploads.alice)
    expect(await uploads.linkedSize(bytesOf(10))).toBe(10)
  })

  test('before anything arrived are refused as well', async () => {
    const target = await uploads.start()
    const body = bodyOf(bytesOf(10), { range: { first: 10, last: 19 } })
    expect(await refusalOf(uploads.registry.uploadBlob.append(target, body, uploads.alice))).toMatchObject({
      offset: 0,
      status: 416,
    })
  })
})

describe('a body that is not as long as announced (S40)', () => {
  test.each([
    ['shorter', 50, 100],
    ['longer', 150, 100],
    ['empty', 0, 100],
  ])('%s is refused, and leaves the upload where it stood', async (_, size, length) => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(10)), uploads.alice)
    const body = () => bodyOf(bytesOf(size), { length, chunkBytes: 30 })
    const { code, status } = await refusalOf(uploads.registry.uploadBlob.append(target, body(), uploads.alice))
    expect({ code, status }).toEqual({ code: 'SIZE_INVALID', status: 400 })
    expect(await uploads.offsetOf(target)).toBe(10)
    const attempt = uploads.registry.uploadBlob.finish(target, body(), digestOf(bytesOf(size)), uploads.alice)
    expect((await refusalOf(attempt)).code).toBe('SIZE_INVALID')
    expect(await uploads.offsetOf(target)).toBe(10)
    expect(await uploads.linkedSize(bytesOf(size))).toBeUndefined()
  })

  test('is refused though its range says so and not its length', async () => {
    const target = await uploads.start()
    const body = bodyOf(bytesOf(50), { length: 'unknown', range: { first: 0, last: 99 } })
    expect((await refusalOf(uploads.registry.uploadBlob.append(target, body, uploads.alice))).code).toBe('SIZE_INVALID')
    const more = bodyOf(bytesOf(150), { length: 'unknown', range: { first: 50, last: 149 }, chunkBytes: 30 })
    expect((await refusalOf(uploads.registry.uploadBlob.append(target, more, uploads.alice))).code).toBe('SIZE_INVALID')
    expect(await uploads.offsetOf(target)).toBeLessThanOrEqual(150)
  })

  test('in one POST leaves nothing at all', async () => {
    const body = bodyOf(bytesOf(50), { length: 100 })
    expect(
      (await refusalOf(uploads.registry.uploadBlob.monolithic(APP, body, digestOf(bytesOf(50)), uploads.alice))).code,
    ).toBe('SIZE_INVALID')
    await uploads.expectNothingLeft()
  })
})

describe('a client that goes away in the middle', () => {
  const gone = new Error('the client went away')
  const bytes = bytesOf(1000)
  const cutAt = (size: number, range?: { first: number; last: number }) => ({
    stream: cutOff(bytes.subarray(0, size), gone, 100),
    length: 1000,
    range,
  })

  test('and numbers its chunks finds what it sent, and goes on from there (UPL-14)', async () => {
    const target = await uploads.start()
    await expect(
      uploads.registry.uploadBlob.append(target, cutAt(400, { first: 0, last: 999 }), uploads.alice),
    ).rejects.toBe(gone)
    expect(await uploads.offsetOf(target)).toBe(400)
    const rest = bodyOf(bytes.subarray(400), { range: { first: 400, last: 999 } })
    await uploads.registry.uploadBlob.finish(target, rest, digestOf(bytes), uploads.alice)
    expect(await uploads.isStored(bytes)).toBe(true)
  })

  test('and does not starts over', async () => {
    const target = await uploads.start()
    await expect(uploads.registry.uploadBlob.append(target, cutAt(400), uploads.alice)).rejects.toBe(gone)
    expect(await uploads.offsetOf(target)).toBe(0)
    await uploads.registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), uploads.alice)
    expect(await uploads.isStored(bytes)).toBe(true)
  })

  test('during the last PUT can send it again', async () => {
    const target = await uploads.start()
    await expect(uploads.registry.uploadBlob.finish(target, cutAt(400), digestOf(bytes), uploads.alice)).rejects.toBe(
      gone,
    )
    await uploads.registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), uploads.alice)
    expect(await uploads.linkedSize(bytes)).toBe(1000)
  })

  test('during a POST leaves nothing', async () => {
    await expect(uploads.registry.uploadBlob.monolithic(APP, cutAt(400), digestOf(bytes), uploads.alice)).rejects.toBe(
      gone,
    )
    await uploads.expectNothingLeft()
  })
})

test('a body without end is taken no faster than asked for, and nothing of it is kept when it is too long', async () => {
  const target = await uploads.start()
  let given = 0
  async function* endless() {
    for await (const chunk of inChunks(bytesOf(100_000), 1000)) {
      given += chunk.byteLength
      yield chunk
    }
  }
  const body = { stream: endless(), length: 10_000, range: undefined }
  expect((await refusalOf(uploads.registry.uploadBlob.append(target, body, uploads.alice))).code).toBe('SIZE_INVALID')
  expect(given).toBeLessThan(20_000)
  expect(await uploads.offsetOf(target)).toBe(0)
})

describe('requests of one upload', () => {
  /** A body that gives its second half when the test says so. */
  function slowBody(bytes: Uint8Array, options: Parameters<typeof bodyOf>[1] = {}) {
    let goOn = () => {}
    const half = bytes.byteLength / 2
    const rest = new Promise<void>((resolve) => {
      goOn = resolve
    })
    async function* stream() {
      yield bytes.subarray(0, half)
      await rest
      yield bytes.subarray(half)
    }
    return { body: { ...bodyOf(bytes, options), stream: stream() }, goOn: () => goOn() }
  }

  test('wait for the one that is under way, and their bytes never mix (S41)', async () => {
    const target = await uploads.start()
    const first = slowBody(bytesOf(100, 1))
    const writing = uploads.registry.uploadBlob.append(target, first.body, uploads.alice)
    const second = uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(50, 2)), uploads.alice)
    first.goOn()
    expect(await writing).toMatchObject({ offset: 100 })
    expect(await second).toMatchObject({ offset: 150 })
    const whole = Buffer.concat([bytesOf(100, 1), bytesOf(50, 2)])
    await uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(whole), uploads.alice)
    expect(await uploads.isStored(whole)).toBe(true)
  })

  test('that say the same chunk twice at once get it in once: the second is out of order (S41)', async () => {
    const target = await uploads.start()
    const range = { first: 0, last: 99 }
    const first = slowBody(bytesOf(100), { range })
    const writing = uploads.registry.uploadBlob.append(target, first.body, uploads.alice)
    const second = refusalOf(uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(100), { range }), uploads.alice))
    first.goOn()
    expect(await writing).toMatchObject({ offset: 100 })
    expect(await second).toMatchObject({ code: 'RANGE_INVALID', offset: 100 })
  })

  test('that ask how far it got are told the truth, after the chunk under way', async () => {
    const target = await uploads.start()
    const { body, goOn } = slowBody(bytesOf(100))
    const writing = uploads.registry.uploadBlob.append(target, body, uploads.alice)
    const asking = uploads.registry.uploadBlob.progress(target, uploads.alice)
    goOn()
    await writing
    expect(await asking).toMatchObject({ offset: 100 })
  })

  test('do not wait for those of another upload (I8)', async () => {
    const [slow, quick] = [await uploads.start(), await uploads.start()]
    const { body, goOn } = slowBody(bytesOf(100))
    const writing = uploads.registry.uploadBlob.append(slow, body, uploads.alice)
    await uploads.registry.uploadBlob.finish(quick, bodyOf(bytesOf(10)), digestOf(bytesOf(10)), uploads.alice)
    goOn()
    await writing
  })
})
