import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Client,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openTestServer,
  pushBlob,
  putManifest,
  type TestServer,
} from '../../support/server.ts'

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const REPOSITORY = 'alice/app'
const A_TIME = expect.stringMatching(/^\d{4}-.*Z$/)

let server: TestServer
let alice: Client

beforeAll(async () => {
  server = await openTestServer()
  alice = await server.createUser('alice')
})
afterAll(() => server.close())

function explain(reference: string, client: Client = alice, repository = REPOSITORY) {
  return client.get(`/api/v1/repositories/${encodeURIComponent(repository)}/manifests/${reference}`)
}

async function explained(reference: string) {
  return (await explain(reference).expect(200)).body
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

async function push(mediaType: string, content: string): Promise<Descriptor> {
  return { mediaType, digest: await pushBlob(alice, REPOSITORY, content), size: Buffer.byteLength(content) }
}

/** Pushes an image and gives its descriptor. */
async function pushImage(
  reference: string | undefined,
  config: unknown,
  layers: readonly Descriptor[],
  more: object = {},
): Promise<Descriptor> {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: await push(OCI_CONFIG, text),
    layers,
    ...more,
  })
  await putManifest(alice, REPOSITORY, reference ?? digestOf(manifest), manifest).expect(201)
  return { mediaType: OCI_MANIFEST, digest: digestOf(manifest), size: manifest.length }
}

async function pushIndex(reference: string, manifests: readonly object[]): Promise<Descriptor> {
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })
  await putManifest(alice, REPOSITORY, reference, index, OCI_INDEX).expect(201)
  return { mediaType: OCI_INDEX, digest: digestOf(index), size: index.length }
}

describe('an image', () => {
  const config = {
    created: '2024-05-01T10:00:00Z',
    architecture: 'arm64',
    os: 'linux',
    variant: 'v8',
    config: {
      User: 'app',
      WorkingDir: '/srv',
      Entrypoint: ['/entry'],
      Cmd: ['serve'],
      Env: ['A=1'],
      ExposedPorts: { '8080/tcp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGTERM',
      Labels: { team: '<script>alert(1)</script>' },
      Healthcheck: { Test: ['CMD', 'true'], Interval: 5_000_000_000 },
    },
    history: [
      { created: '2024-05-01T09:00:00Z', created_by: 'ADD rootfs.tar /' },
      { created_by: 'ENV A=1', empty_layer: true, comment: 'buildkit' },
      { created_by: 'RUN make', author: 'Bob' },
    ],
  }

  test('tells everything that people ask, by tag and by digest', async () => {
    const layers = [await push(OCI_LAYER, 'base'), await push(OCI_LAYER, 'built')]
    const annotations = { 'org.opencontainers.image.source': 'https://example.org' }
    const image = await pushImage('whole', config, layers, { annotations })
    await pushImage('whole-too', config, layers, { annotations })
    const configBytes = JSON.stringify(config)
    const all = image.size + configBytes.length + 'basebuilt'.length
    const body = await explained('whole')
    expect(body).toEqual({
      digest: image.digest,
      mediaType: OCI_MANIFEST,
      artifactType: OCI_CONFIG,
      kind: 'image',
      sizeBytes: image.size,
      pulledBytes: all,
      usage: { bytes: all, uniqueBytes: all, sharedBytes: 0 },
      tags: ['whole', 'whole-too'],
      pushedAt: A_TIME,
      annotations,
      subject: null,
      platforms: ['linux/arm64/v8'],
      config: {
        digest: digestOf(configBytes),
        mediaType: OCI_CONFIG,
        sizeBytes: configBytes.length,
        createdAt: '2024-05-01T10:00:00.000Z',
        author: null,
        user: 'app',
        workingDir: '/srv',
        entrypoint: ['/entry'],
        cmd: ['serve'],
        env: ['A=1'],
        exposedPorts: ['8080/tcp'],
        volumes: ['/data'],
        stopSignal: 'SIGTERM',
        labels: { team: '<script>alert(1)</script>' },
        healthcheck: {
          test: ['CMD', 'true'],
          intervalSeconds: 5,
          timeoutSeconds: null,
          startPeriodSeconds: null,
          retries: null,
        },
        shell: null,
      },
      layers: [
        {
          digest: digestOf('base'),
          mediaType: OCI_LAYER,
          sizeBytes: 4,
          title: null,
          createdBy: 'ADD rootfs.tar /',
          createdAt: '2024-05-01T09:00:00.000Z',
          comment: null,
          foreign: false,
          urls: [],
        },
        {
          digest: digestOf('built'),
          mediaType: OCI_LAYER,
          sizeBytes: 5,
          title: null,
          createdBy: 'RUN make',
          createdAt: null,
          comment: null,
          foreign: false,
          urls: [],
        },
      ],
      history: [
        {
          createdBy: 'ADD rootfs.tar /',
          createdAt: '2024-05-01T09:00:00.000Z',
          author: null,
          comment: null,
          layer: 0,
        },
        { createdBy: 'ENV A=1', createdAt: null, author: null, comment: 'buildkit', layer: null },
        { createdBy: 'RUN make', createdAt: null, author: 'Bob', comment: null, layer: 1 },
      ],
      manifests: [],
      referrers: { items: [], all: null },
      problems: [],
    })
    expect(await explained(image.digest)).toEqual(body)
    expect(await explained(encodeURIComponent(image.digest))).toEqual(body)
  })

  test('shares what another tag needs as well', async () => {
    const base = await push(OCI_LAYER, 'a base that two have')
    await pushImage('one', { a: 1 }, [base])
    await pushImage('two', { a: 2 }, [base])
    const { usage } = await explained('one')
    expect(usage.sharedBytes).toBe(base.size)
    expect(usage.uniqueBytes).toBe(usage.bytes - base.size)
  })

  test('whose steps and layers do not fit together says so and guesses nothing', async () => {
    const layers = [await push(OCI_LAYER, 'base'), await push(OCI_LAYER, 'built'), await push(OCI_LAYER, 'more')]
    await pushImage('unfit', config, layers)
    const body = await explained('unfit')
    expect(body.layers.map(({ createdBy }: { createdBy: unknown }) => createdBy)).toEqual([null, null, null])
    expect(body.history.map(({ layer }: { layer: unknown }) => layer)).toEqual([null, null, null])
    expect(body.problems).toEqual([expect.stringContaining('2 steps that made layers, but there are 3 layers')])
    await pushImage('without', { ...config, history: undefined }, layers)
    expect(await explained('without')).toMatchObject({ history: [], problems: [] })
  })

  test.each([
    ['no JSON at all', '{', 'not the JSON'],
    ['a list', '[]', 'not the JSON'],
    ['too large', `{"x":"${'x'.repeat(4 * 1024 * 1024)}"}`, 'too large'],
  ])('whose configuration is %s is explained without it', async (_, text, problem) => {
    const image = await pushImage(undefined, text, [await push(OCI_LAYER, 'base')])
    const body = await explained(image.digest)
    expect(body).toMatchObject({ config: null, platforms: [], layers: [{ createdBy: null }] })
    expect(body.problems).toEqual([expect.stringContaining(problem)])
  })

  test('whose configuration is odd in parts is explained as far as it goes', async () => {
    const odd = { os: 7, config: { Env: 'x', Cmd: {}, Labels: [1], ExposedPorts: null }, history: [null, 'x'] }
    const image = await pushImage(undefined, odd, [await push(OCI_LAYER, 'base')])
    expect((await explained(image.digest)).config).toMatchObject({ env: ['x'], cmd: null, labels: {} })
  })

  test('whose configuration is damaged says so (I12)', async () => {
    // Small ones are read when they are pushed, and kept in memory whatever becomes of their files.
    const text = JSON.stringify({ os: 'linux', architecture: 'amd64', author: 'to be damaged'.repeat(5000) })
    const image = await pushImage('damaged', text, [])
    const hex = digestOf(text).slice('sha256:'.length)
    const files = await readdir(join(server.dataDir, 'blobs'), { recursive: true })
    const file = files.find((name) => name.endsWith(hex))
    await writeFile(join(server.dataDir, 'blobs', String(file)), 'half of it')
    expect(await explained(image.digest)).toMatchObject({
      config: null,
      problems: [expect.stringContaining('missing or damaged')],
    })
    await rm(join(server.dataDir, 'blobs', String(file)))
    expect((await explained('damaged')).config).toBeNull()
  })

  test('S15: shows from where foreign layers come, as text', async () => {
    const digest = digestOf('windows')
    const urls = ['https://example.org/layer', 'javascript:alert(1)']
    const foreign = { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest, size: 5, urls }
    const image = await pushImage('windows', { os: 'windows', architecture: 'amd64' }, [foreign])
    const body = await explained('windows')
    expect(body.layers).toMatchObject([{ digest, sizeBytes: 5, foreign: true, urls }])
    expect(body.pulledBytes).toBeLessThanOrEqual(image.size + body.config.sizeBytes)
  })
})

describe('an index', () => {
  const REFERENCE = 'vnd.docker.reference'
  let amd64: Descriptor
  let arm64: Descriptor
  let attestation: Descriptor
  let index: Descriptor

  beforeAll(async () => {
    const layers = [await push(OCI_LAYER, 'the larger layer')]
    amd64 = await pushImage(undefined, { os: 'linux', architecture: 'amd64' }, layers)
    arm64 = await pushImage(undefined, { os: 'linux', architecture: 'arm64' }, [])
    const statement = await push(
      'application/vnd.in-toto+json',
      'a statement that is larger than all the images there are',
    )
    attestation = await pushImage(undefined, { os: 'unknown', architecture: 'unknown' }, [statement])
    index = await pushIndex('multi', [
      { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
      { ...arm64, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      {
        ...attestation,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { [`${REFERENCE}.type`]: 'attestation-manifest', [`${REFERENCE}.digest`]: amd64.digest },
      },
    ])
  })

  test('tells of each of its manifests, attestations with their image', async () => {
    const body = await explained('multi')
    const ofAmd64 = (await explained(amd64.digest)).pulledBytes
    expect(body).toMatchObject({
      kind: 'image',
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      config: null,
      layers: [],
      pulledBytes: index.size + ofAmd64,
      problems: [],
      manifests: [
        { digest: amd64.digest, kind: 'image', platform: 'linux/amd64', attestationFor: null, pulledBytes: ofAmd64 },
        { digest: arm64.digest, kind: 'image', platform: 'linux/arm64/v8', sizeBytes: arm64.size },
        { digest: attestation.digest, kind: 'attestation', platform: null, attestationFor: amd64.digest },
      ],
    })
  })

  test('of an image shows the attestations with the image', async () => {
    expect((await explained(amd64.digest)).referrers.items).toEqual([
      {
        digest: attestation.digest,
        mediaType: OCI_MANIFEST,
        artifactType: null,
        kind: 'attestation',
        sizeBytes: attestation.size,
        annotations: expect.any(Object),
        index: index.digest,
        tag: null,
      },
    ])
    expect((await explained(arm64.digest)).referrers.items).toEqual([])
  })

  test('of which some are not there any more says so', async () => {
    await pushIndex('sparse', [arm64, { ...amd64, platform: { os: 7 } }])
    const gone = await pushImage(undefined, { gone: true }, [])
    await pushIndex('sparse', [arm64, gone])
    await alice.delete(`/v2/${REPOSITORY}/manifests/${gone.digest}`).expect(202)
    const body = await explained('sparse')
    expect(body.manifests).toMatchObject([{ digest: arm64.digest }, { digest: gone.digest, pulledBytes: null }])
    expect(body.problems).toEqual([expect.stringContaining('1 are not in the repository')])
  })

  test('of a cache of buildkit has layers for children', async () => {
    const layer = await push(OCI_LAYER, 'cached')
    await pushIndex('cache', [layer])
    expect(await explained('cache')).toMatchObject({
      kind: 'artifact',
      manifests: [{ digest: layer.digest, kind: 'artifact', pulledBytes: layer.size }],
      problems: [],
    })
  })
})

describe('referrers', () => {
  const SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json'

  async function refer(subject: Descriptor, artifactType: string, annotations: object): Promise<Descriptor> {
    return pushImage(undefined, '{}', [], { subject, artifactType, annotations })
  }

  test('are shown with what they are, and point back to their subject', async () => {
    const image = await pushImage('signed', { signed: true }, [])
    const signature = await refer(image, SIGNATURE, { signer: 'alice' })
    const sbom = await refer(image, 'application/spdx+json', {})
    const { items, all } = (await explained('signed')).referrers
    expect(all).toBeNull()
    const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1)
    expect(items).toMatchObject(
      [
        { digest: signature.digest, kind: 'signature', artifactType: SIGNATURE, annotations: { signer: 'alice' } },
        { digest: sbom.digest, kind: 'sbom', artifactType: 'application/spdx+json', index: null },
      ].sort(byDigest),
    )
    expect((await explained(sbom.digest)).subject).toEqual({
      digest: image.digest,
      mediaType: OCI_MANIFEST,
      sizeBytes: image.size,
    })
  })

  test('may be found by the tags that cosign gave them', async () => {
    const image = await pushImage('tagged', { tagged: true }, [])
    const tag = `${image.digest.replace(':', '-')}.sig`
    const payload = await push('application/vnd.dev.cosign.simplesigning.v1+json', 'a payload')
    const signature = await pushImage(tag, '{}', [payload])
    await pushImage('tagged.sig', '{}', [])
    const { items } = (await explained('tagged')).referrers
    expect(items).toMatchObject([{ digest: signature.digest, kind: 'signature', index: null, tag }])
    expect(items).toHaveLength(1)
  })

  test('are shown up to a hundred, and then where all of them are', async () => {
    const image = await pushImage('popular', { popular: true }, [])
    for (let each = 0; each < 101; each++) await refer(image, SIGNATURE, { each: String(each) })
    const { items, all } = (await explained('popular')).referrers
    expect(items).toHaveLength(100)
    expect(all).toBe(`/v2/${REPOSITORY}/referrers/${image.digest}`)
    await alice.get(all).expect(200)
  })
})

test.each(['absent', digestOf('absent')])('a manifest that is not there is not found: %s', async (reference) => {
  await explain(reference).expect(404)
})

test.each(['sha256:short', '-bad', '%2e%2e', 'md5:abc', 'a%00b'])(
  'what is no reference is refused: %s',
  async (text) => {
    await explain(text).expect(400)
  },
)

test('I5: what others have does not exist', async () => {
  const image = await pushImage('mine', { mine: true }, [])
  const bob = await server.createUser('bob')
  for (const reference of ['mine', image.digest]) {
    const there = await explain(reference, bob).expect(404)
    const absent = await explain(reference, bob, 'alice/absent').expect(404)
    expect({ ...there.body, requestId: 0 }).toEqual({ ...absent.body, requestId: 0 })
  }
})
