import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { readJsonObject, writeJsonFile } from '../files/json-file.ts'
import { configFolder } from '../servers/contexts.ts'

/** What docker's config.json calls the program `docker-credential-kontor`. */
export const OWN_HELPER = 'kontor'

/** A user name with what proves it; docker's mark for identity tokens is a user name, too. */
export interface Pair {
  readonly username: string
  readonly secret: string
}

/** Kontor's own file of credentials, for whoever has no keychain. */
export interface OwnStore {
  find(server: string): Promise<Pair | undefined>
  put(server: string, pair: Pair): Promise<void>
  /** @returns whether there was one. */
  remove(server: string): Promise<boolean>
  /** User names by server. */
  list(): Promise<Readonly<Record<string, string>>>
}

const HINT = 'correct it, or delete it and log in again'

/** Opens `credentials.json` in Kontor's folder. Its methods throw a CliError for a file that is broken. */
export function openOwnStore(env: Readonly<Record<string, string | undefined>>): OwnStore {
  const path = join(configFolder(env), 'credentials.json')

  async function read(): Promise<ReadonlyMap<string, Pair>> {
    const { servers = {} } = (await readJsonObject(path, HINT)) ?? {}
    const entries = typeof servers === 'object' && servers !== null ? Object.entries(servers) : []
    const wrong = entries.find(([, pair]) => !isPair(pair))
    if (wrong === undefined) return new Map(entries)
    throw new CliError(`${path}: ${JSON.stringify(wrong[0])} has no username and secret`, {
      exitCode: EXIT.usage,
      hint: HINT,
    })
  }

  async function write(pairs: ReadonlyMap<string, Pair>): Promise<void> {
    await writeJsonFile(path, { servers: Object.fromEntries(pairs) })
  }

  return {
    find: async (server) => (await read()).get(keyOf(server)),
    async put(server, { username, secret }) {
      await write(new Map([...(await read()), [keyOf(server), { username, secret }]]))
    },
    async remove(server) {
      const pairs = new Map(await read())
      const isThere = pairs.delete(keyOf(server))
      if (isThere) await write(pairs)
      return isThere
    },
    list: async () => Object.fromEntries([...(await read())].map(([server, { username }]) => [server, username])),
  }
}

/** docker calls a server by its host; some of its relatives put the scheme before it. */
export function keyOf(server: string): string {
  return /^https?:\/\/([^/]+)\/?$/.exec(server)?.[1] ?? server
}

function isPair(value: unknown): value is Pair {
  return (
    typeof value === 'object' &&
    value !== null &&
    'username' in value &&
    typeof value.username === 'string' &&
    'secret' in value &&
    typeof value.secret === 'string'
  )
}
