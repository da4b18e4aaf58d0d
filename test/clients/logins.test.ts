import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientRegistry, startClientRegistry } from './client-registry.ts'
import { type Acme, foundAcme } from './logins/acme.ts'
import { startContainerdLogin } from './logins/containerd-login.ts'
import { startCraneLogin } from './logins/crane-login.ts'
import { startDockerLogin } from './logins/docker-login.ts'
import { startHelmLogin } from './logins/helm-login.ts'
import type { LoginClient } from './logins/login-client.ts'
import { startPodmanLogin } from './logins/podman-login.ts'
import { startSkopeoLogin } from './logins/skopeo-login.ts'
import { requireDockerClients } from './tools.ts'
import { appendFileSync } from 'node:fs'

/** Every client, by what names of repositories call it. (That TLS changes nothing for them is tested elsewhere.) */
const clients: readonly [string, string, (registry: ClientRegistry) => Promise<LoginClient>][] = [
  ...requireDockerClients().map(
    (command, index) =>
      [command, `docker${index}`, (registry: ClientRegistry) => startDockerLogin(registry, command)] as const,
  ),
  ['podman', 'podman', startPodmanLogin],
  ['skopeo', 'skopeo', startSkopeoLogin],
  ['crane', 'crane', startCraneLogin],
  ['helm', 'helm', startHelmLogin],
  ['ctr', 'ctr', startContainerdLogin],
].map((x) => x as never)

let registry: ClientRegistry
let acme: Acme

beforeAll(async () => {
  registry = await startClientRegistry('http')
  acme = await foundAcme(registry)
})
afterAll(() => registry.stop())

describe.each(clients)('%s', (_command, slug, start) => {
  let client: LoginClient
  /** Pushed by the manager before anything else happens. */
  const web = `acme/web-${slug}:1.0.0`
  const secret = `acme/secret-${slug}:1.0.0`
  const log = (what: string, text: string) => {
    appendFileSync('/tmp/prep/logins-explore.log', `--- ${slug} ${what}\n${text}\n`)
  }

  beforeAll(async () => {
    client = await start(registry)
    await client.login(acme.manager)
    await client.push(web)
    await client.push(secret)
    await client.logout()
  })

  test.each(['manager', 'accessToken', 'scopedToken', 'robot'] as const)(
    'pushes and pulls with %s',
    async (who) => {
      await client.login(acme[who])
      const image = `acme/web-${slug}-${who.toLowerCase()}:1.0.0`
      const sent = await client.push(image)
      expect(await client.pull(image)).toBe(sent)
    },
  )

  test('after logging out it may nothing', async () => {
    await client.login(acme.manager)
    await client.logout()
    log('anonymous pull', await client.refusedPull(web, /you may not pull from acme\/web-/))
  })

  test('a member', async () => {
    await client.login(acme.member)
    await client.pull(web)
    log('member push', await client.refusedPush(web.replace('1.0.0', '2.0.0'), /you may not push to acme\/web-/))
  })
  test('pull token', async () => {
    await client.login(acme.pullToken)
    await client.pull(web)
    log('token push', await client.refusedPush(web.replace('1.0.0', '2.0.0'), /you may not push to acme\/web-/))
  })
  test('robot', async () => {
    await client.login(acme.robot)
    const a = await client.refusedPull(secret, /you may not pull from acme\/secret-/)
    const b = await client.refusedPull(secret.replace('secret', 'absent'), /you may not pull from acme\/absent-/)
    expect(a.replaceAll('secret', 'absent')).toBe(b)
    log('blind push', await client.refusedBlindPush(secret, /you may not (pull from|push to) acme\/secret-/))
  })
  test.each([
    ['wrongPassword', /the user name or the password is wrong/],
    ['mistyped', /the token is mistyped or cut off/],
    ['revoked', /the access token is not valid any more/],
    ['expired', /access token .* has expired/],
    ['disabledRobot', /robot acme\+retired is disabled/],
  ] as const)('refused with %s', async (who, reason) => {
    log(who, await client.refusedLogin(acme.bad[who], web, reason))
  })
  test('revoked', async () => {
    const { id, token } = await acme.managerApi.createAccessToken({ name: 'short' })
    await client.login({ username: 'alice', secret: token })
    await client.pull(web)
    await acme.managerApi.revokeAccessToken(id)
    log('late pull', await client.refusedLatePull(web, /access token is not valid any more/))
  })
  test('renamed', async () => {
    const old = `old-${slug}`
    await registry.api.createOrganization(old)
    await registry.api.setMember(old, 'alice', 'manager')
    await client.login(acme.manager)
    const sent = await client.push(`${old}/shop:1.0.0`)
    await registry.api.renameRepository(`${old}/shop`, `${old}/store`)
    expect(await client.pull(`${old}/shop:1.0.0`)).toBe(sent)
    await registry.api.renameOrganization(old, `new-${slug}`)
    expect(await client.pull(`${old}/shop:1.0.0`)).toBe(sent)
  })
})
