import type { Digest } from '../../../oci/digest.ts'
import { createImportForm } from '../archive.ts'
import { blobPath, createImageManifest, digestOf, hubPath, manifestPath, type PushedManifest } from '../content.ts'
import type { PushClient, WireAnswer, WireRequest } from '../push-client.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** One way of changing what is stored, as clients do it. */
export interface Write {
  readonly name: 'blob' | 'start' | 'chunk' | 'end' | 'manifest' | 'untag' | 'import' | 'describe' | 'user'
  /** Which door it goes through, and so what its refusals look like. */
  readonly door: 'wire' | 'hub'
  /** The status of success. */
  readonly status: number
  /** Does all that must be there before, and gives the last step. Each time it is about something new. */
  prepare(): Promise<PreparedWrite>
}

export interface PreparedWrite {
  attempt(): Promise<WireAnswer>
  /** Whether anybody can see anything of it. */
  isVisible(): Promise<boolean>
}

const BLOB_BYTES = 100_000

/** Every kind of write there is. All go to one repository, which must exist. */
export function createEveryWrite(parts: {
  readonly client: PushClient
  readonly random: SeededRandom
  readonly repository: string
}): readonly Write[] {
  const { client, random, repository } = parts
  const uploads = `/v2/${repository}/blobs/uploads/`
  let number = 0

  async function isThere(path: string): Promise<boolean> {
    return (await client.send({ method: 'GET', path })).status === 200
  }

  /** A write that leads to something at a path. */
  function leadingTo(path: string, request: WireRequest): PreparedWrite {
    return { attempt: () => client.send(request), isVisible: () => isThere(path) }
  }

  function blobOf(bytes: Buffer): { repository: string; digest: Digest; size: number } {
    return { repository, digest: digestOf(bytes), size: bytes.byteLength }
  }

  async function pushBlob(bytes: Buffer): Promise<void> {
    await client.expect(201, { method: 'POST', path: `${uploads}?digest=${digestOf(bytes)}`, body: bytes })
  }

  async function openUpload(): Promise<string> {
    return (await client.expect(202, { method: 'POST', path: uploads })).headers.location ?? ''
  }

  async function prepareManifest(): Promise<{ image: PushedManifest; tag: string; put: WireRequest }> {
    const layer = random.bytes(BLOB_BYTES)
    await pushBlob(layer)
    const tag = `tag-${++number}`
    const image = createImageManifest(repository, [blobOf(layer), blobOf(layer)], tag)
    const headers = { 'Content-Type': image.mediaType }
    return {
      image,
      tag,
      put: { method: 'PUT', path: manifestPath(repository, tag), body: image.bytes, headers },
    }
  }

  function json(method: 'POST' | 'PATCH', path: string, body: object): WireRequest {
    return {
      method,
      path,
      body: Buffer.from(JSON.stringify(body)),
      headers: { 'Content-Type': 'application/json' },
    }
  }

  return [
    {
      name: 'blob',
      door: 'wire',
      status: 201,
      async prepare() {
        const body = random.bytes(BLOB_BYTES)
        const digest = digestOf(body)
        return leadingTo(blobPath(repository, digest), { method: 'POST', path: `${uploads}?digest=${digest}`, body })
      },
    },
    {
      name: 'start',
      door: 'wire',
      status: 202,
      prepare: async () => leadingTo(`${uploads}none`, { method: 'POST', path: uploads }),
    },
    {
      name: 'chunk',
      door: 'wire',
      status: 202,
      async prepare() {
        const path = await openUpload()
        return {
          attempt: () => client.send({ method: 'PATCH', path, body: random.bytes(BLOB_BYTES) }),
          async isVisible() {
            const { status, headers } = await client.send({ method: 'GET', path })
            return status === 204 && headers.range !== '0-0'
          },
        }
      },
    },
    {
      name: 'end',
      door: 'wire',
      status: 201,
      async prepare() {
        const body = random.bytes(BLOB_BYTES)
        const path = `${await openUpload()}?digest=${digestOf(body)}`
        return leadingTo(blobPath(repository, digestOf(body)), { method: 'PUT', path, body })
      },
    },
    {
      name: 'manifest',
      door: 'wire',
      status: 201,
      async prepare() {
        const { image, put, tag } = await prepareManifest()
        return {
          attempt: () => client.send(put),
          isVisible: async () =>
            (await isThere(manifestPath(repository, tag))) || (await isThere(manifestPath(repository, image.digest))),
        }
      },
    },
    {
      name: 'untag',
      door: 'wire',
      status: 202,
      async prepare() {
        const { put, tag } = await prepareManifest()
        await client.expect(201, put)
        const path = manifestPath(repository, tag)
        return { attempt: () => client.send({ method: 'DELETE', path }), isVisible: async () => !(await isThere(path)) }
      },
    },
    {
      name: 'import',
      door: 'hub',
      status: 201,
      async prepare() {
        const layer = random.bytes(BLOB_BYTES)
        const tag = `tag-${++number}`
        const image = createImageManifest(repository, [blobOf(layer), blobOf(layer)], tag)
        const path = `${hubPath(repository)}/import?tag=${tag}`
        return leadingTo(manifestPath(repository, tag), {
          method: 'POST',
          path,
          ...createImportForm(image, [layer]),
        })
      },
    },
    {
      name: 'describe',
      door: 'hub',
      status: 200,
      async prepare() {
        const description = `written at ${++number}`
        const path = hubPath(repository)
        return {
          attempt: () => client.send(json('PATCH', path, { description })),
          isVisible: async () =>
            (await client.expect(200, { method: 'GET', path })).body.includes(JSON.stringify(description)),
        }
      },
    },
    {
      name: 'user',
      door: 'hub',
      status: 201,
      async prepare() {
        const username = `user-${++number}`
        return leadingTo(
          `/api/v1/users/${username}`,
          json('POST', '/api/v1/users', { username, password: 'a long enough password' }),
        )
      },
    },
  ]
}
