import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import supertest from 'supertest'
import { configSchema } from '../../config/schema.ts'
import { composeServer, type Overrides } from '../../server/compose.ts'
import type { DeclaredRoute } from '../../server/declared-routes.ts'

/** A whole server within the test's own process: real database, real files, real sockets, virtual time if wanted. */
export interface TestServer {
  /** What can be asked of it, as the server itself declares. */
  readonly routes: readonly DeclaredRoute[]
  readonly url: string
  readonly host: string
  readonly dataDir: string
  /** Requests as the administrator, by password. */
  readonly admin: Client
  /** Requests without credentials. */
  readonly anonymous: Client
  /** Requests with an `Authorization` header. */
  as(authorization: string): Client
  /** Creates a user through the API and returns requests as that user, by password. */
  createUser(username: string): Promise<Client>
  /** A bearer token for some scopes. */
  token(client: Client, ...scopes: string[]): Promise<string>
  close(): Promise<void>
}

export type Client = ReturnType<typeof supertest.agent>

export const ADMIN = { username: 'admin', password: 'correct horse battery' } as const

/** The value of a Basic `Authorization` header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

export async function openTestServer(
  options: { readonly overrides?: Overrides; readonly settings?: Readonly<Record<string, unknown>> } = {},
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-http-'))
  const { http, search, ...settings } = options.settings ?? {}
  const config = configSchema.parse({
    dataDir,
    http: { port: 0, ...(http as object | undefined) },
    admin: ADMIN,
    log: { level: 'silent' },
    // Threads would have to be compiled, and their clocks are not virtual.
    search: { threads: 0, ...(search as object | undefined) },
    ...settings,
  })
  const server = await composeServer(config, options.overrides)
  const { url } = await server.listen()
  const as = (authorization: string) => supertest.agent(url).set('Authorization', authorization)
  const admin = as(basic(ADMIN.username, ADMIN.password))
  return {
    routes: await server.describeRoutes(),
    url,
    host: new URL(url).host,
    dataDir,
    admin,
    anonymous: supertest.agent(url),
    as,
    async createUser(username) {
      const password = `password of ${username}`
      await admin.post('/api/v1/users').send({ username, password }).expect(201)
      return as(basic(username, password))
    },
    async token(client, ...scopes) {
      const { body } = await client.get('/token').query({ service: 'test', scope: scopes }).expect(200)
      return `Bearer ${body.token}`
    },
    async close() {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Pushes a blob in one request. */
export async function pushBlob(client: Client, repository: string, bytes: Uint8Array | string): Promise<string> {
  const digest = digestOf(bytes)
  await client
    .post(`/v2/${repository}/blobs/uploads/`)
    .query({ digest })
    .set('Content-Type', 'application/octet-stream')
    .send(Buffer.from(bytes))
    .expect(201)
  return digest
}

/** What an image is made of, before it is pushed. */
export interface TestImage {
  readonly manifest: string
  readonly digest: string
  readonly config: string
  readonly layer: string
}

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

/** Pushes a small image, whose bytes depend on `content`, under a tag or by digest. */
export async function pushImage(
  client: Client,
  repository: string,
  options: { readonly tag?: string; readonly content?: string; readonly fields?: object } = {},
): Promise<TestImage> {
  const { tag, content = 'a layer', fields = {} } = options
  const configBytes = JSON.stringify({ architecture: 'amd64', os: 'linux', content })
  const config = await pushBlob(client, repository, configBytes)
  const layer = await pushBlob(client, repository, content)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: configBytes.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: Buffer.byteLength(content) }],
    ...fields,
  })
  const digest = digestOf(manifest)
  await putManifest(client, repository, tag ?? digest, manifest).expect(201)
  return { manifest, digest, config, layer }
}

/** A manifest PUT, for the test to expect of it what it wants. */
export function putManifest(
  client: Client,
  repository: string,
  reference: string,
  manifest: string,
  type = OCI_MANIFEST,
) {
  return client.put(`/v2/${repository}/manifests/${reference}`).set('Content-Type', type).send(manifest)
}
