/** An access token, as `GET /user/tokens` answers. */
export interface AccessToken {
  readonly id: number
  readonly name: string
  /** Null: all rights of its owner. */
  readonly scopes: readonly TokenScope[] | null
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
  readonly lastUsedFrom: string | null
}

export interface TokenScope {
  readonly repositories: string
  readonly permission: string
}

/** What `POST /user/tokens` answers: the token itself is shown this once. */
export interface IssuedAccessToken extends AccessToken {
  readonly token: string
}

/** Who is asking, as `GET /user` answers. */
export interface CurrentUser {
  readonly kind: 'user' | 'robot'
  readonly username: string
  readonly displayName: string | null
  readonly email: string | null
  readonly role: string
  readonly credential: string
  readonly narrowed: boolean
  readonly scopes: readonly TokenScope[] | null
  /** Of the access token that was sent; absent from servers of version 0.1.0. */
  readonly tokenId?: number | null
  readonly expiresAt?: string | null
}

/** Scopes as they are written on the command line: `acme/*:push acme/web:pull`. */
export function formatScopes(scopes: readonly TokenScope[] | null): string {
  return scopes?.map(({ repositories, permission }) => `${repositories}:${permission}`).join(' ') ?? ''
}
