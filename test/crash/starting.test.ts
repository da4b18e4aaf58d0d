import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import SqliteDatabase from 'better-sqlite3'
import { beforeEach, expect, test, vi } from 'vitest'
import { basicAuthorization, createPushClient } from './push-client.ts'
import { ADMIN, type ServerProcess, spawnServer } from './server-process.ts'

// Each test starts several servers.
vi.setConfig({ testTimeout: 60_000 })

let folder: string
let spawned: ServerProcess[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-starting-'))
  spawned = []
  return async () => {
    for (const server of spawned) {
      server.signal('SIGKILL')
      await server.ended
    }
    await rm(folder, { recursive: true, force: true })
  }
})

function start(
  options: { readonly dataDir?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
) {
  const server = spawnServer({ dataDir: join(folder, 'data'), ...options })
  spawned.push(server)
  return server
}

/** The exit code of a server that is not to come up; `listening` when it does. */
function refusalOf(server: ServerProcess): Promise<number | string> {
  return server.listening.then(
    () => 'listening',
    () => server.ended,
  )
}

async function statusOf(server: ServerProcess, path: string): Promise<number> {
  const client = createPushClient({ url: await server.listening, authorization: basicAuthorization(ADMIN) })
  const { status } = await client.send({ method: 'GET', path })
  client.close()
  return status
}

test('a second server on the same data folder is refused, and the first is not disturbed', async () => {
  const first = start()
  expect(await statusOf(first, '/v2/')).toBe(200)

  const second = start()
  expect(await refusalOf(second)).toBe(1)
  expect(second.output()).toBe(
    `kontor: another Kontor (process ${first.pid}) is using the data folder ${join(folder, 'data')}; ` +
      'stop it, or set another folder (KONTOR_DATA_DIR)',
  )

  expect(await statusOf(first, '/v2/')).toBe(200)
  expect(await statusOf(first, '/readyz')).toBe(200)
})

test('a killed server leaves no lock behind', async () => {
  const first = start()
  await first.listening
  first.signal('SIGKILL')
  expect(await first.ended).toBe('SIGKILL')

  expect(await statusOf(start(), '/v2/')).toBe(200)
})

test('a server that was killed in the middle of its very first start can be started', async () => {
  // Up to about what a start takes, whatever that is on this machine.
  const startedAt = performance.now()
  await start({ dataDir: join(folder, 'unhurried') }).listening
  const startMs = performance.now() - startedAt
  for (let attempt = 1; attempt <= 8; attempt++) {
    const server = start()
    await Promise.race([setTimeout((startMs * attempt) / 8), server.listening])
    server.signal('SIGKILL')
    await server.ended
  }

  expect(await statusOf(start(), '/v2/')).toBe(200)
})

test('a database of a newer version is refused', async () => {
  const first = start()
  await first.listening
  first.signal('SIGTERM')
  expect(await first.ended).toBe(0)
  const db = new SqliteDatabase(join(folder, 'data', 'kontor.db'))
  db.prepare('INSERT INTO migration (version, name, applied_at) VALUES (?, ?, ?)').run(
    9999,
    'of the future',
    Date.now(),
  )
  db.close()

  const second = start()
  expect(await refusalOf(second)).toBe(1)
  expect(second.output()).toMatch(/^kontor: the database .+ is of version 9999, .+ written by a newer Kontor\. .+$/)
})

test('a data folder that cannot be written to is refused', async () => {
  // Below a file, because an administrator may write to any folder.
  const file = join(folder, 'a-file')
  await writeFile(file, '')

  const server = start({ dataDir: join(file, 'data') })
  expect(await refusalOf(server)).toBe(1)
  expect(server.output()).toMatch(/^kontor: the data folder .+ cannot be written to \(.+\); .+KONTOR_DATA_DIR\)$/)
})

test('a port that is in use is refused, and the data folder is let go of', async () => {
  await withPortInUse(async (port) => {
    const server = start({ env: { KONTOR_HTTP__PORT: String(port) } })
    expect(await refusalOf(server)).toBe(1)
    expect(server.output()).toBe(
      `kontor: 127.0.0.1:${port} is in use by another program; stop it, or set another port (KONTOR_HTTP__PORT)`,
    )
  })
  expect(await statusOf(start(), '/v2/')).toBe(200)
})

test('a generated password is shown once, even when the first start then fails', async () => {
  const generated = { KONTOR_ADMIN__PASSWORD: undefined }
  const password = await withPortInUse(async (port) => {
    const first = start({ env: { ...generated, KONTOR_HTTP__PORT: String(port) } })
    expect(await refusalOf(first)).toBe(1)
    return /the password is (\S+)/.exec(first.output())?.[1] ?? ''
  })
  const second = start({ env: generated })
  const authorization = basicAuthorization({ username: 'admin', password })
  const client = createPushClient({ url: await second.listening, authorization })
  expect((await client.send({ method: 'GET', path: '/v2/' })).status).toBe(200)
  client.close()
  expect(second.output()).not.toContain('password')
})

/** Does something while a port of 127.0.0.1 belongs to another program. */
async function withPortInUse<T>(work: (port: number) => Promise<T>): Promise<T> {
  const other = createServer()
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  try {
    return await work(port)
  } finally {
    other.close()
  }
}
