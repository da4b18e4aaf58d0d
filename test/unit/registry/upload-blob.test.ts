import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { UploadTarget } from '../../../server/registry/upload-blob.ts'
import { bytesOf, collect, digestOf } from '../../contract/blob-store-content.ts'
import { APP, bodyOf, EMPTY, MAX_SESSIONS, NOBODY, OTHER } from './open-registry.ts'
import { type OpenUploads, openUploads } from './open-uploads.ts'
import { refusalOf } from './refusal-of.ts'

let uploads: OpenUploads

beforeEach(async () => {
  uploads = await openUploads()
})

afterEach(() => uploads.close())

describe('a blob arrives whole', () => {
  const bytes = bytesOf(100_000)

  test('in one PATCH and an empty PUT, as docker and podman send it', async () => {
    const target = await uploads.start()
    const body = bodyOf(bytes, { length: 'unknown' })
    expect(await uploads.registry.uploadBlob.append(target, body, uploads.alice)).toEqual({
      id: target.id,
      offset: 100_000,
    })
    await uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), uploads.alice)
  })

  test('in one PUT, as containerd and oras send it', async () => {
    await uploads.registry.uploadBlob.finish(await uploads.start(), bodyOf(bytes), digestOf(bytes), uploads.alice)
  })

  test('in numbered chunks and a PUT with the last, as regclient sends it', async () => {
    const target = await uploads.start()
    for (const first of [0, 30_000, 60_000]) {
      const range = { first, last: first + 29_999 }
      const chunk = bodyOf(bytes.subarray(first, first + 30_000), { range })
      expect(await uploads.registry.uploadBlob.append(target, chunk, uploads.alice)).toEqual({
        id: target.id,
        offset: first + 30_000,
      })
    }
    const last = bodyOf(bytes.subarray(90_000), { range: { first: 90_000, last: 99_999 } })
    await uploads.registry.uploadBlob.finish(target, last, digestOf(bytes), uploads.alice)
  })

  test('in many PATCHes that say nothing, and goes where the upload stands (UPL-4)', async () => {
    const target = await uploads.start()
    for (let first = 0; first < bytes.byteLength; first += 25_000) {
      await uploads.registry.uploadBlob.append(target, bodyOf(bytes.subarray(first, first + 25_000)), uploads.alice)
    }
    await uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), uploads.alice)
  })

  test('in one POST', async () => {
    await uploads.registry.uploadBlob.monolithic(APP, bodyOf(bytes), digestOf(bytes), uploads.alice)
  })

  afterEach(async () => {
    expect(await uploads.linkedSize(bytes)).toBe(100_000)
    expect(await uploads.isStored(bytes)).toBe(true)
    expect(await collect(uploads.registry.blobs.listUploads())).toEqual([])
  })
})

test('an empty blob arrives, too (UPL-12)', async () => {
  const nothing = Buffer.alloc(0)
  await uploads.registry.uploadBlob.finish(await uploads.start(), EMPTY, digestOf(nothing), uploads.alice)
  expect(await uploads.linkedSize(nothing)).toBe(0)
  await uploads.registry.uploadBlob.monolithic(OTHER, EMPTY, digestOf(nothing), uploads.alice)
  expect(await uploads.linkedSize(nothing, OTHER)).toBe(0)
})

test('a blob may be named by sha512 at the end, though nothing said so at the beginning (UPL-11)', async () => {
  const bytes = bytesOf(1000)
  const target = await uploads.start()
  await uploads.registry.uploadBlob.append(target, bodyOf(bytes), uploads.alice)
  const digest = digestOf(bytes, 'sha512')
  await uploads.registry.uploadBlob.finish(target, EMPTY, digest, uploads.alice)
  expect(await uploads.isStored(bytes, digest)).toBe(true)
})

test('an upload that was begun stands at nothing, and creates no repository', async () => {
  const target = await uploads.start()
  expect(await uploads.registry.uploadBlob.progress(target, uploads.alice)).toEqual({ id: target.id, offset: 0 })
  expect(await uploads.registry.findRepository(APP)).toBeUndefined()
})

test('the name of an upload cannot be guessed', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, async () => (await uploads.start()).id))
  expect(new Set(ids).size).toBe(20)
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{24}$/)
})

describe('whoever has as many uploads as one may have (S48)', () => {
  let targets: UploadTarget[]

  beforeEach(async () => {
    targets = []
    for (let count = 0; count < MAX_SESSIONS; count++) targets.push(await uploads.start())
  })

  const expectNoMore = async () => {
    const { code, status, message } = await refusalOf(uploads.start())
    expect({ code, status }).toEqual({ code: 'TOOMANYREQUESTS', status: 429 })
    expect(message).toContain('finish some, cancel some')
  }

  test('begins no other, and leaves nothing of it, until one is finished or cancelled', async () => {
    const [first, second] = targets
    await expectNoMore()
    expect(await collect(uploads.registry.blobs.listUploads())).toHaveLength(MAX_SESSIONS)
    if (first !== undefined) await uploads.registry.uploadBlob.cancel(first, uploads.alice)
    await uploads.start()
    await expectNoMore()
    const bytes = bytesOf(10)
    if (second !== undefined) {
      await uploads.registry.uploadBlob.finish(second, bodyOf(bytes), digestOf(bytes), uploads.alice)
    }
    await uploads.start()
    await expectNoMore()
  })

  test('still pushes what needs none, and is nobody else', async () => {
    const bytes = bytesOf(10)
    await uploads.registry.uploadBlob.monolithic(APP, bodyOf(bytes), digestOf(bytes), uploads.alice)
    await uploads.start(uploads.bob, parseRepositoryName('bob/app'))
  })
})

describe('to anybody but who began it an upload does not exist (S09)', () => {
  const bytes = bytesOf(10)

  test.each([
    ['another user', () => uploads.bob, APP],
    ['anonymous', () => NOBODY, APP],
    ['the same user in another repository', () => uploads.alice, OTHER],
    ['another user in their own repository', () => uploads.bob, parseRepositoryName('bob/app')],
  ] as const)('%s', async (_, caller, repository) => {
    const mine = await uploads.start()
    await uploads.registry.uploadBlob.append(mine, bodyOf(bytes), uploads.alice)
    const target = { ...mine, repository }
    for (const attempt of [
      uploads.registry.uploadBlob.progress(target, caller()),
      uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(5)), caller()),
      uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), caller()),
      uploads.registry.uploadBlob.finish(target, bodyOf(bytesOf(5)), digestOf(bytesOf(5)), caller()),
      uploads.registry.uploadBlob.cancel(target, caller()),
    ]) {
      const { code, status } = await refusalOf(attempt)
      expect({ code, status }).toEqual({ code: 'BLOB_UPLOAD_UNKNOWN', status: 404 })
    }
    expect(await uploads.offsetOf(mine)).toBe(10)
    expect(await uploads.linkedSize(bytes, repository)).toBeUndefined()
    await uploads.registry.uploadBlob.finish(mine, EMPTY, digestOf(bytes), uploads.alice)
    expect(await uploads.linkedSize(bytes)).toBe(10)
  })

  test('what anonymous began is not anybody else’s either', async () => {
    const target = await uploads.start(NOBODY)
    expect((await refusalOf(uploads.registry.uploadBlob.progress(target, uploads.alice))).code).toBe(
      'BLOB_UPLOAD_UNKNOWN',
    )
    expect(await uploads.offsetOf(target, NOBODY)).toBe(0)
  })

  test.each(['', 'nothing', '../../etc/passwd', "' OR 1=1 --", '\0', 'x'.repeat(100_000)])(
    'an upload that was never begun: "%s"',
    async (id) => {
      await uploads.start()
      const target = { repository: APP, id }
      for (const attempt of [
        uploads.registry.uploadBlob.progress(target, uploads.alice),
        uploads.registry.uploadBlob.append(target, EMPTY, uploads.alice),
        uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), uploads.alice),
        uploads.registry.uploadBlob.cancel(target, uploads.alice),
      ]) {
        expect((await refusalOf(attempt)).code).toBe('BLOB_UPLOAD_UNKNOWN')
      }
    },
  )
})

describe('an upload that is given up', () => {
  test('is gone with its bytes', async () => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(10)), uploads.alice)
    await uploads.registry.uploadBlob.cancel(target, uploads.alice)
    await uploads.expectNothingLeft(target)
    expect((await refusalOf(uploads.registry.uploadBlob.cancel(target, uploads.alice))).code).toBe(
      'BLOB_UPLOAD_UNKNOWN',
    )
  })

  test('leaves others alone', async () => {
    const [one, other] = [await uploads.start(), await uploads.start()]
    await uploads.registry.uploadBlob.append(other, bodyOf(bytesOf(10)), uploads.alice)
    await uploads.registry.uploadBlob.cancel(one, uploads.alice)
    expect(await uploads.offsetOf(other)).toBe(10)
  })
})

test('an upload whose bytes were lost is unknown, not broken', async () => {
  const target = await uploads.start()
  for (const { key } of await collect(uploads.registry.blobs.listUploads()))
    await (await uploads.registry.blobs.findUpload(key))?.discard()
  for (const attempt of [
    uploads.registry.uploadBlob.progress(target, uploads.alice),
    uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(10)), uploads.alice),
    uploads.registry.uploadBlob.finish(target, bodyOf(bytesOf(10)), digestOf(bytesOf(10)), uploads.alice),
  ]) {
    expect((await refusalOf(attempt)).code).toBe('BLOB_UPLOAD_UNKNOWN')
  }
})
