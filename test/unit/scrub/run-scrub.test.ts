import { rm } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { openFilesystemBlobStore } from '../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { bytesOf, expectBytes, pull, push } from '../../contract/blob-store-content.ts'
import { idOf, ORIGIN } from '../../contract/metadata/sample-content.ts'
import { fileError } from '../storage/blobs/observed-files.ts'
import { type OpenScrub, openScrub } from './open-scrub.ts'

const BYTES = bytesOf(10_000)
const OTHER_BYTES = bytesOf(10_000, 2)

let open: OpenScrub

beforeEach(async () => {
  open = await openScrub()
})

/** Does something once, at the moment when a blob is first read. */
function atFirstRead(work: () => Promise<unknown>): void {
  open.intercept(async ({ kind }) => {
    if (kind !== 'read') return
    open.intercept(() => {})
    await work()
  })
}

describe('a damaged blob', () => {
  it('that is pushed again while it is being read is neither told nor taken away', async () => {
    const digest = await open.upload(BYTES)
    await open.overwrite(digest, OTHER_BYTES)
    atFirstRead(() => open.upload(BYTES))
    expect(await open.scrub()).toMatchObject({ progress: { damaged: 0 } })
    expect(await open.damages()).toEqual([])
    expectBytes(await pull(open.blobs, digest), BYTES)
  })

  it('that is pushed again after it was found damaged, and before it is taken away, stays', async () => {
    const digest = await open.upload(BYTES)
    await open.overwrite(digest, OTHER_BYTES)
    // By another process: in this one commits wait until the blob was taken away.
    const other = await openFilesystemBlobStore({ root: open.paths.root })
    let looks = 0
    open.intercept(async ({ kind, path }) => {
      // The first look is the list's, the second decides whether the blob is still the damaged one.
      if (kind === 'lookUp' && path === open.paths.blob(digest) && ++looks === 2) await push(other, BYTES)
    })
    expect(await open.scrub()).toMatchObject({ progress: { damaged: 0 } })
    expect(looks).toBe(2)
    expect(await open.damages()).toEqual([])
    expectBytes(await pull(open.blobs, digest), BYTES)
  })

  it('that is pushed again while it is being taken away is healed by that push', async () => {
    const digest = await open.upload(BYTES)
    await open.overwrite(digest, OTHER_BYTES)
    let pushed: Promise<unknown> | undefined
    open.intercept(({ kind, path }) => {
      if (kind === 'rename' && path === open.paths.blob(digest)) pushed = open.upload(BYTES)
    })
    await open.scrub()
    await pushed
    expect(pushed).toBeDefined()
    expect(await open.damages()).toEqual([])
    expectBytes(await pull(open.blobs, digest), BYTES)
  })

  it('that is deleted while it is being read is not told', async () => {
    const digest = await open.upload(BYTES)
    await open.overwrite(digest, OTHER_BYTES)
    atFirstRead(async () => {
      await open.metadata.blobLinks.unlink(await idOf(open.metadata), digest, ORIGIN)
      await open.blobs.delete(digest)
    })
    expect(await open.scrub()).toMatchObject({ progress: { damaged: 0 } })
    expect(open.notices).toEqual([])
  })

  it('that no repository has is taken away, and not told', async () => {
    const digest = await push(open.blobs, BYTES)
    await open.overwrite(digest, OTHER_BYTES)
    expect(await open.scrub()).toMatchObject({ progress: { blobs: 1, damaged: 0 } })
    expect(await open.damages()).toEqual([])
    expect(await open.blobs.stat(digest)).toBeUndefined()
    expect(open.notices).toMatchObject([{ kind: 'blob-damaged', isNeeded: false }])
  })

  it('that was brought back past the registry is healed when it is found whole', async () => {
    const digest = await open.upload(BYTES)
    await rm(open.paths.blob(digest))
    await open.scrub()
    expect(await open.damages()).toEqual([[digest, 'missing']])
    await open.overwrite(digest, BYTES)
    await open.scrub()
    expect(await open.damages()).toEqual([])
  })
})

describe('a disk that does not give bytes back', () => {
  it.each(['open', 'read'])('for good (%s) is damage', async (failing) => {
    const [digest, whole] = [await open.upload(BYTES), await open.upload(OTHER_BYTES)]
    open.intercept(({ kind, path }) => {
      if (kind === failing && path === open.paths.blob(digest)) throw fileError('EIO')
    })
    expect(await open.scrub()).toMatchObject({ progress: { blobs: 2, damaged: 1 } })
    open.intercept(() => {})
    expect(await open.damages()).toEqual([[digest, 'unreadable']])
    expectBytes(await pull(open.blobs, whole), OTHER_BYTES)
    if (failing === 'read') expect(await open.blobs.stat(digest)).toBeUndefined()
  })

  it('once, or gives wrong ones once, is no damage', async () => {
    const digest = await open.upload(BYTES)
    atFirstRead(async () => {
      throw fileError('EIO')
    })
    await open.scrub()
    await open.overwrite(digest, OTHER_BYTES)
    let closes = 0
    open.intercept(async ({ kind }) => {
      if (kind === 'close' && ++closes === 1) await open.overwrite(digest, BYTES)
    })
    await open.scrub()
    expect(open.notices).toEqual([])
    expectBytes(await pull(open.blobs, digest), BYTES)
  })

  it('nor lets a blob be moved is told, and the blob is not served', async () => {
    const digest = await open.upload(BYTES)
    await open.overwrite(digest, OTHER_BYTES)
    open.intercept(({ kind }) => {
      if (kind === 'rename') throw fileError('EIO')
    })
    expect(await open.scrub()).toMatchObject({ progress: { damaged: 1 } })
    expect(open.notices).toMatchObject([{ kind: 'quarantine-failed', digest }, { kind: 'blob-damaged' }])
    expect(await open.blobs.open(digest)).toBeUndefined()
  })
})

it('ends for what is no damage, such as too many open files, and goes on from there', async () => {
  for (let seed = 0; seed < 20; seed++) await open.upload(bytesOf(100, seed))
  let opens = 0
  open.intercept(({ kind }) => {
    if (kind === 'open' && ++opens === 8) throw fileError('EMFILE')
  })
  await expect(open.scrub()).rejects.toMatchObject({ code: 'EMFILE' })
  open.intercept(() => {})
  expect(await open.metadata.scrubs.find()).toMatchObject({ finishedAt: undefined, progress: { blobs: 7 } })
  expect(await open.scrub({ startsOver: false })).toMatchObject({ progress: { blobs: 20, damaged: 0 } })
})

it('looks at everything once, wherever it was stopped and gone on with', async () => {
  for (let seed = 0; seed < 30; seed++) await open.upload(bytesOf(100, seed))
  const seen: string[] = []
  for (let finished = false; !finished; ) {
    const stop = new AbortController()
    let opens = 0
    open.intercept(({ kind, path }) => {
      if (kind !== 'open') return
      if (++opens === 5) stop.abort()
      else seen.push(path)
    })
    const scrub = await open.scrub({ startsOver: seen.length === 0, signal: stop.signal })
    finished = scrub.finishedAt !== undefined
  }
  expect(seen).toHaveLength(30)
  expect(seen).toEqual(seen.toSorted())
})

it('does not take what is pushed meanwhile for damage, wherever in the order it comes', async () => {
  for (let seed = 0; seed < 10; seed++) await open.upload(bytesOf(100, seed))
  let seed = 100
  open.intercept(async ({ kind }) => {
    if (kind !== 'read' || seed >= 140) return
    const mine = ++seed
    // Half of them have not come as far as their link.
    if (mine % 2 === 0) await open.upload(bytesOf(100, mine))
    else await push(open.blobs, bytesOf(100, mine))
  })
  expect(await open.scrub()).toMatchObject({ progress: { damaged: 0 } })
  expect(open.notices).toEqual([])
  expect(await open.damages()).toEqual([])
})
