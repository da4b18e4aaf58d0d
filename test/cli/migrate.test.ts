import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MIGRATIONS } from '../../migrations/migrations.ts'
import { tagSortKey } from '../../oci/tag-order.ts'
import { migrate } from '../../storage/metadata/sqlite/migrate.ts'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { startKontor } from '../support/kontor.ts'

const NEWEST = MIGRATIONS.length
const LAST_STEP = `${NEWEST}-${MIGRATIONS.at(-1)?.name}`

let root: string
let dataDir: string
let operator: CliUser

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kontor-migrate-'))
  operator = await createCliUser()
})
beforeEach(async () => {
  dataDir = await mkdtemp(join(root, 'data-'))
})
afterAll(async () => {
  await operator.leave()
  await rm(root, { recursive: true })
})

function migrateFolder(...flags: readonly string[]) {
  return operator.kontor(['migrate', '--data-dir', dataDir, ...flags])
}

/** Makes the database that a Kontor left behind which knew all migrations but the last ones. */
function leaveDatabase(options: { readonly missing: number }): void {
  const db = new SqliteDatabase(join(dataDir, 'kontor.db'))
  db.function('tag_sort_key', { deterministic: true }, tagSortKey)
  migrate(db, MIGRATIONS.slice(0, NEWEST - options.missing))
  db.close()
}

test('the steps that are missing are made, and named', async () => {
  leaveDatabase({ missing: 1 })
  expect(await migrateFolder('--dry-run')).toEqual({
    code: 0,
    stdout: '',
    stderr: `would make the step ${LAST_STEP}\n`,
  })
  expect(await migrateFolder()).toEqual({
    code: 0,
    stdout: `${LAST_STEP}\n`,
    stderr: `the database is of version ${NEWEST} now; an older Kontor will refuse it\n`,
  })
  expect(await migrateFolder()).toEqual({
    code: 0,
    stdout: '',
    stderr: `nothing to do: the database is of version ${NEWEST}, the newest\n`,
  })
})

test('--status lists all steps, and those that are still to be made without a time', async () => {
  leaveDatabase({ missing: 2 })
  const { code, stdout } = await migrateFolder('--status')
  const rows = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
  expect(code).toBe(0)
  expect(rows.map(([version, name]) => `${version} ${name}`)).toEqual(
    MIGRATIONS.map((step) => `${step.version} ${step.name}`),
  )
  expect(rows.map(([, , appliedAt]) => appliedAt === '')).toEqual(MIGRATIONS.map((_, at) => at >= NEWEST - 2))
})

test('a password is not changed in a database that has to be migrated first', async () => {
  leaveDatabase({ missing: 1 })
  const { code, stderr } = await operator.kontor(['user', 'ls', '--data-dir', dataDir])
  expect(code).toBe(1)
  expect(stderr).toContain(`is of version ${NEWEST - 1}, and this Kontor of version ${NEWEST}; try: kontor migrate\n`)
})

test('while a server has the folder nothing is done, and it ends with 6', async () => {
  const kontor = await startKontor({ dataDir })
  try {
    expect((await migrateFolder('--status', '-q')).stdout.split('\n')).toHaveLength(NEWEST + 1)
    // As an upgrade leaves it: the next step is there, and the old server still runs.
    const db = new SqliteDatabase(join(dataDir, 'kontor.db'))
    db.prepare('DELETE FROM migration WHERE version = ?').run(NEWEST)
    db.close()
    expect(await migrateFolder()).toEqual({
      code: 6,
      stdout: '',
      stderr: `error: another Kontor (process ${kontor.pid}) is using the data folder ${dataDir}; stop it, or set another folder (KONTOR_DATA_DIR)\n`,
    })
  } finally {
    await kontor.stop()
  }
})

test('a database that a newer Kontor wrote is left alone, and it ends with 6', async () => {
  leaveDatabase({ missing: 0 })
  const db = new SqliteDatabase(join(dataDir, 'kontor.db'))
  db.prepare('INSERT INTO migration (version, name, applied_at) VALUES (?, ?, 0)').run(NEWEST + 1, 'from-the-future')
  db.close()
  const { code, stderr } = await migrateFolder()
  expect({ code, stderr }).toEqual({
    code: 6,
    stderr: `error: the database is of version ${NEWEST + 1}, and this Kontor knows versions up to ${NEWEST}; use the newer Kontor that wrote it, or restore a backup made before the upgrade\n`,
  })
})

test('where there is no registry it ends with 3', async () => {
  expect(await migrateFolder()).toMatchObject({ code: 3, stdout: '' })
})
