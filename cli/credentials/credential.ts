/** What a client says to a registry of itself. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token from `docker login`'s flow, which only `/token` takes. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** An access token by itself, as in `KONTOR_TOKEN`. */
  | { readonly kind: 'access-token'; readonly token: string }
