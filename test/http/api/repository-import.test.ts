import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ArchivedTestImage,
  archivedImage,
  archivedIndex,
  blobEntries,
  blobName,
  COMPRESSIONS,
  dockerArchive,
  indexEntry,
  LAYOUT_FILE,
  ociLayout,
  refName,
  tarOf,
} from '../../support/archives.ts'
import {
  type Client,
  digestOf,
  OCI_MANIFEST,
  openTestServer,
  pushImage,
  type TestServer,
} from '../../support/server.ts'

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
})
afterAll(() => server.close())

function importInto(repository: string, archive: Buffer, query: Record<string, string> = {}, client = alice) {
  return client
    .post(`/api/v1/repositories/${encodeURIComponent(repository)}/import`)
    .query(query)
    .attach('archive', archive, 'image.tar')
}

async function pull(repository: string, reference: string): Promise<string> {
  const { body } = await alice
    .get(`/v2/${repository}/manifests/${reference}`)
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => done(null, Buffer.concat(chunks)))
    })
    .expect(200)
  return body.toString()
}

async function tagsOf(repository: string): Promise<string[]> {
  return (await alice.get(`/v2/${repository}/tags/list`).expect(200)).body.tags
}

/** Every blob of an image, byte for byte. */
async function expectBlobs(repository: string, { config, layers }: ArchivedTestImage): Promise<void> {
  for (const bytes of [Buffer.from(config), ...layers]) {
    const { headers } = await alice.head(`/v2/${repository}/blobs/${digestOf(bytes)}`).expect(200)
    expect(Number(headers['content-length'])).toBe(bytes.length)
  }
}

describe.each(Object.entries(COMPRESSIONS))('%s', (kind, compress) => {
  test('an OCI layout comes out as it went in', async () => {
    const image = archivedImage(`layout ${kind}`)
    const repository = `alice/layout-${kind}`
    const { body } = await importInto(repository, compress(tarOf(ociLayout(image, 'v1')))).expect(201)
    const content = [image.config, image.manifest, ...image.layers]
    expect(body).toEqual({
      repository,
      format: 'oci-layout',
      images: [
        {
          digest: image.digest,
          mediaType: OCI_MANIFEST,
          sizeBytes: content.reduce((sum, bytes) => sum + Buffer.byteLength(bytes), 0),
          tags: ['v1'],
          names: ['v1'],
        },
      ],
      blobs: { added: 3, known: 0 },
      warnings: [],
    })
    expect(await pull(repository, 'v1')).toBe(image.manifest)
    await expectBlobs(repository, image)
  })

  test('an archive of docker save becomes an image of its layers', async () => {
    const image = archivedImage(`docker ${kind}`)
    const repository = `alice/docker-${kind}`
    const archive = compress(
      tarOf(dockerArchive([{ image, repoTags: ['alice/docker:v1', 'other.example:5000/x:v2'] }])),
    )
    const { body } = await importInto(repository, archive).expect(201)
    expect(body.format).toBe('docker-archive')
    expect(body.images[0]).toMatchObject({ tags: ['v1', 'v2'], names: ['alice/docker:v1', 'other.example:5000/x:v2'] })
    const manifest = JSON.parse(await pull(repository, 'v1'))
    expect(manifest.config.digest).toBe(digestOf(image.config))
    expect(manifest.layers.map(({ digest }: { digest: string }) => digest)).toEqual(
      image.layers.map((layer) => digestOf(layer)),
    )
    expect(await tagsOf(repository)).toEqual(['v1', 'v2'])
    await expectBlobs(repository, image)
    // Whoever imports it once more gets the same, and sends nothing that is not known.
    const again = await importInto(repository, archive).expect(201)
    expect(again.body.images).toEqual(body.images)
    expect(again.body.blobs).toEqual({ added: 0, known: 3 })
  })

  test('a layer that is compressed within the archive stays so, and is checked all the same', async () => {
    const image = archivedImage(`inner ${kind}`)
    const entries = dockerArchive([{ image, repoTags: ['x:v1'] }]).map((entry) =>
      entry.name.endsWith('layer.tar') ? { ...entry, content: compress(Buffer.from(entry.content ?? '')) } : entry,
    )
    const repository = `alice/inner-${kind}`
    await importInto(repository, tarOf(entries)).expect(201)
    const manifest = JSON.parse(await pull(repository, 'v1'))
    const suffix = kind === 'plain' ? '' : `+${kind}`
    expect(manifest.layers[0]).toMatchObject({
      mediaType: `application/vnd.oci.image.layer.v1.tar${suffix}`,
      digest: digestOf(compress(image.layers[0] ?? Buffer.alloc(0))),
    })
    // The right names with the wrong layers behind them: the first two are exchanged.
    const [first, second, ...rest] = entries
    const swapped = [{ ...first, content: second?.content }, { ...second, content: first?.content }, ...rest]
    const { body } = await importInto('alice/swapped', tarOf(swapped as typeof entries)).expect(422)
    expect(body).toMatchObject({ title: 'ARCHIVE_INVALID' })
    expect(body.detail).toContain('layer.tar')
  })
})

test('an index of two platforms comes out byte for byte, in whatever order its files came', async () => {
  const images = [archivedImage('amd64'), archivedImage('arm64', { architecture: 'arm64' })]
  const index = archivedIndex(images)
  const entries = [
    LAYOUT_FILE,
    indexEntry([{ image: index, annotations: { 'io.containerd.image.name': 'docker.io/alice/multi:v3' } }]),
    { name: blobName(index.manifest), content: index.manifest },
    ...blobEntries(images),
  ]
  for (const [name, ordered] of Object.entries({ forwards: entries, backwards: entries.toReversed() })) {
    const repository = `alice/multi-${name}`
    const { body } = await importInto(repository, tarOf(ordered)).expect(201)
    expect(body.images[0]).toMatchObject({ digest: index.digest, tags: ['v3'], names: ['docker.io/alice/multi:v3'] })
    expect(await pull(repository, 'v3')).toBe(index.manifest)
    for (const image of images) {
      expect(await pull(repository, image.digest)).toBe(image.manifest)
      await expectBlobs(repository, image)
    }
  }
})

test('what the repository has need not be in the archive, what another has must be', async () => {
  const image = archivedImage('a base')
  const entries = ociLayout(image, 'v2')
  const withoutLayers = entries.filter(({ name }) => !image.layers.some((layer) => blobName(layer) === name))
  const { body } = await importInto('alice/base', tarOf(withoutLayers)).expect(422)
  expect(body).toMatchObject({ title: 'ARCHIVE_INCOMPLETE' })
  expect(body.detail).toContain(digestOf(image.layers[0] ?? ''))
  await importInto('alice/elsewhere', tarOf(entries)).expect(201)
  await importInto('alice/base', tarOf(withoutLayers)).expect(422)
  await importInto('alice/base', tarOf(entries), { tag: 'v1' }).expect(201)
  const again = await importInto('alice/base', tarOf(withoutLayers)).expect(201)
  expect(again.body.blobs).toEqual({ added: 0, known: 3 })
  expect(await tagsOf('alice/base')).toEqual(['v1', 'v2'])
})

test('a signature comes along with what it signs, and is no image of its own', async () => {
  const image = archivedImage('signed')
  const signature = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
    layers: [],
    subject: { mediaType: OCI_MANIFEST, digest: image.digest, size: image.manifest.length },
  })
  const entries = [
    LAYOUT_FILE,
    indexEntry([
      { image: { manifest: signature, digest: digestOf(signature) } },
      { image, annotations: refName('signed') },
    ]),
    { name: blobName(signature), content: signature },
    { name: blobName('{}'), content: '{}' },
    ...blobEntries([image]),
  ]
  const { body } = await importInto('alice/signed', tarOf(entries), { tag: 'v9' }).expect(201)
  expect(body.images).toHaveLength(1)
  const referrers = await alice.get(`/v2/alice/signed/referrers/${image.digest}`).expect(200)
  expect(referrers.body.manifests.map(({ digest }: { digest: string }) => digest)).toEqual([digestOf(signature)])
})

describe('an archive of several images', () => {
  const images = [archivedImage('first'), archivedImage('second')]
  const [first, second] = images as [ArchivedTestImage, ArchivedTestImage]
  const archive = tarOf(
    dockerArchive([
      { image: first, repoTags: ['acme/one:v1'] },
      { image: second, repoTags: ['acme/two:v2'] },
    ]),
  )

  test('gives each its tags', async () => {
    const { body } = await importInto('alice/several', archive).expect(201)
    expect(body.images.map(({ tags }: { tags: string[] }) => tags)).toEqual([['v1'], ['v2']])
    expect(await tagsOf('alice/several')).toEqual(['v1', 'v2'])
  })

  test('is taken apart by name', async () => {
    const { body } = await importInto('alice/chosen', archive, { image: 'acme/two:v2', tag: 'mine' }).expect(201)
    expect(body.images).toHaveLength(1)
    expect(body.blobs).toEqual({ added: 3, known: 0 })
    expect(await tagsOf('alice/chosen')).toEqual(['mine'])
    await alice.head(`/v2/alice/chosen/blobs/${digestOf(first.config)}`).expect(404)
  })

  test('is refused, with the names that it has, where it is not clear what is meant', async () => {
    for (const query of [{ tag: 'v3' }, { image: 'acme/three' }]) {
      const { body } = await importInto('alice/unclear', archive, query).expect(422)
      expect(body.title).toBe('ARCHIVE_AMBIGUOUS')
      expect(body.detail).toContain('acme/one:v1')
      expect(body.detail).toContain('acme/two:v2')
    }
    const sameTag = tarOf(
      dockerArchive([
        { image: first, repoTags: ['acme/one:v1'] },
        { image: second, repoTags: ['acme/two:v1'] },
      ]),
    )
    const { body } = await importInto('alice/unclear', sameTag).expect(422)
    expect(body.detail).toContain('the tag v1')
    await alice.get('/v2/alice/unclear/tags/list').expect(404)
  })
})

test('an image without a name is there by its digest', async () => {
  const image = archivedImage('nameless')
  const { body } = await importInto('alice/nameless', tarOf(dockerArchive([{ image, repoTags: null }]))).expect(201)
  expect(body.images[0]).toMatchObject({ tags: [], names: [] })
  await alice.get(`/v2/alice/nameless/manifests/${body.images[0].digest}`).expect(200)
})

test('links between layers are followed, as docker and skopeo write them', async () => {
  const image = archivedImage('linked')
  const entries = dockerArchive([{ image, repoTags: ['x:v1'] }]).map((entry, index) =>
    index < image.layers.length ? { ...entry, name: `layer-${index}.tar` } : entry,
  )
  const links = image.layers.map((layer, index) => ({
    name: `${digestOf(layer).slice(7)}/layer.tar`,
    typeFlag: '2',
    linkName: `../layer-${index}.tar`,
  }))
  await importInto('alice/linked', tarOf([...entries, ...links])).expect(201)
  await expectBlobs('alice/linked', image)
})

test('an archive with both formats is read as a layout, and as the other where the layout lacks something', async () => {
  const image = archivedImage('both')
  const list = dockerArchive([{ image, repoTags: ['x:v1'] }])
  const whole = await importInto('alice/both', tarOf([...list, ...ociLayout(image, 'v1')])).expect(201)
  expect(whole.body).toMatchObject({ format: 'oci-layout', images: [{ digest: image.digest }] })
  const lacking = ociLayout(image, 'v2').filter(({ name }) => name !== blobName(image.manifest))
  const other = await importInto('alice/both-lacking', tarOf([...list, ...lacking])).expect(201)
  expect(other.body).toMatchObject({ format: 'docker-archive', images: [{ tags: ['v1'] }] })
  await expectBlobs('alice/both-lacking', image)
})

test('the names of a folder packed with tar, and long names, are what they are meant to be', async () => {
  const image = archivedImage('packed')
  const entries = [
    { name: './', typeFlag: '5' },
    ...ociLayout(image, 'v1').map((entry) => ({ ...entry, name: `./${entry.name}` })),
  ]
  await importInto('alice/packed', tarOf(entries)).expect(201)
  expect(await pull('alice/packed', 'v1')).toBe(image.manifest)
})

describe('who may import', () => {
  const archive = tarOf(ociLayout(archivedImage('rights'), 'v1'))

  test('whoever may push, though the repository is not there yet; nobody else learns whether it is', async () => {
    const bob = await server.createUser('bob')
    await importInto('bob/new', archive, {}, bob).expect(201)
    const { body: absent } = await importInto('alice/absent', archive, {}, bob).expect(404)
    await pushImage(alice, 'alice/private', { tag: 'v1' })
    const { body: forbidden } = await importInto('alice/private', archive, {}, bob).expect(404)
    expect({ ...forbidden, requestId: '' }).toEqual({ ...absent, requestId: '' })
    await importInto('alice/private', archive, {}, server.anonymous).expect(404)
    await alice.patch('/api/v1/repositories/alice%2Fprivate').send({ visibility: 'public' }).expect(200)
    await importInto('alice/private', archive, {}, bob).expect(403)
    await importInto('alice/private', archive, {}, server.anonymous).expect(401)
  })

  test('not even an administrator, where no account can be', async () => {
    const { body } = await importInto('api/x', archive, {}, server.admin).expect(403)
    expect(body.detail).toContain('reserved')
    await importInto('Not/A-Name', archive).expect(400)
  })
})

describe('what is no form with one archive is refused, with what to send', () => {
  const path = '/api/v1/repositories/alice%2Fforms/import'
  const archive = tarOf(ociLayout(archivedImage('forms'), 'v1'))

  test.each([
    ['the archive itself', 415, () => alice.post(path).set('Content-Type', 'application/x-tar').send(archive)],
    ['JSON', 415, () => alice.post(path).send({ archive: 'x' })],
    ['nothing', 415, () => alice.post(path)],
    ['a form without a boundary', 400, () => alice.post(path).set('Content-Type', 'multipart/form-data').send('x')],
    [
      'a form without a file',
      400,
      () => alice.post(path).set('Content-Type', 'multipart/form-data; boundary=x').send('--x--\r\n'),
    ],
    ['a text in place of the file', 400, () => alice.post(path).field('archive', 'text')],
    ['a file of another name', 400, () => alice.post(path).attach('image', archive, 'image.tar')],
    ['a text beside the file', 400, () => alice.post(path).field('tag', 'v1').attach('archive', archive, 'image.tar')],
    ['two files', 400, () => alice.post(path).attach('archive', archive, 'a.tar').attach('archive', archive, 'b.tar')],
    [
      'a form that is encoded',
      415,
      () => alice.post(path).set('Content-Encoding', 'gzip').attach('archive', archive, 'a.tar'),
    ],
  ] as const)('%s', async (_, status, send) => {
    const { body } = await send().expect(status)
    expect(body.detail).toContain('-F archive=@image.tar')
    await alice.get('/v2/alice/forms/tags/list').expect(404)
  })

  test('a tag that is none, before the archive is looked at', async () => {
    const { body } = await importInto('alice/forms', archive, { tag: '-x' }).expect(400)
    expect(body.detail).toContain('tag')
  })
})

test('an upload that is cut off by its form is refused', async () => {
  const archive = tarOf(ociLayout(archivedImage('half'), 'v1'))
  const head = '--x\r\nContent-Disposition: form-data; name="archive"; filename="a"\r\n\r\n'
  const body = Buffer.concat([Buffer.from(head), archive.subarray(0, archive.length / 2)])
  const type = 'multipart/form-data; boundary=x'
  const answer = await alice.post('/api/v1/repositories/alice%2Fhalf/import').set('Content-Type', type).send(body)
  expect(answer.status).toBe(400)
  expect(answer.body.detail).toContain('ended before the archive did')
})
