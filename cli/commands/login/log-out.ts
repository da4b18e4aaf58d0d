import { createApiClient } from '../../api/api-client.ts'
import { authorizationOf } from '../../api/open-api.ts'
import { describeReason } from '../../cli-error.ts'
import type { KeptCredential } from '../../credentials/credential.ts'
import { openCredentialStore } from '../../credentials/credential-store.ts'
import { forgetDockerToken } from '../../credentials/docker-token.ts'
import { revokeLogin } from '../../credentials/login-token.ts'
import { secretKind } from '../../credentials/secret-kind.ts'
import { chooseServer } from '../../servers/choose-server.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

/** A server that is away must not keep anybody waiting who wants to leave. */
const PATIENCE_MS = 10_000

/** `kontor logout [server]`. */
export async function logOut(cli: Cli, server: string | undefined, options: ChangeOptions): Promise<void> {
  const { terminal, env } = cli
  const url = await chooseServer(env, { server })
  const store = await openCredentialStore(env, url.host)
  const kept = await store.find()
  if (options.dryRun) {
    const what = kept === undefined ? 'nothing, for nobody is logged in' : `what ${store.place} keeps`
    terminal.note(`would remove ${what} at ${url.host}`)
    return
  }
  if (kept === undefined) terminal.note(`nobody was logged in to ${url.host}`)
  else await revoke(cli, url, kept)
  await store.remove()
  if (kept !== undefined) terminal.print(url.host)
  if (env['KONTOR_TOKEN']) terminal.note('KONTOR_TOKEN is set: it stays what commands go by')
}

async function revoke({ terminal, env, signal }: Cli, url: URL, kept: KeptCredential): Promise<void> {
  if (kept.kind !== 'password' || secretKind(kept.password) !== 'access-token') return
  const api = createApiClient({
    url,
    authorization: authorizationOf(kept, url),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  })
  try {
    await forgetDockerToken(env, url.host, api)
    if (!(await revokeLogin(api))) terminal.note('the access token goes on being valid: no login has made it')
  } catch (error) {
    if (signal.aborted) throw error
    terminal.note(`the access token could not be revoked, and is valid until its end: ${describeReason(error)}`)
  }
}
