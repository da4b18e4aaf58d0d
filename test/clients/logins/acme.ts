import { vi } from 'vitest'
import type { ClientRegistry } from '../client-registry.ts'
import { createRegistryApi, type RegistryApi } from '../registry-api.ts'
import { startHelmLogin } from './helm-login.ts'
import type { Login } from './login-client.ts'

/**
 * The organization `acme`, whose members may pull everything, with a repository `acme/handbook` that holds nothing but
 * a chart, and whoever has to do with it.
 */
export interface Acme {
  /** May do everything with the organization's repositories. */
  readonly manager: Login
  /** The API with the rights of the manager. */
  readonly managerApi: RegistryApi
  /** May pull. */
  readonly member: Login
  /** The manager's; may do all that the manager may. */
  readonly accessToken: Login
  /** The manager's; may push to `acme/web-*`. */
  readonly scopedToken: Login
  /** The manager's; may pull. */
  readonly pullToken: Login
  /** May push to `acme/web-*`. */
  readonly robot: Login
  /** Each is no good. */
  readonly bad: Readonly<Record<'wrongPassword' | 'mistyped' | 'revoked' | 'expired' | 'disabledRobot', Login>>
}

/** Sets everything up. Throws unless the registry agrees. */
export async function foundAcme(registry: ClientRegistry): Promise<Acme> {
  const { api } = registry
  const manager = { username: 'alice', secret: 'the password of alice' }
  const member = { username: 'bob', secret: 'the password of bob' }
  await api.createOrganization('acme')
  for (const { username, secret } of [manager, member]) await api.createUser(username, secret)
  await api.setMember('acme', manager.username, 'manager')
  await api.setMember('acme', member.username, 'member')

  const managerApi = createRegistryApi({ url: registry.url, username: manager.username, password: manager.secret })
  const ofManager = ({ token }: { token: string }): Login => ({ username: manager.username, secret: token })
  const webScopes = [{ repositories: 'acme/web-*', permission: 'push' }] as const

  const expiresAt = Date.now() + 2000
  const expired = await managerApi.createAccessToken({ name: 'old', expiresAt: new Date(expiresAt).toISOString() })
  const revoked = await managerApi.createAccessToken({ name: 'lost' })
  await managerApi.revokeAccessToken(revoked.id)
  const disabled = await managerApi.createRobot('acme', { name: 'retired', scopes: webScopes })
  await managerApi.disableRobot('acme', 'retired')
  const accessToken = ofManager(await managerApi.createAccessToken({ name: 'laptop' }))
  const scopedToken = ofManager(await managerApi.createAccessToken({ name: 'web', scopes: webScopes }))
  const pullScopes = [{ repositories: 'acme/**', permission: 'pull' }] as const
  const pullToken = ofManager(await managerApi.createAccessToken({ name: 'reader', scopes: pullScopes }))
  const robot = await managerApi.createRobot('acme', { name: 'ci', scopes: webScopes })

  const helm = await startHelmLogin(registry)
  await helm.login(manager)
  await helm.push('acme/handbook:1.0.0')
  await vi.waitUntil(() => Date.now() > expiresAt, { timeout: 10_000 })

  return {
    manager,
    managerApi,
    member,
    accessToken,
    scopedToken,
    pullToken,
    robot: loginOf(robot),
    bad: {
      wrongPassword: { ...manager, secret: 'not the password of alice' },
      mistyped: { ...accessToken, secret: mistype(accessToken.secret) },
      revoked: ofManager(revoked),
      expired: ofManager(expired),
      disabledRobot: loginOf(disabled),
    },
  }
}

function loginOf({ username, secret }: Login): Login {
  return { username, secret }
}

function mistype(token: string): string {
  return token.slice(0, -1) + (token.endsWith('x') ? 'y' : 'x')
}
