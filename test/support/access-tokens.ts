import type { Kontor } from './kontor.ts'
import { askApi } from './logged-in.ts'

/** An access token of the administrator. */
export interface AccessToken {
  readonly id: number
  readonly name: string
  readonly expiresAt: string
  /** The token itself, of one that was just made. */
  readonly token: string
}

/** All of the administrator's, the newest first. */
export async function listAccessTokens(server: Kontor): Promise<readonly AccessToken[]> {
  return ((await askApi(server, 'GET', '/user/tokens')) as { items: AccessToken[] }).items
}

/** Makes one for the administrator. */
export async function createAccessToken(server: Kontor, name: string): Promise<AccessToken> {
  return (await askApi(server, 'POST', '/user/tokens', { name })) as AccessToken
}
