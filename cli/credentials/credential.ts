/** What a client says to a registry of itself. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token from `docker login`'s flow, which only `/token` takes. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** An access token by itself, as in `KONTOR_TOKEN`. */
  | { readonly kind: 'access-token'; readonly token: string }

/** What docker's files and helpers can keep. */
export type KeptCredential = Exclude<Credential, { kind: 'access-token' }>

/** The user name by which docker marks a secret that is an identity token. */
const IDENTITY_TOKEN_USER = '<token>'

/** A credential from the pair that docker's helpers keep; undefined for an empty one. */
export function fromPair(username: string, secret: string): KeptCredential | undefined {
  if (secret === '') return undefined
  if (username === IDENTITY_TOKEN_USER) return { kind: 'identity-token', token: secret }
  return { kind: 'password', username, password: secret }
}

/** The pair that docker's helpers keep of a credential. */
export function toPair(credential: KeptCredential): { readonly username: string; readonly secret: string } {
  return credential.kind === 'password'
    ? { username: credential.username, secret: credential.password }
    : { username: IDENTITY_TOKEN_USER, secret: credential.token }
}
