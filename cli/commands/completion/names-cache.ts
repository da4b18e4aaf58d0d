import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** As long as somebody goes on typing the same word. */
const KEPT_MS = 5000

/** What was answered a moment ago: a shell asks again with each key that is pressed. */
export interface NamesCache {
  find(key: string): Promise<readonly string[] | undefined>
  keep(key: string, names: readonly string[]): Promise<void>
}

interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly names: readonly string[]
}

/** `$XDG_CACHE_HOME/kontor/completion.json`, for nobody else to read; one that is broken is empty. */
export function createNamesCache(env: Readonly<Record<string, string | undefined>>): NamesCache {
  const path = join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'kontor', 'completion.json')
  const now = Date.now()

  async function read(): Promise<Readonly<Record<string, Entry>>> {
    const text = await readFile(path, 'utf8').catch(() => '{}')
    const entries = Object.entries(JSON.parse(text) as Record<string, Entry>)
    return Object.fromEntries(entries.filter(([, { at }]) => at <= now && now - at < KEPT_MS))
  }

  return {
    async find(key) {
      const entries = await read().catch((): Readonly<Record<string, Entry>> => ({}))
      return Object.hasOwn(entries, key) ? entries[key]?.names : undefined
    },
    async keep(key, names) {
      const entries = await read().catch(() => ({}))
      const temporary = `${path}.${process.pid}`
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await writeFile(temporary, JSON.stringify({ ...entries, [key]: { at: now, names } }), { mode: 0o600 })
        await rename(temporary, path)
      } catch {
        // A folder that cannot be written costs time, and nothing else.
      }
    },
  }
}
