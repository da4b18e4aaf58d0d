import type { CurrentUser } from '../../api/access-token.ts'
import { type ApiClient, createApiClient } from '../../api/api-client.ts'
import { authorizationOf } from '../../api/open-api.ts'
import { CliError, describeReason } from '../../cli-error.ts'
import { checkAtRegistry } from '../../credentials/check-at-registry.ts'
import type { Credential } from '../../credentials/credential.ts'
import { type CredentialStore, openCredentialStore } from '../../credentials/credential-store.ts'
import { issueLoginToken, revokeEarlierLogins } from '../../credentials/login-token.ts'
import { EXIT } from '../../exit-codes.ts'
import { probeServer } from '../../http/probe-server.ts'
import { harmless } from '../../output/display-width.ts'
import { chooseServer } from '../../servers/choose-server.ts'
import { contextsPath, readContexts, useContext } from '../../servers/contexts.ts'
import { isInTheClear, serverName } from '../../servers/server-url.ts'
import { parseExpiry } from '../expiry.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { type GivenSecret, readSecret, type SecretOptions } from './read-secret.ts'

const DEFAULT_EXPIRY = '90d'
/** Of `2030-01-01`, with which RFC 3339 begins. */
const DATE_LENGTH = 10

export type LoginOptions = ChangeOptions & SecretOptions & { readonly expires?: string }

/** What a login comes to: who it is, what is kept of it, and what is to be done once it is kept. */
interface Login {
  readonly username: string
  readonly secret: string
  /** In RFC 3339; null for what does not end by itself. */
  readonly expiresAt: string | null
  /** Takes back what was made for it, when it cannot be kept. */
  undo?(): Promise<void>
  /** Removes what it replaces. */
  finish?(): Promise<void>
}

/** `kontor login [server]`. */
export async function logIn(cli: Cli, server: string | undefined, options: LoginOptions): Promise<void> {
  const { terminal, env, signal } = cli
  const expiresAt = parseExpiry(options.expires ?? DEFAULT_EXPIRY, Date.now())
  const url = await chooseServer(env, { server })
  const contexts = contextsPath(env)
  // Broken files and helpers are found before anybody types a password.
  await readContexts(contexts)
  const store = await openCredentialStore(env, url.host)
  await store.find()
  const { kind, ...found } = await probeServer(url, signal)
  if (isInTheClear(url)) terminal.note(`warning: ${url.host} has no TLS: what you type can be read on the way there`)

  // Who named no server sees which one is meant before a password is typed.
  if (server === undefined && terminal.canAsk) terminal.note(`logging in to ${serverName(url)}`)
  const given = await readSecret(terminal, options)
  const login =
    kind === 'kontor'
      ? await logInToKontor(cli, url, given, { expiresAt, dryRun: options.dryRun === true })
      : await logInElsewhere(cli, url, given, 'challenge' in found ? found.challenge : undefined)
  if (options.dryRun) {
    terminal.note(`would log in to ${url.host} as ${login.username}, and keep that in ${store.place}`)
    return
  }
  await keep(store, login)
  await useContext(contexts, serverName(url))
  terminal.print(url.host)
  const until = login.expiresAt === null ? '' : ` until ${login.expiresAt.slice(0, DATE_LENGTH)}`
  terminal.note(`logged in as ${harmless(login.username)}${until}`)
  terminal.note(`kept in ${store.place}${store.isPlainText ? ', readable for whoever reads your files' : ''}`)
  if (kind !== 'kontor') terminal.note(`${url.host} is no Kontor: docker, kontor cp, save, load and image work with it`)
  if (env['KONTOR_TOKEN']) terminal.note('KONTOR_TOKEN is set, and goes before this login')
  await login.finish?.().catch((error: unknown) => {
    terminal.note(`an earlier login could not be revoked: ${describeReason(error)}`)
  })
}

async function keep(store: CredentialStore, { username, secret, undo }: Login): Promise<void> {
  try {
    await store.put({ kind: 'password', username, password: secret })
  } catch (error) {
    await undo?.().catch(() => {})
    throw error
  }
}

async function logInToKontor(
  { signal }: Cli,
  url: URL,
  { username, secret, kind }: GivenSecret,
  wish: { readonly expiresAt: string; readonly dryRun: boolean },
): Promise<Login> {
  const as = (credential: Credential) =>
    createApiClient({ url, authorization: authorizationOf(credential, url), signal })
  const api = as(
    username === undefined ? { kind: 'access-token', token: secret } : { kind: 'password', username, password: secret },
  )
  const user = await whoIs(api)
  if (kind !== 'password') return { username: user.username, secret, expiresAt: user.expiresAt ?? null }
  if (wish.dryRun) return { username: user.username, secret: '', expiresAt: wish.expiresAt }
  const issued = await issueLoginToken(api, wish.expiresAt)
  return {
    username: user.username,
    secret: issued.token,
    expiresAt: issued.expiresAt,
    undo: () => api.send('DELETE', `/user/tokens/${issued.id}`),
    async finish() {
      await revokeEarlierLogins(api, issued)
    },
  }
}

/** @throws CliError for whoever it is not; to log in is what they are about to do anyway. */
async function whoIs(api: ApiClient): Promise<CurrentUser> {
  try {
    return await api.get<CurrentUser>('/user')
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.notAuthenticated) throw error
    const { message, exitCode, code, requestId } = error
    throw new CliError(message, { exitCode, code, requestId, cause: error })
  }
}

/** What is given is kept: who is no Kontor makes no tokens for us. */
async function logInElsewhere(
  { terminal, signal }: Cli,
  url: URL,
  { username, secret }: GivenSecret,
  challenge: string | undefined,
): Promise<Login> {
  if (username === undefined) {
    throw new CliError(`${url.host} is no Kontor, and wants a user name`, {
      exitCode: EXIT.usage,
      hint: 'add --username <name>',
    })
  }
  if (challenge === undefined) terminal.note(`${url.host} lets everybody in: nothing was checked`)
  else await checkAtRegistry(url, challenge, { username, password: secret }, signal)
  return { username, secret, expiresAt: null }
}
