import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bytesOf, collect, digestOf } from '../../contract/blob-store-content.ts'
import { APP, bodyOf, EMPTY } from './open-registry.ts'
import { type OpenUploads, openUploads } from './open-uploads.ts'
import { refusalOf } from './refusal-of.ts'

let uploads: OpenUploads

beforeEach(async () => {
  uploads = await openUploads()
})

afterEach(() => uploads.close())

describe('bytes that are not those of the digest (S43)', () => {
  test('end the upload, and nothing is left: no bytes, no blob, no session, no repository', async () => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.append(target, bodyOf(bytesOf(10)), uploads.alice)
    const wrong = digestOf(bytesOf(11))
    const refusal = await refusalOf(uploads.registry.uploadBlob.finish(target, EMPTY, wrong, uploads.alice))
    expect(refusal).toMatchObject({ code: 'DIGEST_INVALID', status: 400 })
    expect(refusal.detail).toEqual({ expected: wrong, actual: digestOf(bytesOf(10)) })
    await uploads.expectNothingLeft(target)
    expect(await uploads.registry.findRepository(APP)).toBeUndefined()
    expect(
      (await refusalOf(uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytesOf(10)), uploads.alice))).code,
    ).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  test('in one POST leave nothing either', async () => {
    const attempt = uploads.registry.uploadBlob.monolithic(
      APP,
      bodyOf(bytesOf(10)),
      digestOf(bytesOf(11)),
      uploads.alice,
    )
    expect((await refusalOf(attempt)).code).toBe('DIGEST_INVALID')
    await uploads.expectNothingLeft()
    expect(await uploads.registry.findRepository(APP)).toBeUndefined()
  })

  test('do not disturb the blob that is there under the digest', async () => {
    const digest = await uploads.registry.pushBlob(bytesOf(10), uploads.alice)
    const attempt = uploads.registry.uploadBlob.monolithic(APP, bodyOf(bytesOf(11)), digest, uploads.alice)
    expect((await refusalOf(attempt)).code).toBe('DIGEST_INVALID')
    expect(await uploads.isStored(bytesOf(10), digest)).toBe(true)
    expect(await uploads.linkedSize(bytesOf(10))).toBe(10)
  })
})

describe('a PUT whose answer was lost may be sent again (UPL-13)', () => {
  const bytes = bytesOf(10)

  test('and succeeds again, whatever its body', async () => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), uploads.alice)
    await uploads.registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), uploads.alice)
    await uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), uploads.alice)
    expect(await uploads.linkedSize(bytes)).toBe(10)
    expect(await collect(uploads.registry.blobs.list())).toHaveLength(1)
    expect(await collect(uploads.registry.blobs.listUploads())).toEqual([])
  })

  test('but not for another blob, nor once the blob is deleted', async () => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), uploads.alice)
    const other = uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytesOf(11)), uploads.alice)
    expect((await refusalOf(other)).code).toBe('BLOB_UPLOAD_UNKNOWN')
    await uploads.registry.deleteContent.blob(
      await uploads.registry.findRepository(APP),
      digestOf(bytes),
      uploads.alice,
    )
    const again = uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), uploads.alice)
    expect((await refusalOf(again)).code).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  test('two at once both succeed, with one blob and one link (S42)', async () => {
    const target = await uploads.start()
    await uploads.registry.uploadBlob.append(target, bodyOf(bytes), uploads.alice)
    const put = () => uploads.registry.uploadBlob.finish(target, EMPTY, digestOf(bytes), uploads.alice)
    await Promise.all([put(), put(), put()])
    expect(await collect(uploads.registry.blobs.list())).toEqual([{ digest: digestOf(bytes), size: 10 }])
    expect(await uploads.linkedSize(bytes)).toBe(10)
  })

  test('two uploads of one blob both succeed', async () => {
    const [one, other] = [await uploads.start(), await uploads.start()]
    await Promise.all(
      [one, other].map((target) =>
        uploads.registry.uploadBlob.finish(target, bodyOf(bytes), digestOf(bytes), uploads.alice),
      ),
    )
    expect(await collect(uploads.registry.blobs.list())).toHaveLength(1)
  })
})
