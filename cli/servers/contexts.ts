import { homedir } from 'node:os'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { readJsonObject, writeJsonFile } from '../files/json-file.ts'

/** The servers that a user works with, and which one is meant when none is named. No secrets: those are docker's. */
export interface Contexts {
  /** Its address; undefined when none was chosen. */
  readonly current: string | undefined
  /** Addresses, as they were given. */
  readonly servers: readonly string[]
}

const HINT = 'correct it, or delete it and call: kontor context use <server>'

/** Where Kontor keeps what is the user's: `$XDG_CONFIG_HOME/kontor`, or the same under `~/.config`. */
export function configFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'kontor')
}

/** `contexts.json` in {@link configFolder}. */
export function contextsPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(configFolder(env), 'contexts.json')
}

/** @throws CliError when the file cannot be read, or has something else in it. */
export async function readContexts(path: string): Promise<Contexts> {
  const { current, servers } = (await readJsonObject(path, HINT)) ?? { current: undefined, servers: [] }
  if (!Array.isArray(servers) || !servers.every((server) => typeof server === 'string')) {
    throw damaged(path, '"servers" is no list of addresses')
  }
  if (current !== undefined && typeof current !== 'string') throw damaged(path, '"current" is no address')
  return { current, servers }
}

/** Whole or not at all. */
export async function writeContexts(path: string, contexts: Contexts): Promise<void> {
  await writeJsonFile(path, contexts)
}

/** Makes a server the one that is meant when none is named. */
export async function useContext(path: string, server: string): Promise<void> {
  const { servers } = await readContexts(path)
  await writeContexts(path, { current: server, servers: servers.includes(server) ? servers : [...servers, server] })
}

function damaged(path: string, reason: string): CliError {
  return new CliError(`${path}: ${reason}`, { exitCode: EXIT.usage, hint: HINT })
}
