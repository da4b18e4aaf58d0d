import { createHash } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { checkAnswer } from '../load/check-answer.ts'
import { Connection } from '../load/connection.ts'
import { formatRequest } from '../load/format-request.ts'
import { measureRequests } from '../load/measure-requests.ts'
import { median } from '../measure/statistics.ts'
import type { BareServer } from './start-bare-server.ts'

const MIB = 1024 * 1024
const SECONDS = 0.5
const ROUNDS = 3
const CONNECTIONS = 16
const SMALL_BYTES = 900

/** What this machine can do at best, one line each. */
export interface MachineLimit {
  readonly what: string
  readonly unit: string
  readonly value: number
}

/** Measures the machine itself, for about ten seconds. */
export async function measureMachine(bare: BareServer): Promise<readonly MachineLimit[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-machine-'))
  try {
    const processor = process.cpuUsage()
    const startedAt = performance.now()
    const requests = await medianOf(() => measureBareRequests(bare))
    const { user, system } = process.cpuUsage(processor)
    const busyPercent = (user + system) / 10 / (performance.now() - startedAt)
    return [
      { what: 'SHA-256, one thread', unit: 'MB/s', value: await medianOf(measureSha256) },
      { what: 'file of 4 KiB: create, write, fsync', unit: 'per s', value: await medianOf(() => countFiles(folder)) },
      { what: 'SQLite: durable transactions', unit: 'per s', value: await medianOf(() => countTransactions(folder)) },
      { what: 'bare node:http, 900 bytes, 16 connections', unit: 'per s', value: requests },
      { what: 'of a core, what the load generator took for that', unit: '%', value: busyPercent },
      {
        what: 'bare node:http, cached file, 1 connection',
        unit: 'MB/s',
        value: await medianOf(() => copyFile(bare, 1)),
      },
      {
        what: 'bare node:http, cached file, 4 connections',
        unit: 'MB/s',
        value: await medianOf(() => copyFile(bare, 4)),
      },
    ]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Loads a file from the bare server on some connections at once, on each a few times; MB/s. */
export async function copyFile({ address, fileBytes }: BareServer, connections: number, turns = 1): Promise<number> {
  const request = formatRequest(address, { path: '/file' })
  const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(address)))
  try {
    const startedAt = performance.now()
    await Promise.all(
      opened.map(async (connection) => {
        for (let turn = 0; turn < turns; turn++) {
          checkAnswer(await connection.exchange(request), { status: 200, bodyBytes: fileBytes })
        }
      }),
    )
    return (fileBytes * connections * turns) / 1000 / (performance.now() - startedAt)
  } finally {
    for (const connection of opened) connection.close()
  }
}

async function measureBareRequests({ address }: BareServer): Promise<number> {
  const opened = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(address)))
  const request = formatRequest(address, { path: '/small' })
  try {
    return await measureRequests(opened, [{ request, expected: { status: 200, bodyBytes: SMALL_BYTES } }], SECONDS)
  } finally {
    for (const connection of opened) connection.close()
  }
}

async function measureSha256(): Promise<number> {
  const buffer = Buffer.alloc(MIB, 'a')
  const hash = createHash('sha256')
  const startedAt = performance.now()
  let bytes = 0
  while (performance.now() - startedAt < SECONDS * 1000) {
    hash.update(buffer)
    bytes += buffer.length
  }
  return bytes / 1000 / (performance.now() - startedAt)
}

async function countFiles(folder: string): Promise<number> {
  const content = Buffer.alloc(4096, 'a')
  return countPerSecond(async (index) => {
    const path = join(folder, `file-${index}`)
    const file = await open(path, 'w')
    await file.write(content)
    await file.sync()
    await file.close()
  })
}

async function countTransactions(folder: string): Promise<number> {
  const path = join(folder, 'database')
  await rm(path, { force: true })
  const db = new SqliteDatabase(path)
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, content TEXT)')
    const insert = db.prepare('INSERT INTO entry (content) VALUES (?)')
    return await countPerSecond(async () => insert.run('a'.repeat(100)))
  } finally {
    db.close()
  }
}

async function countPerSecond(work: (index: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  let done = 0
  while (performance.now() - startedAt < SECONDS * 1000) await work(done++)
  return (done * 1000) / (performance.now() - startedAt)
}

async function medianOf(work: () => Promise<number>): Promise<number> {
  // The first one is for the compiler.
  await work()
  const values: number[] = []
  for (let round = 0; round < ROUNDS; round++) values.push(await work())
  return median(values)
}
