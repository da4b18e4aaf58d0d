import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { tarEntry, zstdBlockHeader, zstdFrameHeader } from '../../test/support/archives.ts'

const CHUNK_BYTES = 64 * 1024
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar'
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'

const random = randomFillSync(Buffer.alloc(16 * 1024 * 1024))

/** An archive that is made up as it is sent. */
export interface MadeUpArchive {
  readonly number: number
  readonly layers: number
  readonly layerBytes: number
  readonly format: 'oci-layout' | 'docker-archive'
  readonly compression: 'none' | 'gzip' | 'zstd'
}

/**
 * Imports an archive whose layers cannot be compressed.
 * @throws Error when it is not taken.
 */
export async function importArchive(
  server: { readonly url: string; readonly username: string; readonly password: string },
  repository: string,
  archive: MadeUpArchive,
): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${server.username}:${server.password}`).toString('base64')}`
  const headers = { authorization, 'content-type': 'multipart/form-data; boundary=made-up' }
  const path = `/api/v1/repositories/${encodeURIComponent(repository)}/import`
  const request = httpRequest(new URL(path, server.url), { method: 'POST', headers })
  const answered: Promise<[IncomingMessage]> = once(request, 'response') as Promise<[IncomingMessage]>
  for await (const chunk of form(compress(archive))) if (!request.write(chunk)) await once(request, 'drain')
  request.end()
  const [response] = await answered
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  if (response.statusCode !== 201) throw new Error(`${response.statusCode}: ${Buffer.concat(chunks)}`)
}

async function* form(archive: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('--made-up\r\nContent-Disposition: form-data; name="archive"; filename="a.tar"\r\n\r\n')
  yield* archive
  yield Buffer.from('\r\n--made-up--\r\n')
}

function compress(archive: MadeUpArchive): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (archive.compression === 'none') return tar(archive)
  if (archive.compression === 'zstd') return storeAsZstd(tar(archive))
  // Random bytes come out as they are, at whatever level.
  return Readable.from(tar(archive), { objectMode: false }).pipe(createGzip({ level: 1 }))
}

function* storeAsZstd(bytes: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield zstdFrameHeader()
  for (const chunk of bytes) {
    yield zstdBlockHeader('raw', chunk.length, false)
    yield chunk
  }
  yield zstdBlockHeader('raw', 0, true)
}

function* tar({ number, layers, layerBytes, format }: MadeUpArchive): Generator<Uint8Array> {
  const numbers = Array.from({ length: layers }, (_, index) => number * layers + index)
  const digests = numbers.map((layer) => digestOf(content(layer, layerBytes)))
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: digests } })
  const blobName = (digest: string) => `blobs/${digest.replace(':', '/')}`
  for (const [index, layer] of numbers.entries()) {
    const [header] = tarEntry({ name: blobName(digests[index] ?? ''), toldSize: layerBytes })
    if (header !== undefined) yield header
    yield* content(layer, layerBytes)
    yield Buffer.alloc((512 - (layerBytes % 512)) % 512)
  }
  const configDigest = digestOf([Buffer.from(config)])
  yield* tarEntry({ name: blobName(configDigest), content: config })
  if (format === 'docker-archive') {
    const list = [{ Config: blobName(configDigest), RepoTags: ['made/up:v1'], Layers: digests.map(blobName) }]
    yield* tarEntry({ name: 'manifest.json', content: JSON.stringify(list) })
  } else {
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: configDigest, size: config.length },
      layers: digests.map((digest) => ({ mediaType: LAYER_TYPE, digest, size: layerBytes })),
    })
    const digest = digestOf([Buffer.from(manifest)])
    const manifests = [{ mediaType: MANIFEST_TYPE, digest, size: manifest.length }]
    yield* tarEntry({ name: blobName(digest), content: manifest })
    yield* tarEntry({ name: 'oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) })
    yield* tarEntry({ name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) })
  }
  yield Buffer.alloc(1024)
}

/** So many bytes that no other number gives. */
function* content(number: number, bytes: number): Generator<Uint8Array> {
  for (let position = 0; position < bytes; position += CHUNK_BYTES) {
    const start = (position + number * 4099) % (random.length - CHUNK_BYTES)
    yield random.subarray(start, start + Math.min(CHUNK_BYTES, bytes - position))
  }
}

function digestOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}
