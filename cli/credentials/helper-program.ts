import { text } from 'node:stream/consumers'
import { CliError, describeReason } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { dockerToken, forgetDockerToken, openApiBriefly } from './docker-token.ts'
import { revokeLogin } from './login-token.ts'
import { keyOf, openOwnStore, type Pair } from './own-store.ts'
import { secretKind } from './secret-kind.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Words that docker's client of these programs looks for. */
const NOT_FOUND = 'credentials not found in native keychain'
const NO_SERVER = 'no credentials server URL'
const NO_USERNAME = 'no credentials username'

/**
 * The program `docker-credential-kontor` (https://github.com/docker/docker-credential-helpers): a word as argument, JSON
 * or the name of a server on standard input. What goes wrong is said on standard output, where docker reads it, and the
 * exit code is 1 then.
 */
export async function runCredentialHelper(
  source: Pick<NodeJS.Process, 'argv' | 'stdin' | 'stdout' | 'stderr' | 'env'>,
  version: string,
): Promise<number> {
  const { stdin, stdout, stderr, env } = source
  const [action = '', ...others] = source.argv.slice(2)
  const note = (line: string) => void stderr.write(`docker-credential-kontor: ${line}\n`)
  try {
    if (others.length > 0) throw new Error(USAGE)
    const answer = await answerTo(action, { env, version, note, input: () => text(stdin) })
    if (answer !== '') stdout.write(`${answer}\n`)
    return 0
  } catch (error) {
    const said = error instanceof CliError ? describeReason(error) : (error as Error).message
    stdout.write(`${said}\n`)
    return 1
  }
}

const USAGE = 'Usage: docker-credential-kontor <store|get|erase|list|version>'

interface Call {
  readonly env: Env
  readonly version: string
  readonly note: (line: string) => void
  readonly input: () => Promise<string>
}

async function answerTo(action: string, { env, version, note, input }: Call): Promise<string> {
  const store = openOwnStore(env)
  switch (action) {
    case 'store': {
      const { server, ...pair } = readStored(await input())
      await store.put(server, pair)
      return ''
    }
    case 'get': {
      const server = readServer(await input())
      const kept = await store.find(server)
      if (kept === undefined) throw new Error(NOT_FOUND)
      return JSON.stringify({
        ServerURL: server,
        Username: kept.username,
        Secret: await secretFor(env, server, kept, note),
      })
    }
    case 'erase': {
      const server = readServer(await input())
      const kept = await store.find(server)
      if (kept !== undefined && secretKind(kept.secret) === 'access-token') await endLogin(env, server, kept, note)
      await store.remove(server)
      return ''
    }
    case 'list':
      return JSON.stringify(await store.list())
    case 'version':
    case '--version':
    case '-v':
      return `docker-credential-kontor (Kontor) ${version}`
    default:
      throw new Error(USAGE)
  }
}

/** What docker gets: for an access token one that lasts an hour, anything else as it was stored. */
async function secretFor(env: Env, server: string, kept: Pair, note: Call['note']): Promise<string> {
  if (secretKind(kept.secret) !== 'access-token') return kept.secret
  try {
    return await dockerToken(env, server, kept)
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.notAuthenticated) throw error
    // docker asks for every server before a build: one that is away must not stop it, and gets nothing by this.
    note(`there is no short-lived token of ${keyOf(server)}, docker gets your own: ${describeReason(error)}`)
    return kept.secret
  }
}

/** Nobody has the secrets any more after this, so they end; a server that is away does not stop a logout. */
async function endLogin(env: Env, server: string, kept: Pair, note: Call['note']): Promise<void> {
  try {
    const api = await openApiBriefly(env, server, kept)
    await forgetDockerToken(env, server, api)
    await revokeLogin(api)
  } catch (error) {
    note(`the access token of this login could not be revoked: ${describeReason(error)}`)
    await forgetDockerToken(env, server, undefined)
  }
}

function readServer(input: string): string {
  const server = input.trim()
  if (server === '') throw new Error(NO_SERVER)
  return server
}

function readStored(input: string): Pair & { readonly server: string } {
  let stored: unknown
  try {
    stored = JSON.parse(input)
  } catch {
    throw new Error('what is to be stored is no JSON')
  }
  const { ServerURL: server, Username: username, Secret: secret } = (stored ?? {}) as Record<string, unknown>
  if (typeof server !== 'string' || server.trim() === '') throw new Error(NO_SERVER)
  if (typeof username !== 'string' || username === '') throw new Error(NO_USERNAME)
  return { server: server.trim(), username, secret: typeof secret === 'string' ? secret : '' }
}
