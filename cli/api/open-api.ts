import { CliError } from '../cli-error.ts'
import type { Credential } from '../credentials/credential.ts'
import { findCredential } from '../credentials/find-credential.ts'
import { EXIT } from '../exit-codes.ts'
import { chooseServer } from '../servers/choose-server.ts'
import { type ApiClient, createApiClient } from './api-client.ts'

/**
 * The API of the server that a command is meant for, as who is logged in there, or as nobody.
 * @param named.host from a reference among the arguments.
 * @throws CliError
 */
export async function openApi(
  env: Readonly<Record<string, string | undefined>>,
  named: { readonly server?: string | undefined; readonly host?: string | undefined },
  signal?: AbortSignal,
): Promise<ApiClient> {
  const url = await chooseServer(env, named)
  const credential = await findCredential(env, url.host, named.server)
  return createApiClient({ url, authorization: credential && authorizationOf(credential, url), signal })
}

/** @throws CliError for an identity token: it is exchanged for rights on repositories only, never for the API. */
export function authorizationOf(credential: Credential, url: URL): string {
  switch (credential.kind) {
    case 'access-token':
      return `Bearer ${credential.token}`
    case 'password':
      return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
    case 'identity-token':
      throw new CliError(`what docker login keeps for ${url.host} is for pushing and pulling only`, {
        exitCode: EXIT.notAuthenticated,
        hint: `try: kontor login ${url.host}`,
      })
  }
}
