import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CliUser, RunningCommand } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createLoggedIn } from '../support/logged-in.ts'
import { basic, pushImage } from '../support/server.ts'

let dataDir: string
let server: Kontor
let admin: CliUser

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-watch-'))
  server = await startKontor({ dataDir })
  admin = await createLoggedIn(server)
  await push('acme/web', '1', 'first')
})
afterAll(async () => {
  await server.stop()
  await admin.leave()
  await rm(dataDir, { recursive: true })
})

async function push(repository: string, tag: string, content: string): Promise<string> {
  const pusher = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  return (await pushImage(pusher, repository, { tag, content })).digest
}

/** Starts to watch, and pushes until the watcher has seen that: from then on it misses nothing. */
async function watch(repository: string, ...flags: readonly string[]): Promise<RunningCommand> {
  const watcher = admin.start(['watch', repository, '--interval', '0.1', ...flags])
  let count = 0
  await expect
    .poll(
      async () => {
        count += 1
        await push(repository.split(':')[0] ?? '', 'ready', `ready ${count}`)
        return watcher.written.stdout
      },
      { interval: 200 },
    )
    .toContain('ready')
  return watcher
}

test('kontor watch prints a line for each tag that is new, moved or deleted, until ^C', async () => {
  const watcher = await watch('acme/web')
  const one = await push('acme/web', 'edge', 'one')
  await expect.poll(() => watcher.written.stdout).toContain(`\tnew\tacme/web:edge\t${one}\tadmin\n`)
  const two = await push('acme/web', 'edge', 'two')
  await expect.poll(() => watcher.written.stdout).toContain(`\tmoved\tacme/web:edge\t${two}\tadmin\n`)
  await admin.kontor(['tag', 'rm', '--yes', 'acme/web:edge'])
  await expect.poll(() => watcher.written.stdout).toContain(`\tdeleted\tacme/web:edge\t${two}\tadmin\n`)
  watcher.interrupt()
  const { code, stdout, stderr } = await watcher.ended
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
  expect(stdout).not.toContain('acme/web:1\t')
  expect(stdout.split('\n').filter((line) => line.includes('edge'))).toHaveLength(3)
})

test('kontor watch goes on when the server was away, and says so once', async () => {
  const port = new URL(server.url).port
  const watcher = await watch('acme/web', '--format', 'jsonl')
  await server.stop()
  await expect.poll(() => watcher.written.stderr).toContain('nothing listens at')
  server = await startKontor({ dataDir, env: { KONTOR_HTTP__PORT: port } })
  await expect.poll(() => watcher.written.stderr).toContain('is back')
  const digest = await push('acme/web', 'after', 'after')
  await expect.poll(() => watcher.written.stdout).toContain('"tag":"after"')
  watcher.interrupt()
  const { code, stdout, stderr } = await watcher.ended
  expect(code).toBe(130)
  expect(stderr).toMatch(/^nothing listens at \S+; trying again every 0\.1 s\n\S+ is back\n$/)
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
    event: 'new',
    at: expect.stringMatching(/Z$/),
    repository: 'acme/web',
    tag: 'after',
    digest,
    previous: null,
    by: 'admin',
  })
})

test('kontor watch looks at one tag only, also before it is there', async () => {
  const watcher = await watch('acme/web:ready', '-q')
  await push('acme/web', 'another', 'another')
  await push('acme/web', 'ready', 'the end')
  await admin.kontor(['tag', 'rm', '--yes', 'acme/web:ready'])
  await push('acme/web', 'ready', 'again')
  watcher.interrupt()
  expect(new Set((await watcher.ended).stdout.trimEnd().split('\n'))).toEqual(new Set(['acme/web:ready']))
})

test('kontor watch ends when the repository is deleted', async () => {
  await push('acme/gone', '1', 'x')
  const watcher = await watch('acme/gone')
  await admin.kontor(['repo', 'rm', '--yes', 'acme/gone'])
  const { code, stderr } = await watcher.ended
  expect(code).toBe(3)
  expect(stderr).toContain('there is no repository acme/gone that you may see')
})

test.each([
  [['acme/absent'], 3],
  [['acme/web', '--format', 'json'], 2],
  [['acme/web', '--interval', '0'], 2],
  [['localhost:1/acme/web'], 10],
])('kontor watch %j ends with %i', async (flags, exitCode) => {
  expect((await admin.kontor(['watch', ...flags])).code).toBe(exitCode)
})
