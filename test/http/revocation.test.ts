import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYSTEM } from '../../server/access/caller.ts'
import { openSqliteMetadataStore } from '../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import {
  basic,
  type Client,
  digestOf,
  openTestServer,
  pushBlob,
  pushImage,
  type TestServer,
} from '../support/server.ts'

/** More than the buffers of a connection hold, so that a download that nobody reads is under way for as long as one likes. */
const LAYER = Buffer.alloc(24 * 1024 * 1024, 'a layer that takes its time')

let server: TestServer
let olga: Client
let layer: string

beforeAll(async () => {
  server = await openTestServer()
  olga = await server.createUser('olga')
  await olga.post('/api/v1/organizations').send({ name: 'layers' }).expect(201)
  layer = await pushBlob(olga, 'layers/large', LAYER)
})
afterAll(() => server.close())

/** A place to give rights in, and somebody to give them to. */
interface Scene {
  /** Path of the organization on the API. */
  readonly organization: string
  /** A repository with a large layer and the tag `v1`. */
  readonly repository: string
  readonly username: string
  readonly user: Client
}

let scenes = 0

async function openScene(): Promise<Scene> {
  scenes += 1
  const [name, username] = [`acme-${scenes}`, `user-${scenes}`]
  const organization = `/api/v1/organizations/${name}`
  await olga.post('/api/v1/organizations').send({ name }).expect(201)
  await olga.patch(organization).send({ basePermission: 'none' }).expect(200)
  const repository = `${name}/app`
  await pushImage(olga, repository, { tag: 'v1' })
  await olga.post(`/v2/${repository}/blobs/uploads/`).query({ mount: layer, from: 'layers/large' }).expect(201)
  return { organization, repository, username, user: await server.createUser(username) }
}

/** Credentials with which one logs in, and how what they stand for is taken away. */
interface Given {
  readonly header: string
  take(): Promise<unknown>
}

type Give = (scene: Scene) => Promise<Given>

const password = ({ username }: Scene) => basic(username, `password of ${username}`)
const member = ({ organization, username }: Scene) => `${organization}/members/${username}`

function addMember(scene: Scene, role: string) {
  return olga.put(member(scene)).send({ role }).expect(201)
}

async function addGrant({ organization, repository }: Scene, subject: object): Promise<string> {
  const grant = { subject, repositories: repository, permission: 'push' }
  const { body } = await olga.post(`${organization}/grants`).send(grant).expect(201)
  return `${organization}/grants/${body.id}`
}

async function addTeam(scene: Scene): Promise<{ readonly path: string; readonly grant: string }> {
  await addMember(scene, 'member')
  await olga.post(`${scene.organization}/teams`).send({ name: 'team' }).expect(201)
  const path = `${scene.organization}/teams/team`
  await olga.put(`${path}/members/${scene.username}`).expect(204)
  return { path, grant: await addGrant(scene, { type: 'team', name: 'team' }) }
}

async function addRobot({ organization, repository }: Scene) {
  const scopes = [{ repositories: repository, permission: 'push' }]
  const { body } = await olga.post(`${organization}/robots`).send({ name: 'ci', scopes }).expect(201)
  return { path: `${organization}/robots/ci`, header: basic(body.username, body.secret) }
}

async function addToken(scene: Scene, fields: object = {}) {
  await addMember(scene, 'manager')
  const { body } = await scene.user
    .post('/api/v1/user/tokens')
    .send({ name: 'test', ...fields })
    .expect(201)
  return { path: `/api/v1/user/tokens/${body.id}`, header: basic(scene.username, body.token) }
}

/** The one thing in a list. */
async function only(path: string): Promise<string> {
  const { body } = await olga.get(path).expect(200)
  expect(body.items).toHaveLength(1)
  return `${path}/${body.items[0].id}`
}

const EVERYTHING: Readonly<Record<string, Give>> = {
  'a member is removed': async (scene) => {
    await addMember(scene, 'manager')
    return { header: password(scene), take: () => olga.delete(member(scene)).expect(204) }
  },
  'a member leaves': async (scene) => {
    await addMember(scene, 'manager')
    return { header: password(scene), take: () => scene.user.delete(member(scene)).expect(204) }
  },
  'a role is lowered': async (scene) => {
    await addMember(scene, 'manager')
    return { header: password(scene), take: () => olga.put(member(scene)).send({ role: 'member' }).expect(200) }
  },
  'the base permission is lowered': async (scene) => {
    await addMember(scene, 'member')
    const setBase = (basePermission: string) => olga.patch(scene.organization).send({ basePermission }).expect(200)
    await setBase('push')
    return { header: password(scene), take: () => setBase('none') }
  },
  'a grant is deleted': async (scene) => {
    const grant = await addGrant(scene, { type: 'user', name: scene.username })
    return { header: password(scene), take: () => olga.delete(grant).expect(204) }
  },
  'a team is left': async (scene) => {
    const { path } = await addTeam(scene)
    return { header: password(scene), take: () => scene.user.delete(`${path}/members/${scene.username}`).expect(204) }
  },
  'a team’s grant is deleted': async (scene) => {
    const { grant } = await addTeam(scene)
    return { header: password(scene), take: () => olga.delete(grant).expect(204) }
  },
  'a team is deleted': async (scene) => {
    const { path } = await addTeam(scene)
    return { header: password(scene), take: () => olga.delete(path).expect(204) }
  },
  'an access token is deleted': async (scene) => {
    const { path, header } = await addToken(scene)
    return { header, take: () => scene.user.delete(path).expect(204) }
  },
  'the owner of a narrowed access token loses the right': async (scene) => {
    const scopes = [{ repositories: scene.repository, permission: 'push' }]
    const { header } = await addToken(scene, { scopes })
    return { header, take: () => olga.delete(member(scene)).expect(204) }
  },
  'a robot is disabled': async (scene) => {
    const { path, header } = await addRobot(scene)
    return { header, take: () => olga.patch(path).send({ disabled: true }).expect(200) }
  },
  'a robot’s secret is deleted': async (scene) => {
    const { path, header } = await addRobot(scene)
    return { header, take: async () => olga.delete(await only(`${path}/secrets`)).expect(204) }
  },
  'a robot’s grant is deleted': async (scene) => {
    const { header } = await addRobot(scene)
    return { header, take: async () => olga.delete(await only(`${scene.organization}/grants`)).expect(204) }
  },
  'a robot is deleted': async (scene) => {
    const { path, header } = await addRobot(scene)
    return { header, take: () => olga.delete(path).expect(204) }
  },
  'a user is disabled': async (scene) => {
    await addMember(scene, 'manager')
    const disable = () => server.admin.patch(`/api/v1/users/${scene.username}`).send({ disabled: true }).expect(200)
    return { header: password(scene), take: disable }
  },
  'a user is disabled by another process': async (scene) => {
    await addMember(scene, 'manager')
    const disable = async () => {
      const store = openSqliteMetadataStore({
        path: join(server.dataDir, 'kontor.db'),
        now: Date.now,
        holdNamesForMs: 1,
      })
      const account = await store.accounts.findByName(scene.username)
      if (account === undefined) throw new Error(`there is no ${scene.username}`)
      await store.accounts.update(account.id, { disabled: true }, SYSTEM)
      await store.close()
    }
    return { header: password(scene), take: disable }
  },
  'a user is deleted': async (scene) => {
    await addMember(scene, 'manager')
    return { header: password(scene), take: () => server.admin.delete(`/api/v1/users/${scene.username}`).expect(204) }
  },
  'a password is changed': async (scene) => {
    await addMember(scene, 'manager')
    const change = { password: 'a new password' }
    const path = `/api/v1/users/${scene.username}`
    return { header: password(scene), take: () => server.admin.patch(path).send(change).expect(200) }
  },
}

/** Begins to pull the large layer: the head of the answer is there, and the body waits. */
async function beginDownload(authorization: string, repository: string): Promise<IncomingMessage> {
  const url = `${server.url}/v2/${repository}/blobs/${layer}`
  const [response] = await once(httpRequest(url, { headers: { authorization } }).end(), 'response')
  expect(response.statusCode).toBe(200)
  return response
}

async function finishDownload(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return digestOf(Buffer.concat(chunks))
}

function ask(client: Client, repository: string) {
  return {
    manifest: () => client.get(`/v2/${repository}/manifests/v1`),
    head: () => client.head(`/v2/${repository}/blobs/${layer}`),
    tags: () => client.get(`/v2/${repository}/tags/list`),
    start: () => client.post(`/v2/${repository}/blobs/uploads/`),
    patch: (location: string) => client.patch(location).set('Content-Type', 'application/octet-stream').send('bytes'),
    put: (location: string, bytes: string) => client.put(location).query({ digest: digestOf(bytes) }),
    cancel: (location: string) => client.delete(location),
    status: (location: string) => client.get(location),
  }
}

describe('S08: the very next request is refused, by a valid JWT too and in the middle of an upload, when', () => {
  test.each(Object.entries(EVERYTHING))('%s', async (_, give) => {
    const scene = await openScene()
    const { header, take } = await give(scene)
    const { repository } = scene
    const byCredential = server.as(header)
    const jwt = await server.token(byCredential, `repository:${repository}:pull,push`)
    const byJwt = server.as(jwt)
    const locations: string[] = []
    // Twice each, so that whatever is remembered is.
    for (const client of [byCredential, byJwt, byCredential, byJwt]) {
      await ask(client, repository).manifest().expect(200)
      await ask(client, repository).head().expect(200)
      const { headers } = await ask(client, repository).start().expect(202)
      locations.push(String(headers['location']))
      await ask(client, repository).patch(String(headers['location'])).expect(202)
    }
    const download = await beginDownload(jwt, repository)

    await take()

    for (const client of [byJwt, byCredential]) {
      for (const location of locations) {
        await ask(client, repository).patch(location).expect(401)
        await ask(client, repository).put(location, 'bytes').expect(401)
        await ask(client, repository).status(location).expect(401)
        await ask(client, repository).cancel(location).expect(401)
      }
      await ask(client, repository).manifest().expect(401)
      await ask(client, repository).head().expect(401)
      await ask(client, repository).tags().expect(401)
      await ask(client, repository).start().expect(401)
    }
    await olga.head(`/v2/${repository}/blobs/${digestOf('bytes')}`).expect(404)
    // What was begun while one might may end.
    expect(await finishDownload(download)).toBe(layer)
  })

  test('a repository is no longer public', async () => {
    const { repository, user } = await openScene()
    const path = `/api/v1/repositories/${encodeURIComponent(repository)}`
    await olga.patch(path).send({ visibility: 'public' }).expect(200)
    const jwts = await Promise.all(
      [server.anonymous, user].map((client) => server.token(client, `repository:${repository}:pull`)),
    )
    const clients = [server.anonymous, user, ...jwts.map((jwt) => server.as(jwt))]
    for (const client of clients) await ask(client, repository).manifest().expect(200)
    const download = await beginDownload(String(jwts[0]), repository)
    await olga.patch(path).send({ visibility: 'private' }).expect(200)
    for (const client of clients) {
      await ask(client, repository).manifest().expect(401)
      await ask(client, repository).head().expect(401)
      await ask(client, repository).tags().expect(401)
    }
    expect(await finishDownload(download)).toBe(layer)
  })
})

describe('S08: the very next request may only do what is left, when', () => {
  const LOWERED: Readonly<Record<string, Give>> = {
    'a role is lowered to auditor': async (scene) => {
      await addMember(scene, 'manager')
      return { header: password(scene), take: () => olga.put(member(scene)).send({ role: 'auditor' }).expect(200) }
    },
    'a grant is lowered to pull': async (scene) => {
      const grant = await addGrant(scene, { type: 'user', name: scene.username })
      return { header: password(scene), take: () => olga.patch(grant).send({ permission: 'pull' }).expect(200) }
    },
    'a robot’s grant is lowered to pull': async (scene) => {
      const { header } = await addRobot(scene)
      const lower = async () => {
        await olga
          .patch(await only(`${scene.organization}/grants`))
          .send({ permission: 'pull' })
          .expect(200)
      }
      return { header, take: lower }
    },
  }

  test.each(Object.entries(LOWERED))('%s', async (_, give) => {
    const scene = await openScene()
    const { header, take } = await give(scene)
    const { repository } = scene
    const clients = [
      server.as(header),
      server.as(await server.token(server.as(header), `repository:${repository}:pull,push`)),
    ]
    const { headers } = await ask(server.as(header), repository).start().expect(202)
    const location = String(headers['location'])
    for (const client of clients) await ask(client, repository).patch(location).expect(202)
    await take()
    for (const client of clients) {
      await ask(client, repository).manifest().expect(200)
      await ask(client, repository).patch(location).expect(401)
      await ask(client, repository).put(location, 'bytesbytes').expect(401)
      await ask(client, repository).start().expect(401)
    }
  })
})
