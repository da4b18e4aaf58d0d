import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openTestServer,
  pushBlob,
  pushImage,
  type TestServer,
} from '../../support/server.ts'
import { blobPath, createExportClient, descriptorOf, type ExportClient } from './export-client.ts'

const LAYER = 'application/vnd.oci.image.layer.v1.tar'

let server: TestServer
let client: ExportClient

beforeAll(async () => {
  server = await openTestServer({ settings: { manifests: { allowSparseIndexes: true } } })
  client = createExportClient(server)
})
afterAll(() => server.close())

describe('an OCI archive', () => {
  test('is the layout of an image, with every byte as it was pushed', async () => {
    const image = await pushImage(server.admin, 'acme/plain', { tag: 'v1' })
    const { files, names, index, json } = await client.download('acme/plain', { ref: 'v1' })
    const blobs = [image.config, image.layer, image.digest].map(blobPath).sort()
    expect(names).toEqual(['oci-layout', 'index.json', ...blobs])
    expect(json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    for (const path of blobs) expect(blobPath(digestOf(files.get(path)?.bytes ?? ''))).toBe(path)
    expect(index.manifests).toEqual([
      {
        mediaType: OCI_MANIFEST,
        digest: image.digest,
        size: image.manifest.length,
        annotations: {
          'org.opencontainers.image.ref.name': 'v1',
          'io.containerd.image.name': `${server.host}/acme/plain:v1`,
        },
      },
    ])
    expect(files.get(blobPath(image.digest))?.bytes.toString()).toBe(image.manifest)
  })

  test('is announced with its length and a name, and is the same each time', async () => {
    await pushImage(server.admin, 'acme/same', { tag: 'v1' })
    const first = await client.download('acme/same', { ref: 'v1' })
    expect(first.headers.get('content-type')).toBe('application/x-tar')
    expect(first.headers.get('content-length')).toBe(String(first.bytes.length))
    expect(first.headers.get('content-disposition')).toBe('attachment; filename="acme-same-v1.tar"')
    const second = await client.download('acme/same', { ref: 'v1' })
    expect(second.bytes.equals(first.bytes)).toBe(true)
  })

  test('has all of an index, each blob once', async () => {
    const { digest, amd64, arm64, attestation } = await client.pushTwoPlatforms('acme/whole')
    const { names, index } = await client.download('acme/whole', { ref: 'v1', platform: 'all' })
    const parts = [amd64, arm64, attestation].flatMap(({ config, layer, digest }) => [config, layer, digest])
    expect(names.slice(2)).toEqual([...new Set([digest, ...parts])].map(blobPath).sort())
    expect(index.manifests).toMatchObject([{ mediaType: OCI_INDEX, digest }])
    expect(index.annotations).toBeUndefined()
  })

  test('has one image of an index when a platform is named', async () => {
    const { arm64 } = await client.pushTwoPlatforms('acme/one')
    for (const platform of ['linux/arm64', 'linux/arm64/v8']) {
      const { names, index, headers } = await client.download('acme/one', { ref: 'v1', platform })
      expect(names.slice(2)).toEqual([arm64.config, arm64.layer, arm64.digest].map(blobPath).sort())
      expect(index.manifests).toMatchObject([{ mediaType: OCI_MANIFEST, digest: arm64.digest }])
      expect(headers.get('content-disposition')).toContain(`-v1-${platform.replaceAll('/', '-')}.tar"`)
    }
  })

  test('has an image of an index within an index', async () => {
    const { digest, amd64 } = await client.pushTwoPlatforms('acme/nested')
    await client.pushIndex('acme/nested', 'outer', [{ mediaType: OCI_INDEX, digest, size: 1 }])
    const all = await client.download('acme/nested', { ref: 'outer' })
    expect(all.names).toContain(blobPath(amd64.layer))
    const one = await client.download('acme/nested', { ref: 'outer', platform: 'linux/amd64' })
    expect(one.index.manifests).toMatchObject([{ digest: amd64.digest }])
  })

  test('tells which children of an index the repository does not have', async () => {
    const image = await pushImage(server.admin, 'acme/sparse')
    const absent = digestOf('a manifest that nobody pushed')
    const platform = { os: 'linux', architecture: 's390x' }
    await client.pushIndex('acme/sparse', 'v1', [
      descriptorOf(image),
      { mediaType: OCI_MANIFEST, digest: absent, size: 1, platform },
    ])
    const { names, index } = await client.download('acme/sparse', { ref: 'v1' })
    expect(names).toContain(blobPath(image.digest))
    expect(names).not.toContain(blobPath(absent))
    expect(index.annotations).toEqual({ 'vnd.kontor.missing-manifests': absent })
    const { detail } = await client.refusal('acme/sparse', { ref: 'v1', platform: 'linux/s390x' }, 404)
    expect(detail).toContain(absent)
  })

  test('names no tag where a digest was asked for', async () => {
    const image = await pushImage(server.admin, 'acme/by-digest')
    const { index, headers } = await client.download('acme/by-digest', { ref: image.digest })
    expect(index.manifests).toEqual([{ mediaType: OCI_MANIFEST, digest: image.digest, size: image.manifest.length }])
    const short = image.digest.slice('sha256:'.length, 'sha256:'.length + 12)
    expect(headers.get('content-disposition')).toContain(`"acme-by-digest-sha256-${short}.tar"`)
  })

  test('is made of what is no image, too', async () => {
    const fields = { artifactType: 'application/vnd.example.chart', layers: [] }
    const chart = await pushImage(server.admin, 'acme/chart', { tag: 'v1', fields })
    const { names } = await client.download('acme/chart', { ref: 'v1' })
    expect(names.slice(2)).toEqual([chart.config, chart.digest].map(blobPath).sort())
  })

  test('goes without layers that are had from elsewhere', async () => {
    const absent = { mediaType: LAYER, digest: digestOf('foreign'), size: 7, urls: ['https://example.com/layer'] }
    const image = await pushImage(server.admin, 'acme/foreign', { tag: 'v1', fields: { layers: [absent] } })
    const { names } = await client.download('acme/foreign', { ref: 'v1' })
    expect(names.slice(2)).toEqual([image.config, image.digest].map(blobPath).sort())
    const { detail } = await client.refusal('acme/foreign', { ref: 'v1', format: 'docker' }, 404)
    expect(detail).toContain(absent.digest)
  })
})

describe('referrers', () => {
  test('come along when they are asked for, and theirs with them', async () => {
    const image = await pushImage(server.admin, 'acme/signed', { tag: 'v1' })
    const refer = async (subject: { manifest: string; digest: string }, artifactType: string) => {
      const fields = { artifactType, subject: descriptorOf(subject) }
      return pushImage(server.admin, 'acme/signed', { content: artifactType, fields })
    }
    const sboms = []
    for (let n = 0; n < 12; n += 1) sboms.push(await refer(image, `application/vnd.example.sbom-${n}`))
    const [sbom = image] = sboms
    const signature = await refer(sbom, 'application/vnd.example.signature')

    const plain = await client.download('acme/signed', { ref: 'v1' })
    expect(plain.index.manifests).toHaveLength(1)
    expect(plain.names).not.toContain(blobPath(signature.digest))

    const { names, index } = await client.download('acme/signed', { ref: 'v1', referrers: 'true' })
    for (const { digest, layer } of [image, signature, ...sboms]) {
      expect(names).toEqual(expect.arrayContaining([digest, layer].map(blobPath)))
    }
    const [first, ...others] = index.manifests
    expect(first).toMatchObject({ digest: image.digest, annotations: {} })
    expect(others).toHaveLength(13)
    expect(others).toContainEqual({
      mediaType: OCI_MANIFEST,
      digest: signature.digest,
      size: signature.manifest.length,
      artifactType: 'application/vnd.example.signature',
    })
  })
})

describe('a docker archive', () => {
  test('has one image with the name to pull it by, within an OCI layout', async () => {
    const image = await pushImage(server.admin, 'acme/docker', { tag: 'v1' })
    const { names, index, json } = await client.download('acme/docker', { ref: 'v1', format: 'docker' })
    const blobs = [image.config, image.layer, image.digest].map(blobPath).sort()
    expect(names).toEqual(['oci-layout', 'index.json', 'manifest.json', ...blobs])
    expect(json('manifest.json')).toEqual([
      {
        Config: blobPath(image.config),
        RepoTags: [`${server.host}/acme/docker:v1`],
        Layers: [blobPath(image.layer)],
      },
    ])
    expect(index.manifests).toMatchObject([{ digest: image.digest }])
  })

  test('has no name for what was asked for by digest', async () => {
    const image = await pushImage(server.admin, 'acme/unnamed')
    const { json } = await client.download('acme/unnamed', { ref: image.digest, format: 'docker' })
    expect(json('manifest.json')).toMatchObject([{ RepoTags: [] }])
  })

  test('has the image for linux/amd64 of several, unless another is asked for', async () => {
    const { amd64, arm64 } = await client.pushTwoPlatforms('acme/several')
    const usual = await client.download('acme/several', { ref: 'v1', format: 'docker' })
    expect(usual.index.manifests).toMatchObject([{ digest: amd64.digest }])
    const other = await client.download('acme/several', { ref: 'v1', format: 'docker', platform: 'linux/arm64' })
    expect(other.index.manifests).toMatchObject([{ digest: arm64.digest }])
  })

  test('has the only image there is, whatever its platform', async () => {
    const image = await pushImage(server.admin, 'acme/only')
    await client.pushIndex('acme/only', 'v1', [descriptorOf(image, { os: 'linux', architecture: 'riscv64' })])
    await client.pushIndex('acme/only', 'v2', [descriptorOf(image)])
    for (const ref of ['v1', 'v2']) {
      const { index } = await client.download('acme/only', { ref, format: 'docker', platform: 'all' })
      expect(index.manifests).toMatchObject([{ digest: image.digest }])
    }
  })

  test('takes a platform where there are several and none is usual', async () => {
    const image = await pushImage(server.admin, 'acme/unusual')
    const platforms = ['s390x', 'ppc64le'].map((architecture) => ({ os: 'linux', architecture }))
    await client.pushIndex(
      'acme/unusual',
      'v1',
      platforms.map((platform) => descriptorOf(image, platform)),
    )
    const { title, platforms: named } = await client.refusal('acme/unusual', { ref: 'v1', format: 'docker' }, 400)
    expect({ title, named }).toEqual({ title: 'PLATFORM_NEEDED', named: ['linux/s390x', 'linux/ppc64le'] })
    await client.pushTwoPlatforms('acme/unusual')
    await client.refusal('acme/unusual', { ref: 'v1', format: 'docker', platform: 'all' }, 400)
  })

  test('is not made of what is no image', async () => {
    const layers = [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: digestOf('a'), size: 1 }]
    await pushBlob(server.admin, 'acme/no-image', 'a')
    await pushImage(server.admin, 'acme/no-image', { tag: 'signature', fields: { layers } })
    const config = { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf('a'), size: 1 }
    await pushImage(server.admin, 'acme/no-image', { tag: 'chart', fields: { config } })
    await client.pushIndex('acme/no-image', 'empty', [])
    for (const ref of ['signature', 'chart', 'empty']) {
      const { title, detail } = await client.refusal('acme/no-image', { ref, format: 'docker' }, 422)
      expect(title).toBe('NOT_AN_IMAGE')
      expect(detail).toContain('format=oci')
    }
  })
})
