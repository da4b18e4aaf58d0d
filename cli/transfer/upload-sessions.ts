import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Upload sessions that were begun into one repository, kept for the case that somebody ends the program. */
export interface UploadSessions {
  /** Where an earlier upload of a blob got stuck. */
  find(digest: string): string | undefined
  /** Keeps the address of a session; undefined forgets it. */
  note(digest: string, location: string | undefined): void
  /** Resolves when everything noted is in the file. */
  close(): Promise<void>
}

/**
 * Opens the list of a repository, `$XDG_CACHE_HOME/kontor/transfers/<…>.json`. It is a convenience: a list that cannot be
 * read or written costs another upload, and nothing else.
 */
export async function openUploadSessions(
  env: Readonly<Record<string, string | undefined>>,
  { url, name }: { readonly url: URL; readonly name: string },
): Promise<UploadSessions> {
  const key = createHash('sha256').update(`${url.href}${name}`).digest('hex').slice(0, 32)
  const path = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kontor', 'transfers', `${key}.json`)
  const sessions = new Map(await readSessions(path))
  let writing = Promise.resolve()
  let isStale = false

  function write(): Promise<void> {
    isStale = true
    // One writer at a time; what changes while it writes is written by the next.
    writing = writing.then(async () => {
      if (!isStale) return
      isStale = false
      await (sessions.size === 0 ? rm(path, { force: true }) : save(path, sessions)).catch(() => {})
    })
    return writing
  }

  return {
    find: (digest) => sessions.get(digest),
    note(digest, location) {
      if (sessions.get(digest) === location) return
      if (location === undefined) sessions.delete(digest)
      else sessions.set(digest, location)
      void write()
    },
    close: () => writing,
  }
}

async function readSessions(path: string): Promise<readonly (readonly [string, string])[]> {
  try {
    const { uploads } = JSON.parse(await readFile(path, 'utf8')) as { uploads?: unknown }
    if (typeof uploads !== 'object' || uploads === null) return []
    return Object.entries(uploads).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  } catch {
    return []
  }
}

/** Whole or not at all, and for nobody else: who knows the address of a session needs less to spoil it. */
async function save(path: string, sessions: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, `${JSON.stringify({ uploads: Object.fromEntries(sessions) })}\n`, { mode: 0o600 })
  await rename(temporary, path)
}
