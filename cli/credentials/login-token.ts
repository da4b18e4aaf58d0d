import { hostname } from 'node:os'
import type { AccessToken, CurrentUser, IssuedAccessToken } from '../api/access-token.ts'
import type { ApiClient } from '../api/api-client.ts'

const LOGIN_PREFIX = 'kontor on '
/** Of a token's name, in characters. */
const MAX_NAME_LENGTH = 100

/** What the access token is called that a login on this machine makes. */
export function loginTokenName(): string {
  return `${LOGIN_PREFIX}${hostname()}`.slice(0, MAX_NAME_LENGTH)
}

/** What the access tokens are called that docker gets on this machine, each for an hour. */
export function dockerTokenName(): string {
  return `docker on ${hostname()}`.slice(0, MAX_NAME_LENGTH)
}

/** Makes the access token of a login: with all rights of who asks. @param expiresAt in RFC 3339. */
export function issueLoginToken(api: ApiClient, expiresAt: string): Promise<IssuedAccessToken> {
  return api.send('POST', '/user/tokens', { body: { name: loginTokenName(), expiresAt } })
}

/** Revokes what earlier logins on this machine have left, as far as it is there. @returns how many. */
export async function revokeEarlierLogins(api: ApiClient, current: { readonly id: number }): Promise<number> {
  const name = loginTokenName()
  const left: AccessToken[] = []
  // Read to its end first: a list that shrinks while it is read skips items.
  for await (const token of api.list<AccessToken>('/user/tokens')) {
    if (token.name === name && token.id !== current.id) left.push(token)
  }
  for (const { id } of left) await api.send('DELETE', `/user/tokens/${id}`)
  return left.length
}

/**
 * Revokes the access token that the client works with, if a login has made it: one that was handed in may be in use
 * elsewhere.
 * @returns whether it did.
 */
export async function revokeLogin(api: ApiClient): Promise<boolean> {
  const { tokenId, narrowed } = await api.get<CurrentUser>('/user')
  if (typeof tokenId !== 'number' || narrowed) return false
  const { name } = await api.get<AccessToken>(`/user/tokens/${tokenId}`)
  if (!name.startsWith(LOGIN_PREFIX)) return false
  await api.send('DELETE', `/user/tokens/${tokenId}`)
  return true
}
