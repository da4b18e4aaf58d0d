import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientRegistry, startClientRegistry } from './client-registry.ts'
import { type Acme, foundAcme } from './logins/acme.ts'
import type { LoginClient } from './logins/login-client.ts'
import { allLoginClients } from './logins/login-clients.ts'

let registry: ClientRegistry
let acme: Acme

beforeAll(async () => {
  registry = await startClientRegistry('http')
  acme = await foundAcme(registry)
})
afterAll(() => registry.stop())

describe.each(allLoginClients())('$tool', ({ slug, start }) => {
  let client: LoginClient
  /** Two images of the organization, of which the robot and the scoped token may reach the first only. */
  const web = `acme/web-${slug}:1.0.0`
  const secret = `acme/secret-${slug}:1.0.0`

  beforeAll(async () => {
    client = await start(registry)
    await client.login(acme.manager)
    await client.push(web)
    await client.push(secret)
  })

  test.each([
    ['a password', 'by-password', 'manager'],
    ['an access token', 'by-token', 'accessToken'],
    ['an access token for some repositories', 'by-scoped-token', 'scopedToken'],
    ['the secret of a robot', 'by-robot', 'robot'],
  ] as const)('logs in with %s, pushes, and pulls the same bytes', async (_credential, suffix, who) => {
    const image = `acme/web-${slug}-${suffix}:1.0.0`
    await client.login(acme[who])
    const sent = await client.push(image)
    expect(await client.pull(image)).toBe(sent)
  })

  test('may do nothing any more once it has logged out', async () => {
    await client.login(acme.manager)
    await client.pull(web)
    await client.logout()
    await client.refused('pull', web, /you may not pull from acme\/web-/)
  })

  test('pulls as a member of the organization, but may not push', async () => {
    await client.login(acme.member)
    await client.pull(web)
    await client.refused('push', 'acme/handbook:2.0.0', /you may not push to acme\/handbook/)
  })

  test('pulls with an access token for pulling, but may not push, whatever its owner may', async () => {
    await client.login(acme.pullToken)
    await client.pull(web)
    await client.refused('push', 'acme/handbook:2.0.0', /you may not push to acme\/handbook/)
  })

  test.each([
    ['an access token', 'scopedToken'],
    ['a robot', 'robot'],
  ] as const)('is told of what %s does not reach the same as of what does not exist', async (_credential, who) => {
    await client.login(acme[who])
    const ofForbidden = await client.refused('pull', secret, /you may not pull from acme\/secret-/)
    const ofAbsent = await client.refused(
      'pull',
      secret.replace('secret', 'absent'),
      /you may not pull from acme\/absent-/,
    )
    expect(withoutTimes(ofForbidden)).toBe(withoutTimes(ofAbsent).replaceAll('absent', 'secret'))
    await client.refused('blind push', secret, /you may not (pull from|push to) acme\/secret-/)
  })

  test.each([
    ['the password is wrong', 'wrongPassword', /the user name or the password is wrong/],
    ['the token is mistyped', 'mistyped', /the token is mistyped or cut off; copy the whole of it/],
    ['the token was revoked', 'revoked', /the access token is not valid any more/],
    ['the token has expired', 'expired', /the access token \S+ has expired; create a new one/],
    ['the robot is disabled', 'disabledRobot', /the robot acme\+retired is disabled/],
  ] as const)('is told at login, as far as it listens, that %s', async (_reason, who, reason) => {
    await client.refusedLogin(acme.bad[who], web, reason)
  })

  test('is logged out by whoever revokes its token', async () => {
    const { id, token } = await acme.managerApi.createAccessToken({ name: `stolen with ${slug}` })
    await client.login({ username: acme.manager.username, secret: token })
    await client.pull(web)
    await acme.managerApi.revokeAccessToken(id)
    await client.refused('late pull', web, /the access token is not valid any more/)
  })

  test('finds a repository under its former name, and under the former name of its organization', async () => {
    const organization = `former-${slug}`
    await registry.api.createOrganization(organization)
    await registry.api.setMember(organization, acme.manager.username, 'manager')
    await client.login(acme.manager)
    const image = `${organization}/shop:1.0.0`
    const sent = await client.push(image)
    await registry.api.renameRepository(`${organization}/shop`, `${organization}/store`)
    expect(await client.pull(image)).toBe(sent)
    await registry.api.renameOrganization(organization, `later-${slug}`)
    expect(await client.pull(image)).toBe(sent)
  })
})

/** What some tools say carries the time at which they said it. */
function withoutTimes(output: string): string {
  return output.replaceAll(/time="[^"]*"/g, '')
}
