import { beforeAll, expect, test, vi } from 'vitest'
import { createImportForm } from '../archive.ts'
import { createImageManifest, createIndex, hubPath, manifestPath, type PushedManifest } from '../content.ts'
import { openRaceServer, pathOf, pathsOf, type RaceServer } from './race-server.ts'

vi.setConfig({ testTimeout: 300_000 })

const TAG = 'v1'

let server: RaceServer

beforeAll(async () => {
  server = await openRaceServer()
  return () => server.close()
})

/** An image of which the blobs are there. */
async function prepareImage(repository: string, note = 'image'): Promise<PushedManifest> {
  const blobs = [await server.pushNewBlob(repository), await server.pushNewBlob(repository)]
  return createImageManifest(repository, blobs, note)
}

test('a blob is deleted before a manifest that needs it comes, or not at all', async () => {
  const { one, other } = server
  await server.repeat(['201 405', '400 202'], async (repository, race) => {
    const image = await prepareImage(repository)
    const [blob = ''] = image.references
    const answers = await race(
      () => server.pushManifest(one, image, TAG),
      () => server.statusOf(other, 'DELETE', blob),
    )
    const there = await server.findThere(pathsOf(image, TAG))
    expect(there.has(manifestPath(repository, TAG))).toBe(answers[0] === 201)
    return answers.join(' ')
  })
})

test('a blob that is pushed and deleted at once is there or not, and a manifest that needs it is accepted accordingly', async () => {
  const { one, other } = server
  await server.repeat(['201 202 201', '201 202 400'], async (repository, race) => {
    const blob = await server.pushNewBlob(repository)
    const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
    const [pushed, deleted] = await race(
      () => one.send({ method: 'POST', path, body: blob.bytes }),
      () => server.statusOf(other, 'DELETE', pathOf(blob)),
    )
    const image = createImageManifest(repository, [blob, blob], 'image')
    const accepted = await server.pushManifest(one, image, TAG)
    const there = await server.findThere(pathsOf(image, TAG))
    expect(there.has(pathOf(blob))).toBe(accepted === 201)
    return [pushed.status, deleted, accepted].join(' ')
  })
})

test('who pushes an index is warned of a child that was deleted before it came', async () => {
  const { one, other } = server
  // A client may delete what an index names (distribution-spec, Deleting Manifests), and push an index without it.
  await server.repeat(['first the index', 'first the deletion'], async (repository, race) => {
    const child = await prepareImage(repository)
    expect(await server.pushManifest(one, child, child.digest)).toBe(201)
    const { mediaType, bytes } = createIndex(repository, [child], 'index')
    const path = manifestPath(repository, TAG)
    const [pushed] = await race(
      () => one.expect(201, { method: 'PUT', path, body: bytes, headers: { 'Content-Type': mediaType } }),
      () => other.expect(202, { method: 'DELETE', path: manifestPath(repository, child.digest) }),
    )
    expect(await server.statusOf(one, 'GET', manifestPath(repository, child.digest))).toBe(404)
    expect(await server.statusOf(one, 'GET', path)).toBe(200)
    return pushed.headers['warning'] === undefined ? 'first the index' : 'first the deletion'
  })
})

test('a manifest that is pushed again and deleted at once is there with its tag, or neither is', async () => {
  const { one, other } = server
  await server.repeat(['201 202 there', '201 202 gone'], async (repository, race) => {
    const image = await prepareImage(repository)
    expect(await server.pushManifest(one, image, image.digest)).toBe(201)
    const answers = await race(
      () => server.pushManifest(one, image, TAG),
      () => server.statusOf(other, 'DELETE', manifestPath(repository, image.digest)),
    )
    const there = await server.findThere(pathsOf(image, TAG))
    expect(there.has(manifestPath(repository, TAG))).toBe(there.has(manifestPath(repository, image.digest)))
    return [...answers, there.has(manifestPath(repository, TAG)) ? 'there' : 'gone'].join(' ')
  })
})

test('a blob is mounted before it is deleted from the source, or has to be uploaded', async () => {
  const { one, other } = server
  await server.repeat(['201 202', '202 202'], async (repository, race) => {
    const source = await server.pushNewBlob(`${repository}-source`)
    const query = new URLSearchParams({ mount: source.digest, from: source.repository })
    const answers = await race(
      () => server.statusOf(one, 'POST', `/v2/${repository}/blobs/uploads/?${query}`),
      () => server.statusOf(other, 'DELETE', pathOf(source)),
    )
    const mounted = pathOf({ ...source, repository })
    const there = await server.findThere([mounted, pathOf(source)])
    expect([...there]).toEqual(answers[0] === 201 ? [mounted] : [])
    return answers.join(' ')
  })
})

test('a blob is mounted before the source is deleted with all it has, or has to be uploaded', async () => {
  const { one, other } = server
  await server.repeat(['201 204', '202 204'], async (repository, race) => {
    const source = await server.pushNewBlob(`${repository}-source`)
    const query = new URLSearchParams({ mount: source.digest, from: source.repository })
    const answers = await race(
      () => server.statusOf(one, 'POST', `/v2/${repository}/blobs/uploads/?${query}`),
      () => server.statusOf(other, 'DELETE', hubPath(source.repository)),
    )
    const mounted = pathOf({ ...source, repository })
    expect([...(await server.findThere([mounted, pathOf(source)]))]).toEqual(answers[0] === 201 ? [mounted] : [])
    return answers.join(' ')
  })
})

test('a push into a repository that is being deleted ends whole, or is told what is missing', async () => {
  const { one, other } = server
  await server.repeat(['201 204 there', '201 204 gone', '400 204 gone'], async (repository, race) => {
    const old = await prepareImage(repository, 'old')
    expect(await server.pushManifest(one, old, 'old')).toBe(201)
    let image = old
    const answers = await race(
      async () => {
        image = await prepareImage(repository)
        return server.pushManifest(one, image, TAG)
      },
      () => server.statusOf(other, 'DELETE', hubPath(repository)),
    )
    const there = await server.findThere([...new Set([...pathsOf(image, TAG), ...pathsOf(old, 'old')])])
    expect(there.has(manifestPath(repository, 'old'))).toBe(false)
    return [...answers, there.has(manifestPath(repository, TAG)) ? 'there' : 'gone'].join(' ')
  })
})

test('an import into a repository that is being deleted ends whole, or is told what is missing and can be repeated', async () => {
  const { one, other } = server
  await server.repeat(['201 204 there', '201 204 gone', '400 204 gone'], async (repository, race) => {
    const old = await prepareImage(repository, 'old')
    expect(await server.pushManifest(one, old, 'old')).toBe(201)
    const blobs = [0, 1, 2].map(() => server.newBlob(repository))
    const image = createImageManifest(repository, blobs, 'imported')
    const contents = blobs.map(({ bytes }) => bytes)
    const path = `${hubPath(repository)}/import?tag=${TAG}`
    const form = createImportForm(image, contents)
    const [imported, deleted] = await race(
      () => one.send({ method: 'POST', path, ...form }),
      () => server.statusOf(other, 'DELETE', hubPath(repository)),
    )
    const there = await server.findThere(pathsOf(image, TAG))
    await one.expect(201, { method: 'POST', path, ...form })
    expect((await server.findThere(pathsOf(image, TAG))).size).toBe(pathsOf(image, TAG).length)
    return [imported.status, deleted, there.has(manifestPath(repository, TAG)) ? 'there' : 'gone'].join(' ')
  })
})

test('an import of which a blob is deleted meanwhile needs it already, or is told so and can be repeated', async () => {
  const { one, other } = server
  await server.repeat(['201 405', '201 202', '400 202'], async (repository, race) => {
    const blobs = [await server.pushNewBlob(repository), server.newBlob(repository), server.newBlob(repository)]
    const image = createImageManifest(repository, blobs, 'imported')
    const contents = blobs.map(({ bytes }) => bytes)
    const path = `${hubPath(repository)}/import?tag=${TAG}`
    const form = createImportForm(image, contents)
    const [known = ''] = image.references
    const [imported, deleted] = await race(
      () => one.send({ method: 'POST', path, ...form }),
      () => server.statusOf(other, 'DELETE', known),
    )
    await server.findThere(pathsOf(image, TAG))
    await one.expect(201, { method: 'POST', path, ...form })
    expect((await server.findThere(pathsOf(image, TAG))).size).toBe(pathsOf(image, TAG).length)
    return `${imported.status} ${deleted}`
  })
})
