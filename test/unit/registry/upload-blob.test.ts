import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { Caller } from '../../../server/registry/caller.ts'
import { UploadOutOfOrder, type UploadTarget } from '../../../server/registry/upload-blob.ts'
import { bytesOf, collect, cutOff, digestOf, inChunks, pull } from '../../contract/blob-store-content.ts'
import { APP, bodyOf, EMPTY, NOBODY, type OpenRegistry, OTHER, openRegistry } from './open-registry.ts'
import { refusalOf } from './refusal-of.ts'

let registry: OpenRegistry
let alice: Caller
let bob: Caller

beforeEach(async () => {
  registry = await openRegistry()
  alice = await registry.createCaller('alice')
  bob = await registry.createCaller('bob')
})

afterEach(() => registry.close())

async function start(caller = alice, repository = APP): Promise<UploadTarget> {
  const { id } = await registry.uploadBlob.start(repository, caller)
  return { repository, id }
}

async function offsetOf(target: UploadTarget, caller = alice): Promise<number> {
  return (await registry.uploadBlob.progress(target, caller)).offset
}

/** The size of a blob as a repository has it; undefined when it does not. */
async function linkedSize(bytes: Uint8Array, name = APP): Promise<number | undefined> {
  const repository = await registry.findRepository(name)
  return repository && (await registry.store.blobLinks.find(repository.id, digestOf(bytes)))?.size
}

/** Whether a blob is stored byte for byte. */
async function isStored(bytes: Buffer, digest = digestOf(bytes)): Promise<boolean> {
  return (await pull(registry.blobs, digest))?.equals(bytes) ?? false
}

/** That nothing is left of an upload: no bytes, no blob, no session. */
async function expectNothingLeft(target?: UploadTarget): Promise<void> {
  expect(await collect(registry.blobs.listUploads())).toEqual([])
  expect(await collect(registry.blobs.list())).toEqual([])
  if (target === undefined) return
  expect((await refusalOf(registry.uploadBlob.progress(target, alice))).code).toBe('BLOB_UPLOAD_UNKNOWN')
}

describe('a blob arrives whole', () => {
  const bytes = bytesOf(100_000)

  test('in one PATCH and an empty PUT, as docker and podman send it', async () => {
    const target = await start()
    const body = bodyOf(bytes, { length: 'unknown' })
    expect(await registry.uploadBlob.append(target, body, alice)).toEqual({ id: target.id, offset: 100_000 })
    await registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), alice)
  })

  test('in one PUT, as containerd and oras send it', async () => {
    await registry.uploadBlob.finish(await start(), bodyOf(bytes), digestOf(bytes), alice)
  })

  test('in numbered chunks and a PUT with the last, as regclient sends it', async () => {
    const target = await start()
    for (const first of [0, 30_000, 60_000]) {
      const range = { first, last: first + 29_999 }
      const chunk = bodyOf(bytes.subarray(first, first + 30_000), { range })
      expect(await registry.uploadBlob.append(target, chunk, alice)).toEqual({ id: target.id, offset: first + 30_000 })
    }
    const last = bodyOf(bytes.subarray(90_000), { range: { first: 90_000, last: 99_999 } })
    await registry.uploadBlob.finish(target, last, digestOf(bytes), alice)
  })

  test('in many PATCHes that say nothing, and goes where the upload stands (UPL-4)', async () => {
    const target = await start()
    for (let first = 0; first < bytes.byteLength; first += 25_000) {
      await registry.uploadBlob.append(target, bodyOf(bytes.subarray(first, first + 25_000)), alice)
    }
    await registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), alice)
  })

  test('in one POST', async () => {
    await registry.uploadBlob.monolithic(APP, bodyOf(bytes), digestOf(bytes), alice)
  })

  afterEach(async () => {
    expect(await linkedSize(bytes)).toBe(100_000)
    expect(await isStored(bytes)).toBe(true)
    expect(await collect(registry.blobs.listUploads())).toEqual([])
  })
})

test('an empty blob arrives, too (UPL-12)', async () => {
  const nothing = Buffer.alloc(0)
  await registry.uploadBlob.finish(await start(), EMPTY, digestOf(nothing), alice)
  expect(await linkedSize(nothing)).toBe(0)
  await registry.uploadBlob.monolithic(OTHER, EMPTY, digestOf(nothing), alice)
  expect(await linkedSize(nothing, OTHER)).toBe(0)
})

test('a blob may be named by sha512 at the end, though nothing said so at the beginning (UPL-11)', async () => {
  const bytes = bytesOf(1000)
  const target = await start()
  await registry.uploadBlob.append(target, bodyOf(bytes), alice)
  const digest = digestOf(bytes, 'sha512')
  await registry.uploadBlob.finish(target, EMPTY, digest, alice)
  expect(await isStored(bytes, digest)).toBe(true)
})

test('an upload that was begun stands at nothing, and creates no repository', async () => {
  const target = await start()
  expect(await registry.uploadBlob.progress(target, alice)).toEqual({ id: target.id, offset: 0 })
  expect(await registry.findRepository(APP)).toBeUndefined()
})

test('the name of an upload cannot be guessed', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, async () => (await start()).id))
  expect(new Set(ids).size).toBe(20)
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{24}$/)
})

describe('to anybody but who began it an upload does not exist (S09)', () => {
  const bytes = bytesOf(10)

  test.each([
    ['another user', () => bob, APP],
    ['anonymous', () => NOBODY, APP],
    ['the same user in another repository', () => alice, OTHER],
    ['another user in their own repository', () => bob, parseRepositoryName('bob/app')],
  ] as const)('%s', async (_, caller, repository) => {
    const mine = await start()
    await registry.uploadBlob.append(mine, bodyOf(bytes), alice)
    const target = { ...mine, repository }
    for (const attempt of [
      registry.uploadBlob.progress(target, caller()),
      registry.uploadBlob.append(target, bodyOf(bytesOf(5)), caller()),
      registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), caller()),
      registry.uploadBlob.finish(target, bodyOf(bytesOf(5)), digestOf(bytesOf(5)), caller()),
      registry.uploadBlob.cancel(target, caller()),
    ]) {
      const { code, status } = await refusalOf(attempt)
      expect({ code, status }).toEqual({ code: 'BLOB_UPLOAD_UNKNOWN', status: 404 })
    }
    expect(await offsetOf(mine)).toBe(10)
    expect(await linkedSize(bytes, repository)).toBeUndefined()
    await registry.uploadBlob.finish(mine, EMPTY, digestOf(bytes), alice)
    expect(await linkedSize(bytes)).toBe(10)
  })

  test('what anonymous began is not anybody else’s either', async () => {
    const target = await start(NOBODY)
    expect((await refusalOf(registry.uploadBlob.progress(target, alice))).code).toBe('BLOB_UPLOAD_UNKNOWN')
    expect(await offsetOf(target, NOBODY)).toBe(0)
  })

  test.each(['', 'nothing', '../../etc/passwd', "' OR 1=1 --", '\0', 'x'.repeat(100_000)])(
    'an upload that was never begun: "%s"',
    async (id) => {
      await start()
      const target = { repository: APP, id }
      for (const attempt of [
        registry.uploadBlob.progress(target, alice),
        registry.uploadBlob.append(target, EMPTY, alice),
        registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), alice),
        registry.uploadBlob.cancel(target, alice),
      ]) {
        expect((await refusalOf(attempt)).code).toBe('BLOB_UPLOAD_UNKNOWN')
      }
    },
  )
})

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
    const target = await start()
    await registry.uploadBlob.append(target, bodyOf(bytesOf(10)), alice)
    const body = () => bodyOf(bytesOf(size), { range })
    for (const attempt of [
      registry.uploadBlob.append(target, body(), alice),
      registry.uploadBlob.finish(target, body(), digestOf(bytesOf(10)), alice),
    ]) {
      const refusal = await refusalOf(attempt)
      expect(refusal).toBeInstanceOf(UploadOutOfOrder)
      expect(refusal).toMatchObject({ code: 'RANGE_INVALID', status: 416, offset: 10 })
    }
    expect(await offsetOf(target)).toBe(10)
    await registry.uploadBlob.finish(target, EMPTY, digestOf(bytesOf(10)), alice)
    expect(await linkedSize(bytesOf(10))).toBe(10)
  })

  test('before anything arrived are refused as well', async () => {
    const target = await start()
    const body = bodyOf(bytesOf(10), { range: { first: 10, last: 19 } })
    expect(await refusalOf(registry.uploadBlob.append(target, body, alice))).toMatchObject({ offset: 0, status: 416 })
  })
})

describe('a body that is not as long as announced (S40)', () => {
  test.each([
    ['shorter', 50, 100],
    ['longer', 150, 100],
    ['empty', 0, 100],
  ])('%s is refused, and leaves the upload where it stood', async (_, size, length) => {
    const target = await start()
    await registry.uploadBlob.append(target, bodyOf(bytesOf(10)), alice)
    const body = () => bodyOf(bytesOf(size), { length, chunkBytes: 30 })
    const { code, status } = await refusalOf(registry.uploadBlob.append(target, body(), alice))
    expect({ code, status }).toEqual({ code: 'SIZE_INVALID', status: 400 })
    expect(await offsetOf(target)).toBe(10)
    const attempt = registry.uploadBlob.finish(target, body(), digestOf(bytesOf(size)), alice)
    expect((await refusalOf(attempt)).code).toBe('SIZE_INVALID')
    expect(await offsetOf(target)).toBe(10)
    expect(await linkedSize(bytesOf(size))).toBeUndefined()
  })

  test('is refused though its range says so and not its length', async () => {
    const target = await start()
    const body = bodyOf(bytesOf(50), { length: 'unknown', range: { first: 0, last: 99 } })
    expect((await refusalOf(registry.uploadBlob.append(target, body, alice))).code).toBe('SIZE_INVALID')
    const more = bodyOf(bytesOf(150), { length: 'unknown', range: { first: 50, last: 149 }, chunkBytes: 30 })
    expect((await refusalOf(registry.uploadBlob.append(target, more, alice))).code).toBe('SIZE_INVALID')
    expect(await offsetOf(target)).toBeLessThanOrEqual(150)
  })

  test('in one POST leaves nothing at all', async () => {
    const body = bodyOf(bytesOf(50), { length: 100 })
    expect((await refusalOf(registry.uploadBlob.monolithic(APP, body, digestOf(bytesOf(50)), alice))).code).toBe(
      'SIZE_INVALID',
    )
    await expectNothingLeft()
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
    const target = await start()
    await expect(registry.uploadBlob.append(target, cutAt(400, { first: 0, last: 999 }), alice)).rejects.toBe(gone)
    expect(await offsetOf(target)).toBe(400)
    const rest = bodyOf(bytes.subarray(400), { range: { first: 400, last: 999 } })
    await registry.uploadBlob.finish(target, rest, digestOf(bytes), alice)
    expect(await isStored(bytes)).toBe(true)
  })

  test('and does not starts over', async () => {
    const target = await start()
    await expect(registry.uploadBlob.append(target, cutAt(400), alice)).rejects.toBe(gone)
    expect(await offsetOf(target)).toBe(0)
    await registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), alice)
    expect(await isStored(bytes)).toBe(true)
  })

  test('during the last PUT can send it again', async () => {
    const target = await start()
    await expect(registry.uploadBlob.finish(target, cutAt(400), digestOf(bytes), alice)).rejects.toBe(gone)
    await registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), alice)
    expect(await linkedSize(bytes)).toBe(1000)
  })

  test('during a POST leaves nothing', async () => {
    await expect(registry.uploadBlob.monolithic(APP, cutAt(400), digestOf(bytes), alice)).rejects.toBe(gone)
    await expectNothingLeft()
  })
})

describe('bytes that are not those of the digest (S43)', () => {
  test('end the upload, and nothing is left: no bytes, no blob, no session, no repository', async () => {
    const target = await start()
    await registry.uploadBlob.append(target, bodyOf(bytesOf(10)), alice)
    const wrong = digestOf(bytesOf(11))
    const refusal = await refusalOf(registry.uploadBlob.finish(target, EMPTY, wrong, alice))
    expect(refusal).toMatchObject({ code: 'DIGEST_INVALID', status: 400 })
    expect(refusal.detail).toEqual({ expected: wrong, actual: digestOf(bytesOf(10)) })
    await expectNothingLeft(target)
    expect(await registry.findRepository(APP)).toBeUndefined()
    expect((await refusalOf(registry.uploadBlob.finish(target, EMPTY, digestOf(bytesOf(10)), alice))).code).toBe(
      'BLOB_UPLOAD_UNKNOWN',
    )
  })

  test('in one POST leave nothing either', async () => {
    const attempt = registry.uploadBlob.monolithic(APP, bodyOf(bytesOf(10)), digestOf(bytesOf(11)), alice)
    expect((await refusalOf(attempt)).code).toBe('DIGEST_INVALID')
    await expectNothingLeft()
    expect(await registry.findRepository(APP)).toBeUndefined()
  })

  test('do not disturb the blob that is there under the digest', async () => {
    const digest = await registry.pushBlob(bytesOf(10), alice)
    const attempt = registry.uploadBlob.monolithic(APP, bodyOf(bytesOf(11)), digest, alice)
    expect((await refusalOf(attempt)).code).toBe('DIGEST_INVALID')
    expect(await isStored(bytesOf(10), digest)).toBe(true)
    expect(await linkedSize(bytesOf(10))).toBe(10)
  })
})

describe('a PUT whose answer was lost may be sent again (UPL-13)', () => {
  const bytes = bytesOf(10)

  test('and succeeds again, whatever its body', async () => {
    const target = await start()
    await registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), alice)
    await registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), alice)
    await registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), alice)
    expect(await linkedSize(bytes)).toBe(10)
    expect(await collect(registry.blobs.list())).toHaveLength(1)
    expect(await collect(registry.blobs.listUploads())).toEqual([])
  })

  test('but not for another blob, nor once the blob is deleted', async () => {
    const target = await start()
    await registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), alice)
    const other = registry.uploadBlob.finish(target, EMPTY, digestOf(bytesOf(11)), alice)
    expect((await refusalOf(other)).code).toBe('BLOB_UPLOAD_UNKNOWN')
    await registry.deleteContent.blob(await registry.findRepository(APP), digestOf(bytes), alice)
    const again = registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), alice)
    expect((await refusalOf(again)).code).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  test('two at once both succeed, with one blob and one link (S42)', async () => {
    const target = await start()
    await registry.uploadBlob.append(target, bodyOf(bytes), alice)
    const put = () => registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), alice)
    await Promise.all([put(), put(), put()])
    expect(await collect(registry.blobs.list())).toEqual([{ digest: digestOf(bytes), size: 10 }])
    expect(await linkedSize(bytes)).toBe(10)
  })

  test('two uploads of one blob both succeed', async () => {
    const [one, other] = [await start(), await start()]
    await Promise.all(
      [one, other].map((target) => registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), alice)),
    )
    expect(await collect(registry.blobs.list())).toHaveLength(1)
  })
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
    const target = await start()
    const first = slowBody(bytesOf(100, 1))
    const writing = registry.uploadBlob.append(target, first.body, alice)
    const second = registry.uploadBlob.append(target, bodyOf(bytesOf(50, 2)), alice)
    first.goOn()
    expect(await writing).toMatchObject({ offset: 100 })
    expect(await second).toMatchObject({ offset: 150 })
    const whole = Buffer.concat([bytesOf(100, 1), bytesOf(50, 2)])
    await registry.uploadBlob.finish(target, EMPTY, digestOf(whole), alice)
    expect(await isStored(whole)).toBe(true)
  })

  test('that say the same chunk twice at once get it in once: the second is out of order (S41)', async () => {
    const target = await start()
    const range = { first: 0, last: 99 }
    const first = slowBody(bytesOf(100), { range })
    const writing = registry.uploadBlob.append(target, first.body, alice)
    const second = refusalOf(registry.uploadBlob.append(target, bodyOf(bytesOf(100), { range }), alice))
    first.goOn()
    expect(await writing).toMatchObject({ offset: 100 })
    expect(await second).toMatchObject({ code: 'RANGE_INVALID', offset: 100 })
  })

  test('that ask how far it got are told the truth, after the chunk under way', async () => {
    const target = await start()
    const { body, goOn } = slowBody(bytesOf(100))
    const writing = registry.uploadBlob.append(target, body, alice)
    const asking = registry.uploadBlob.progress(target, alice)
    goOn()
    await writing
    expect(await asking).toMatchObject({ offset: 100 })
  })

  test('do not wait for those of another upload (I8)', async () => {
    const [slow, quick] = [await start(), await start()]
    const { body, goOn } = slowBody(bytesOf(100))
    const writing = registry.uploadBlob.append(slow, body, alice)
    await registry.uploadBlob.finish(quick, bodyOf(bytesOf(10)), digestOf(bytesOf(10)), alice)
    goOn()
    await writing
  })
})

describe('an upload that is given up', () => {
  test('is gone with its bytes', async () => {
    const target = await start()
    await registry.uploadBlob.append(target, bodyOf(bytesOf(10)), alice)
    await registry.uploadBlob.cancel(target, alice)
    await expectNothingLeft(target)
    expect((await refusalOf(registry.uploadBlob.cancel(target, alice))).code).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  test('leaves others alone', async () => {
    const [one, other] = [await start(), await start()]
    await registry.uploadBlob.append(other, bodyOf(bytesOf(10)), alice)
    await registry.uploadBlob.cancel(one, alice)
    expect(await offsetOf(other)).toBe(10)
  })
})

test('an upload whose bytes were lost is unknown, not broken', async () => {
  const target = await start()
  for (const { key } of await collect(registry.blobs.listUploads()))
    await (await registry.blobs.findUpload(key))?.discard()
  for (const attempt of [
    registry.uploadBlob.progress(target, alice),
    registry.uploadBlob.append(target, bodyOf(bytesOf(10)), alice),
    registry.uploadBlob.finish(target, bodyOf(bytesOf(10)), digestOf(bytesOf(10)), alice),
  ]) {
    expect((await refusalOf(attempt)).code).toBe('BLOB_UPLOAD_UNKNOWN')
  }
})

test('a body without end is taken no faster than asked for, and nothing of it is kept when it is too long', async () => {
  const target = await start()
  let given = 0
  async function* endless() {
    for await (const chunk of inChunks(bytesOf(100_000), 1000)) {
      given += chunk.byteLength
      yield chunk
    }
  }
  const body = { stream: endless(), length: 10_000, range: undefined }
  expect((await refusalOf(registry.uploadBlob.append(target, body, alice))).code).toBe('SIZE_INVALID')
  expect(given).toBeLessThan(20_000)
  expect(await offsetOf(target)).toBe(0)
})
