import { homedir } from 'node:os'
import { join } from 'node:path'
import { readJsonObject, writeJsonFile } from '../files/json-file.ts'
import type { KeptCredential } from './credential.ts'

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
  find(server: string): KeptCredential | undefined
  /** Servers that the file names, with or without secrets. */
  servers(): readonly string[]
  /** The same file with a server's credentials, or, where a helper keeps them, with an empty entry that says so. */
  put(server: string, credential: KeptCredential | 'in-helper'): Promise<void>
  remove(server: string): Promise<void>
}

/** Where docker looks: `$DOCKER_CONFIG`, or `~/.docker`. */
export function dockerConfigPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['DOCKER_CONFIG'] || join(homedir(), '.docker'), 'config.json')
}

/**
 * Reads the file; one that is not there is empty.
 * @throws CliError when it cannot be read, or is no JSON object: with the line.
 */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  const content = (await readJsonObject(path, 'correct it, or move it away')) ?? {}
  const auths = objectAt(content, 'auths') as Record<string, AuthEntry>
  const helpers = objectAt(content, 'credHelpers') as Record<string, string>
  const { credsStore: store } = content
  const hasStore = typeof store === 'string' && store !== ''

  /** Old ones of docker wrote the scheme into the name. */
  const isOf = (server: string) => (name: string) => name.replace(/^https?:\/\//, '').replace(/\/$/, '') === server

  function without(server: string): Record<string, AuthEntry> {
    const isIts = isOf(server)
    return Object.fromEntries(Object.entries(auths).filter(([name]) => !isIts(name)))
  }

  const helperFor = (server: string) => helpers[server] ?? (hasStore ? store : undefined)

  async function write(newAuths: Record<string, AuthEntry>, newHelpers: Record<string, string>): Promise<void> {
    const { credHelpers: _, ...others } = content
    const named = Object.keys(newHelpers).length === 0 ? {} : { credHelpers: newHelpers }
    await writeJsonFile(path, { ...others, auths: newAuths, ...named }, '\t')
  }

  return {
    path,
    helperFor,
    find(server) {
      const name = Object.hasOwn(auths, server) ? server : Object.keys(auths).find(isOf(server))
      return name === undefined ? undefined : readEntry(auths[name])
    },
    servers: () => [...new Set([...Object.keys(auths), ...Object.keys(helpers)])],
    async put(server, credential) {
      if (credential !== 'in-helper') return write({ ...without(server), [server]: toEntry(credential) }, helpers)
      const helper = helperFor(server)
      // podman and its relatives read this file, too, but know nothing of `credsStore`.
      const named = helper === undefined ? helpers : { ...helpers, [server]: helper }
      await write({ ...without(server), [server]: {} }, named)
    },
    async remove(server) {
      const others = without(server)
      const { [server]: helper, ...otherHelpers } = helpers
      // One that says the same as `credsStore` is ours; any other is the user's own choice.
      const isOurs = helper !== undefined && helper === store
      const isThere = isOurs || Object.keys(others).length < Object.keys(auths).length
      if (isThere) await write(others, isOurs ? otherHelpers : helpers)
    },
  }
}

function readEntry(entry: AuthEntry | undefined): KeptCredential | undefined {
  if (entry?.identitytoken) return { kind: 'identity-token', token: entry.identitytoken }
  if (!entry?.auth) return undefined
  const pair = Buffer.from(entry.auth, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0
    ? undefined
    : { kind: 'password', username: pair.slice(0, colon), password: pair.slice(colon + 1).replace(/\0+$/, '') }
}

function toEntry(credential: KeptCredential): AuthEntry {
  if (credential.kind === 'identity-token') {
    // docker wants a name in `auth` all the same.
    return { auth: Buffer.from('<token>:').toString('base64'), identitytoken: credential.token }
  }
  return { auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64') }
}

function objectAt(content: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = content[key]
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
