import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { AccessToken, CurrentUser, IssuedAccessToken } from '../api/access-token.ts'
import { type ApiClient, createApiClient } from '../api/api-client.ts'
import { authorizationOf } from '../api/open-api.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { readJsonObject, writeJsonFile } from '../files/json-file.ts'
import { knownServerUrl } from '../servers/choose-server.ts'
import { configFolder } from '../servers/contexts.ts'
import { dockerTokenName } from './login-token.ts'
import { keyOf, type Pair } from './own-store.ts'

const LIFE_MS = 60 * 60_000
/** A token that ends sooner is not handed out again: a push with it could end in the middle. */
const LEAST_LIFE_MS = 10 * 60_000
/** docker waits for us, and for every server it knows before a build. */
const PATIENCE_MS = 5_000

type Env = Readonly<Record<string, string | undefined>>

/** A token that was handed out, beside what it was made with. */
interface CachedToken {
  readonly id: number
  readonly token: string
  readonly expiresAt: string
  /** SHA-256 of the access token behind it: after a new login it is not handed out any more. */
  readonly madeWith: string
}

/** Opens the API of a server for a short while as who has logged in there. */
export async function openApiBriefly(env: Env, server: string, { username, secret }: Pair): Promise<ApiClient> {
  const url = await knownServerUrl(env, keyOf(server))
  const authorization = authorizationOf({ kind: 'password', username, password: secret }, url)
  return createApiClient({ url, authorization, signal: AbortSignal.timeout(PATIENCE_MS) })
}

/**
 * The access token that docker gets in place of the one that a login keeps: it lasts an hour, and the same is handed out
 * until ten minutes before its end. A token with scopes, which can make no other, is handed out itself.
 * @throws CliError when the server gives none.
 */
export async function dockerToken(env: Env, server: string, pair: Pair, now = Date.now()): Promise<string> {
  const madeWith = createHash('sha256').update(pair.secret).digest('hex')
  const cached = (await readCache(env))[keyOf(server)]
  const isGood = cached?.madeWith === madeWith && Date.parse(cached.expiresAt) - now > LEAST_LIFE_MS
  if (isGood) return cached.token
  const api = await openApiBriefly(env, server, pair)
  // A token with scopes makes no others; and trying it would be in the audit trail as a write that was refused.
  if ((await api.get<CurrentUser>('/user')).narrowed) return pair.secret
  const expiresAt = new Date(now + LIFE_MS).toISOString()
  const body = { name: dockerTokenName(), expiresAt }
  const { id, token } = await api.send<IssuedAccessToken>('POST', '/user/tokens', { body })
  await writeCache(env, { ...(await readCache(env)), [keyOf(server)]: { id, token, expiresAt, madeWith } })
  // They would fill the user's list of tokens, which has an end. Another time will do, too.
  await removeExpired(api, now).catch(() => {})
  return token
}

/** Ends the token that docker has of a server at once. @param api undefined where nobody can be asked any more. */
export async function forgetDockerToken(env: Env, server: string, api: ApiClient | undefined): Promise<void> {
  const { [keyOf(server)]: cached, ...others } = await readCache(env)
  if (cached === undefined) return
  await writeCache(env, others)
  try {
    await api?.send('DELETE', `/user/tokens/${cached.id}`)
  } catch (error) {
    const isGone = error instanceof CliError && error.exitCode === EXIT.notFound
    if (!isGone) throw error
  }
}

async function removeExpired(api: ApiClient, now: number): Promise<void> {
  const name = dockerTokenName()
  const expired: AccessToken[] = []
  for await (const token of api.list<AccessToken>('/user/tokens')) {
    const hasEnded = token.expiresAt !== null && Date.parse(token.expiresAt) < now
    if (token.name === name && hasEnded) expired.push(token)
  }
  for (const { id } of expired) await api.send('DELETE', `/user/tokens/${id}`)
}

function cachePath(env: Env): string {
  return join(configFolder(env), 'docker-tokens.json')
}

/** A cache that cannot be read is an empty one. */
async function readCache(env: Env): Promise<Readonly<Record<string, CachedToken>>> {
  const content = await readJsonObject(cachePath(env), '').catch(() => undefined)
  const entries = Object.entries(content ?? {}).filter((entry): entry is [string, CachedToken] => isCached(entry[1]))
  return Object.fromEntries(entries)
}

function isCached(value: unknown): value is CachedToken {
  const { id, token, expiresAt, madeWith } = (value ?? {}) as Record<string, unknown>
  return typeof id === 'number' && [token, expiresAt, madeWith].every((text) => typeof text === 'string')
}

async function writeCache(env: Env, tokens: Readonly<Record<string, CachedToken>>): Promise<void> {
  await writeJsonFile(cachePath(env), tokens)
}
