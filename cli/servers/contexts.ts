import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/** The servers that a user works with, and which one is meant when none is named. No secrets: those are docker's. */
export interface Contexts {
  /** Its address; undefined when none was chosen. */
  readonly current: string | undefined
  /** Addresses, as they were given. */
  readonly servers: readonly string[]
}

/** `$XDG_CONFIG_HOME/kontor/contexts.json`, or the same under `~/.config`. */
export function contextsPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'kontor', 'contexts.json')
}

/** @throws CliError when the file cannot be read, or has something else in it. */
export async function readContexts(path: string): Promise<Contexts> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { current: undefined, servers: [] }
    throw new CliError(`${path} cannot be read (${(cause as Error).message})`, { cause })
  }
  const { current, servers } = parse(path, text)
  if (!Array.isArray(servers) || !servers.every((server) => typeof server === 'string')) {
    throw damaged(path, '"servers" is no list of addresses')
  }
  if (current !== undefined && typeof current !== 'string') throw damaged(path, '"current" is no address')
  return { current, servers }
}

/** Whole or not at all. */
export async function writeContexts(path: string, contexts: Contexts): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 })
  await rename(temporary, path)
}

function parse(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (cause) {
    throw damaged(path, `${placeOf(text, cause)}: it is no JSON`)
  }
  throw damaged(path, 'it is no JSON object')
}

/** V8 tells where JSON breaks off as a position or as a line, depending on its version. */
function placeOf(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const [, position] = /at position (\d+)/.exec(message) ?? []
  const before = position === undefined ? text : text.slice(0, Number(position))
  return `line ${before.split('\n').length}`
}

function damaged(path: string, reason: string): CliError {
  return new CliError(`${path}: ${reason}`, {
    exitCode: EXIT.usage,
    hint: 'correct it, or delete it and call: kontor context use <server>',
  })
}
