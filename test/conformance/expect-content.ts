import { expect } from 'vitest'
import type { SpecVersion } from './conformance-settings.ts'
import { type ManifestContent, TYPES } from './content.ts'
import type { OciResponse } from './exchange.ts'
import { describeExchange, expectStatus, locationOf } from './expect-status.ts'
import type { OciClient } from './oci-client.ts'
import type { BlobContent, UploadTarget } from './upload-blob.ts'

/** What a client sends that understands the formats of the image-spec: two lines. */
const ACCEPT_MANIFESTS = { Accept: [TYPES.index, TYPES.image] }

/** `Docker-Content-Digest` must be right where it is; since 1.1.1 it must be there. */
export function expectDigestHeader(response: OciResponse, digest: string, spec: SpecVersion): void {
  const header = response.headers['docker-content-digest']
  if (header === undefined && spec === '1.1') return
  expect(header, describeExchange(response)).toBe(digest)
}

/** What a registry must say when it has taken a blob: where it is, and there it must be. */
export async function expectBlobTaken(
  client: OciClient,
  response: OciResponse,
  { digest, bytes }: BlobContent,
  spec: SpecVersion,
): Promise<void> {
  expectStatus(response, 201)
  expectDigestHeader(response, digest, spec)
  expectBytes(await client.send({ method: 'GET', url: locationOf(response) }), bytes)
}

/** HEAD or GET of a blob. */
export async function expectBlobServed(
  { client, repository }: UploadTarget,
  method: 'HEAD' | 'GET',
  { digest, bytes }: BlobContent,
  spec: SpecVersion,
): Promise<void> {
  const response = await client.send({ method, url: `/v2/${repository}/blobs/${digest}` })
  expectBytes(response, bytes)
  expectDigestHeader(response, digest, spec)
}

/** What a registry must say when it has taken a manifest: where it is, and whether it has seen the subject. */
export async function expectManifestTaken(
  client: OciClient,
  response: OciResponse,
  manifest: ManifestContent,
  spec: SpecVersion,
): Promise<void> {
  expectStatus(response, 201)
  expectDigestHeader(response, manifest.digest, spec)
  expect(response.headers['oci-subject'], describeExchange(response)).toBe(manifest.subject)
  const url = locationOf(response)
  expectManifest(await client.send({ method: 'GET', url, headers: ACCEPT_MANIFESTS }), manifest)
}

/** HEAD or GET of a manifest by tag or digest. */
export async function expectManifestServed(
  { client, repository }: UploadTarget,
  method: 'HEAD' | 'GET',
  reference: string,
  manifest: ManifestContent,
  spec: SpecVersion,
): Promise<void> {
  const url = `/v2/${repository}/manifests/${reference}`
  const response = await client.send({ method, url, headers: ACCEPT_MANIFESTS })
  expectManifest(response, manifest)
  expectDigestHeader(response, manifest.digest, spec)
}

/** Deletes what is at `path` (`blobs/…`, `manifests/…`), and looks at once whether it is gone. */
export async function expectDeleted(target: UploadTarget, path: string): Promise<void> {
  const url = `/v2/${target.repository}/${path}`
  expectStatus(await target.client.send({ method: 'DELETE', url }), 202)
  await expectAbsent(target, path)
}

/** Neither HEAD nor GET finds anything at `path` (`blobs/…`, `manifests/…`). */
export async function expectAbsent({ client, repository }: UploadTarget, path: string): Promise<void> {
  for (const method of ['HEAD', 'GET'] as const) {
    expectStatus(await client.send({ method, url: `/v2/${repository}/${path}`, headers: ACCEPT_MANIFESTS }), 404)
  }
}

function expectManifest(response: OciResponse, { bytes, mediaType }: ManifestContent): void {
  expectBytes(response, bytes)
  expect(response.headers['content-type'], describeExchange(response)).toBe(mediaType)
}

function expectBytes(response: OciResponse, bytes: Buffer): void {
  expectStatus(response, 200)
  expect(response.headers['content-length'], describeExchange(response)).toBe(String(bytes.length))
  if (response.request.method === 'HEAD') return
  // Not toEqual: its diff of megabytes would take longer than the test.
  expect(response.body.equals(bytes), `the bytes of ${describeExchange(response)}`).toBe(true)
}
