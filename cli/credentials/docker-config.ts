import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Credential } from './credential.ts'

interface AuthEntry {
  auth?: string
  identitytoken?: string
}

/** Docker's `config.json`, of which we read and write only what is about credentials and keep the rest as it is. */
export interface DockerConfig {
  readonly path: string
  /** The helper that keeps the credentials of a server; undefined for none. */
  helperFor(server: string): string | undefined
  /** What the file itself has for a server. */
  find(server: string): Credential | undefined
  /** Servers that the file names, with or without secrets. */
  servers(): readonly string[]
  /** The same file with a server's credentials, or, where a helper keeps them, with an empty entry that says so. */
  put(server: string, credential: Exclude<Credential, { kind: 'access-token' }> | 'in-helper'): Promise<void>
  remove(server: string): Promise<void>
}

/** Where docker looks: `$DOCKER_CONFIG`, or `~/.docker`. */
export function dockerConfigPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json')
}

/**
 * Reads the file; one that is not there is empty.
 * @throws CliError when it cannot be read, or is no JSON object.
 */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  const content = await readObject(path)
  const auths = objectAt(content, 'auths') as Record<string, AuthEntry>
  const helpers = objectAt(content, 'credHelpers') as Record<string, string>
  const store = content['credsStore']

  async function write(change: Record<string, AuthEntry>): Promise<void> {
    const text = `${JSON.stringify({ ...content, auths: change }, undefined, '\t')}\n`
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // Whole or not at all: docker reads it at any time. Nobody else may read it.
    const temporary = `${path}.${process.pid}`
    await writeFile(temporary, text, { mode: 0o600 })
    await chmod(temporary, 0o600)
    await rename(temporary, path)
  }

  return {
    path,
    helperFor: (server) => helpers[server] ?? (typeof store === 'string' && store !== '' ? store : undefined),
    find: (server) => readEntry(auths[server] ?? auths[`https://${server}`] ?? auths[`http://${server}`]),
    servers: () => [...new Set([...Object.keys(auths), ...Object.keys(helpers)])],
    async put(server, credential) {
      await write({ ...auths, [server]: credential === 'in-helper' ? {} : toEntry(credential) })
    },
    async remove(server) {
      const { [server]: _, ...others } = auths
      if (_ !== undefined) await write(others)
    },
  }
}

function readEntry(entry: AuthEntry | undefined): Credential | undefined {
  if (entry?.identitytoken) return { kind: 'identity-token', token: entry.identitytoken }
  if (!entry?.auth) return undefined
  const pair = Buffer.from(entry.auth, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0
    ? undefined
    : { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') }
}

function toEntry(credential: Exclude<Credential, { kind: 'access-token' }>): AuthEntry {
  if (credential.kind === 'identity-token') {
    // docker wants a name in `auth` all the same.
    return { auth: Buffer.from('<token>:').toString('base64'), identitytoken: credential.token }
  }
  return { auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64') }
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new CliError(`${path} cannot be read (${(cause as Error).message})`, { cause })
  }
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (cause) {
    throw new CliError(`${path} is no JSON (${(cause as Error).message})`, {
      hint: 'correct it, or move it away',
      cause,
    })
  }
  throw new CliError(`${path} is no JSON object`, { hint: 'correct it, or move it away' })
}

function objectAt(content: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = content[key]
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
