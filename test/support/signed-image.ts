import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tarOf } from './archives.ts'
import { basic, digestOf, OCI_INDEX, OCI_MANIFEST } from './server.ts'

/** Where an image is to be pushed: any registry. */
export interface Destination {
  readonly url: string
  /** Of who pushes; undefined where nobody asks. */
  readonly login?: { readonly username: string; readonly password: string }
}

/** An image for two platforms, with a signature, an SBOM and a signature of the SBOM. */
export interface SignedImage {
  /** Digests of everything that a copy of it must have, the index first. */
  readonly manifests: readonly string[]
  readonly index: string
  readonly amd64: string
  readonly arm64: string
  readonly signature: string
  readonly sbom: string
  readonly sbomSignature: string
  /** By the tag that cosign gives it. */
  readonly companion: { readonly tag: string; readonly digest: string }
  readonly blobs: readonly string[]
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 }

/**
 * Pushes such an image under a tag. Both platforms have one layer in common.
 * @param options.layerBytes how many bytes, that no compression makes fewer, each of its three layers has
 */
export async function pushSignedImage(
  to: Destination,
  repository: string,
  tag: string,
  options: {
    readonly layerBytes?: number
    readonly env?: readonly string[]
    /** What is in a layer, where it is to be the same each time. */
    readonly contentOf?: (layer: string) => Uint8Array
  } = {},
): Promise<SignedImage> {
  const { layerBytes = 1000, env = ['PATH=/bin', 'COLOUR=red'], contentOf = () => randomBytes(layerBytes) } = options
  const blobs = new Set<string>()

  async function send(method: string, path: string, type: string, body: Uint8Array | string): Promise<Response> {
    const { url, login } = to
    const authorization = login === undefined ? undefined : basic(login.username, login.password)
    const headers = { 'Content-Type': type, ...(authorization !== undefined && { Authorization: authorization }) }
    const response = await fetch(new URL(path, url), { method, headers, body: Buffer.from(body) })
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }

  async function pushBlob(bytes: Uint8Array | string): Promise<{ digest: string; size: number }> {
    const digest = digestOf(bytes)
    const started = await send('POST', `/v2/${repository}/blobs/uploads/`, 'application/octet-stream', '')
    const place = new URL(started.headers.get('location') ?? '', to.url)
    place.searchParams.set('digest', digest)
    await send('PUT', place.href, 'application/octet-stream', bytes)
    blobs.add(digest)
    return { digest, size: Buffer.byteLength(bytes) }
  }

  async function pushManifest(manifest: { readonly mediaType: string }, under?: string) {
    const bytes = JSON.stringify({ schemaVersion: 2, ...manifest })
    const digest = digestOf(bytes)
    await send('PUT', `/v2/${repository}/manifests/${under ?? digest}`, manifest.mediaType, bytes)
    return { mediaType: manifest.mediaType, digest, size: bytes.length }
  }

  async function pushLayer(name: string) {
    const tar = tarOf([{ name, content: Buffer.from(contentOf(name)) }])
    const descriptor = { mediaType: LAYER, ...(await pushBlob(gzipSync(tar, { level: 1 }))) }
    return { diffId: digestOf(tar), descriptor }
  }

  const base = await pushLayer('base')
  async function pushPlatform(architecture: string) {
    const own = await pushLayer(`for-${architecture}`)
    const config = await pushBlob(
      JSON.stringify({
        architecture,
        os: 'linux',
        created: '2026-01-02T03:04:05Z',
        config: {
          Env: env,
          Entrypoint: ['/bin/web', '--say', "it's on"],
          ExposedPorts: { '8080/tcp': {} },
          Labels: { team: 'web' },
        },
        rootfs: { type: 'layers', diff_ids: [base.diffId, own.diffId] },
        history: [
          { created_by: '/bin/sh -c #(nop) ADD file:base in /', created: '2026-01-02T03:04:05Z' },
          { created_by: 'RUN /bin/sh -c make install # buildkit', created: '2026-01-02T03:04:05Z' },
          { created_by: 'CMD ["web"]', empty_layer: true },
        ],
      }),
    )
    const layers = [base.descriptor, own.descriptor]
    const manifest = { mediaType: OCI_MANIFEST, config: { mediaType: CONFIG, ...config }, layers }
    return { ...(await pushManifest(manifest)), platform: { os: 'linux', architecture } }
  }

  await pushBlob('{}')
  const [amd64, arm64] = [await pushPlatform('amd64'), await pushPlatform('arm64')]
  const index = await pushManifest({ mediaType: OCI_INDEX, manifests: [amd64, arm64] } as never, tag)

  async function pushReferrer(subject: object, artifactType: string, content: string) {
    const layers = [{ mediaType: artifactType, ...(await pushBlob(content)) }]
    const manifest = { mediaType: OCI_MANIFEST, artifactType, config: EMPTY, layers, subject }
    return pushManifest(manifest)
  }
  const { mediaType, digest, size } = amd64
  const signature = await pushReferrer(index, 'application/vnd.dev.sigstore.bundle.v0.3+json', `signature of ${tag}`)
  const sbom = await pushReferrer({ mediaType, digest, size }, 'application/spdx+json', '{"spdxVersion":"SPDX-2.3"}')
  const sbomSignature = await pushReferrer(
    sbom,
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    'signature of the SBOM',
  )
  const companionTag = `${index.digest.replace(':', '-')}.att`
  const simple = await pushBlob('{"critical":{}}')
  const companion = await pushManifest(
    {
      mediaType: OCI_MANIFEST,
      config: EMPTY,
      layers: [{ mediaType: 'application/vnd.dsse.envelope.v1+json', ...simple }],
    } as never,
    companionTag,
  )
  return {
    manifests: [index, amd64, arm64, signature, sbom, sbomSignature, companion].map((each) => each.digest),
    index: index.digest,
    amd64: amd64.digest,
    arm64: arm64.digest,
    signature: signature.digest,
    sbom: sbom.digest,
    sbomSignature: sbomSignature.digest,
    companion: { tag: companionTag, digest: companion.digest },
    blobs: [...blobs],
  }
}
