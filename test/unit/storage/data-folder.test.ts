import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DataFolder, openDataFolder } from '../../../storage/data-folder.ts'

let parent: string
let path: string
let opened: DataFolder[]

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kontor-folder-'))
  path = join(parent, 'deep', 'data')
  opened = []
})

afterEach(async () => {
  for (const folder of opened) folder.close()
  await rm(parent, { recursive: true })
})

function open(at = path): DataFolder {
  const folder = openDataFolder(at)
  opened.push(folder)
  return folder
}

function close(folder: DataFolder): void {
  opened = opened.filter((each) => each !== folder)
  folder.close()
}

test('the folder is made where it is missing, for nobody but its owner', () => {
  const { databasePath, blobsPath } = open()
  expect(databasePath).toBe(join(path, 'kontor.db'))
  expect(blobsPath).toBe(join(path, 'blobs'))
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(readdirSync(path)).not.toContain('.write-probe')
})

test('what is in the folder stays', () => {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'kontor.db'), 'precious')
  close(open())
  expect(readFileSync(join(path, 'kontor.db'), 'utf8')).toBe('precious')
})

test('the file server.pid says which process has the folder, as long as it has it', () => {
  const folder = open()
  expect(readFileSync(join(path, 'server.pid'), 'utf8')).toBe(`${process.pid}\n`)
  close(folder)
  expect(readdirSync(path)).not.toContain('server.pid')
})

describe('a second server', () => {
  test('is refused, and told by whom and what to do', () => {
    open()
    expect(() => open()).toThrow(
      `another Kontor (process ${process.pid}) is using the data folder ${path}; stop it, or set another folder (KONTOR_DATA_DIR)`,
    )
  })

  test('is refused by whatever way it comes to the folder', () => {
    open()
    symlinkSync(path, join(parent, 'link'))
    expect(() => open(join(parent, 'link'))).toThrow(/another Kontor/)
    expect(() => open(`${path}/../data/`)).toThrow(/another Kontor/)
  })

  test('is refused in another process, too', () => {
    open()
    const code = `
      const SqliteDatabase = require('better-sqlite3')
      try { new SqliteDatabase(process.argv[1], { timeout: 0 }).exec('BEGIN EXCLUSIVE') }
      catch (error) { console.log(error.code) }`
    const { stdout } = spawnSync(process.execPath, ['-e', code, join(path, 'server.lock')], { encoding: 'utf8' })
    expect(stdout.trim()).toBe('SQLITE_BUSY')
  })

  test('that was refused took nothing from the first', () => {
    const first = open()
    for (let attempt = 0; attempt < 3; attempt++) expect(() => open()).toThrow(/another Kontor/)
    expect(readFileSync(join(path, 'server.pid'), 'utf8')).toBe(`${process.pid}\n`)
    close(first)
    open()
  })

  test.each(['', 'garbage', '\0\0\0\0'])('is not told nonsense when server.pid holds "%s"', (content) => {
    open()
    writeFileSync(join(path, 'server.pid'), content)
    expect(() => open()).toThrow(/^another Kontor is using/)
  })

  test('may have the folder once the first has let go of it', () => {
    for (let turn = 0; turn < 3; turn++) close(open())
    open()
  })

  test('may have it when the first was killed: what it left is no obstacle', () => {
    const code = `
      const SqliteDatabase = require('better-sqlite3')
      const { mkdirSync, writeFileSync } = require('node:fs')
      mkdirSync(process.argv[1], { recursive: true })
      new SqliteDatabase(process.argv[1] + '/server.lock').exec('BEGIN EXCLUSIVE')
      writeFileSync(process.argv[1] + '/server.pid', process.pid + '\\n')
      process.kill(process.pid, 'SIGKILL')`
    const { signal } = spawnSync(process.execPath, ['-e', code, path])
    expect(signal).toBe('SIGKILL')
    open()
    expect(readFileSync(join(path, 'server.pid'), 'utf8')).toBe(`${process.pid}\n`)
  })

  test('may have another folder', () => {
    open()
    open(join(parent, 'other'))
  })
})

test('letting go works though somebody removed server.pid by hand', () => {
  const folder = open()
  rmSync(join(path, 'server.pid'))
  expect(() => close(folder)).not.toThrow()
  open()
})

describe('a folder that cannot be written to is refused, with the reason and what to do', () => {
  test.each([
    ['a file is in its place', 'file', 'EEXIST'],
    ['a file is in the place of its parent', 'file/data', 'ENOTDIR'],
    ['a link leads to nowhere', 'dangling', /ENOENT|EEXIST/],
    ['its name is too long', 'x'.repeat(300), 'ENAMETOOLONG'],
  ])('when %s', (_, name, reason) => {
    writeFileSync(join(parent, 'file'), '')
    symlinkSync(join(parent, 'nowhere', 'at-all'), join(parent, 'dangling'))
    const at = join(parent, name)
    const attempt = () => open(at)
    expect(attempt).toThrow(`the data folder ${at} cannot be written to (`)
    expect(attempt).toThrow(reason)
    expect(attempt).toThrow('give this user the right to, or set another (KONTOR_DATA_DIR)')
  })
})

test('a folder in the way of the lock is an error that names it', () => {
  mkdirSync(join(path, 'server.lock'), { recursive: true })
  expect(() => open()).toThrow(join(path, 'server.lock'))
})
