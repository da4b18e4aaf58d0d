import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientRegistry, startClientRegistry } from './client-registry.ts'
import { type Acme, foundAcme } from './logins/acme.ts'
import { startCraneLogin } from './logins/crane-login.ts'
import type { LoginClient } from './logins/login-client.ts'
import { dockerLoginClients, otherLoginClients } from './logins/login-clients.ts'
import { requestRegistry } from './registry-request.ts'

let registry: ClientRegistry
let acme: Acme

beforeAll(async () => {
  registry = await startClientRegistry('http')
  acme = await foundAcme(registry)
})
afterAll(() => registry.stop())

/** Logs docker in with the manager's password and returns the number of the refresh token that it got. */
async function loginForRefreshToken(docker: LoginClient): Promise<number> {
  const before = await acme.managerApi.refreshTokens()
  await docker.login(acme.manager)
  const [id, ...rest] = await acme.managerApi.refreshTokens()
  expect(rest).toEqual(before)
  if (id === undefined) throw new Error('docker left no refresh token behind.')
  return id
}

/** A token for pulling an image, as clients get it and some keep it, made with an access token. */
async function bearerToken(secret: string, image: string): Promise<string> {
  const scope = `repository:${image.split(':')[0]}:pull`
  const access = { url: registry.url, username: acme.manager.username, password: secret }
  const { body } = await requestRegistry(access, { method: 'GET', path: `/token?service=test&scope=${scope}` })
  return (JSON.parse(body.toString()) as { token: string }).token
}

describe.each(dockerLoginClients())('$tool', ({ slug, start }) => {
  let docker: LoginClient
  const image = `acme/web-${slug}:1.0.0`

  beforeAll(async () => {
    docker = await start(registry)
    await docker.login(acme.manager)
    await docker.push(image)
  })

  test('is listed with its refresh token, and logged out by whoever deletes that', async () => {
    const id = await loginForRefreshToken(docker)
    await docker.pull(image)
    await acme.managerApi.revokeRefreshToken(id)
    await docker.refused('late pull', image, /the refresh token is not valid any more; log in again/)
  })

  test('gets no refresh token for an access token, which that would outlive', async () => {
    const before = await acme.managerApi.refreshTokens()
    await docker.login(acme.accessToken)
    expect(await acme.managerApi.refreshTokens()).toEqual(before)
    await docker.pull(image)
  })
})

// The others do not look for a bearer token among their credentials.
describe.each([...dockerLoginClients(), { tool: 'crane', slug: 'crane', start: startCraneLogin }])(
  '$tool with a bearer token of its own',
  ({ slug, start }) => {
    test('is out as soon as the access token is revoked with which that was made', async () => {
      const image = `acme/web-kept-${slug}:1.0.0`
      const client = await start(registry)
      await client.login(acme.manager)
      await client.push(image)

      const { id, token } = await acme.managerApi.createAccessToken({ name: `for ${slug}` })
      const auths = { [registry.host]: { registrytoken: await bearerToken(token, image) } }
      await writeFile(join(client.home, 'config.json'), JSON.stringify({ auths }))
      await client.pull(image)
      await acme.managerApi.revokeAccessToken(id)
      await client.refused('late pull', image, /the token was revoked; log in again/)
    })
  },
)

describe('the login of docker', () => {
  let docker: LoginClient

  beforeAll(async () => {
    const [first] = dockerLoginClients()
    if (first === undefined) throw new Error('There is no docker.')
    docker = await first.start(registry)
  })

  // All of them understand docker's file, wherever they look for their own.
  test.each(otherLoginClients)('serves $tool too, until it is revoked', async ({ tool, slug, start }) => {
    const id = await loginForRefreshToken(docker)
    const other = await start(registry)
    const file = tool === 'podman' || tool === 'skopeo' ? 'auth.json' : 'config.json'
    await copyFile(join(docker.home, 'config.json'), join(other.home, file))
    const image = `acme/web-borrowed-${slug}:1.0.0`
    const sent = await other.push(image)
    expect(await other.pull(image)).toBe(sent)
    await acme.managerApi.revokeRefreshToken(id)
    await other.refused('late pull', image, /refresh token is not valid any more/)
  })
})
