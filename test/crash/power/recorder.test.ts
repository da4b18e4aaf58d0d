import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSeededRandom } from '../seeded-random.ts'
import { type PowerCut, replayPowerCut } from './power-cut.ts'
import { createRecorder } from './recorder.ts'
import type { Moment, NameRules, Recording } from './recording.ts'

/** Power cuts until every state that there can be has been seen with near certainty. */
const CUTS = 400

/** What programs start with: names of node:fs, and a few of their own. */
const PRELUDE = `
const fs = require('node:fs')
const sync = (path) => { const file = fs.openSync(path, 'r'); fs.fsyncSync(file); fs.closeSync(file) }
const make = (path, content) => fs.writeFileSync(path, content, { flag: 'wx' })
`

/** Runs a program in a folder under the recorder, and hands over the recording and the folder. */
function withRecording(program: string, look: (recording: Recording, root: string, work: string) => void): void {
  const work = mkdtempSync(join(tmpdir(), 'kontor-recorder-'))
  try {
    const recorder = createRecorder(work)
    execFileSync(process.execPath, ['--eval', PRELUDE + program], {
      cwd: recorder.root,
      env: { ...process.env, ...recorder.env },
      stdio: 'pipe',
    })
    look(recorder.read(), recorder.root, work)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Every state that was seen after power cuts at some moment, each as `name=content …`. */
function statesAfter(
  program: string,
  rules: NameRules,
  choose: (recording: Recording) => Moment = ({ length }) => length,
): string[] {
  const states = new Set<string>()
  withRecording(program, (recording, _root, work) => {
    const disk = join(work, 'replayed')
    for (let seed = 0; seed < CUTS; seed++) {
      const cut: PowerCut = { at: choose(recording), rules, names: 'some', bytes: 'some' }
      replayPowerCut(recording, cut, disk, createSeededRandom(seed))
      states.add(describe(disk))
      rmSync(disk, { recursive: true })
    }
  })
  return [...states].sort()
}

function describe(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(folder.length + 1)
    return entry.isDirectory() ? `${name}/` : `${name}=${abbreviate(readFileSync(path))}`
  })
  return files.sort().join(' ')
}

/** `AAAB` as `A3 B1`, a byte of zero as `0`. */
function abbreviate(bytes: Buffer): string {
  const text = bytes.toString('latin1').replaceAll('\0', '0')
  return [...text.matchAll(/(.)\1*/g)].map(([run]) => `${run[0]}${run.length}`).join('')
}

test('every way to change files is recorded', () => {
  const program = `
    fs.mkdirSync('a/b/c', { recursive: true })
    make('a/plain', 'x'.repeat(10_000))
    fs.appendFileSync('a/plain', 'y'.repeat(5000))
    fs.writeFileSync('a/plain', 'written anew')
    fs.copyFileSync('a/plain', 'a/copy')
    fs.linkSync('a/copy', 'a/b/link')
    fs.appendFileSync('a/b/link', ' through its other name')
    fs.renameSync('a/b', 'moved')
    fs.truncateSync('a/copy', 3)
    const file = fs.openSync('moved/vector', 'w+')
    fs.writevSync(file, [Buffer.from('one'), Buffer.from('two')])
    fs.writevSync(file, [Buffer.from('three'), Buffer.from('four')], 100)
    fs.ftruncateSync(file, 5000)
    fs.writeSync(file, 'at the end of what was written')
    make('gone', 'x')
    fs.unlinkSync('gone')
    fs.mkdirSync('tree/of/folders', { recursive: true })
    make('tree/of/files', 'x')
    fs.cpSync('tree', 'other-tree', { recursive: true })
    fs.rmSync('tree', { recursive: true })
    const stream = fs.createWriteStream('stream')
    stream.write('by the pool of threads')
    stream.end(() => fs.promises.writeFile('promised', 'kept'))
  `
  withRecording(program, (recording, root, work) => {
    const replayed = join(work, 'replayed')
    const everything = { at: recording.length, rules: 'journal', names: 'all', bytes: 'all' } as const
    replayPowerCut(recording, everything, replayed, createSeededRandom(0))
    expect(describe(replayed)).toBe(describe(root))
    expect(readdirSync(root).sort()).toEqual(['a', 'moved', 'other-tree', 'promised', 'stream'])
  })
})

test('what cannot be followed makes the recording useless, instead of being left out', () => {
  expect(() => withRecording("fs.mkdtempSync('./x')", () => {})).toThrow(/cannot follow mkdtemp/)
  expect(() => withRecording("fs.symlinkSync('nowhere', 'x')", () => {})).toThrow(/cannot follow symlink/)
})

test('what was synced is there, whatever happens', () => {
  const program = "make('a', 'A'.repeat(2000)); sync('a'); sync('.')"
  for (const rules of ['journal', 'independent'] as const) expect(statesAfter(program, rules)).toEqual(['a=A2000'])
})

test('of what was written since, any sectors may be there, in any order', () => {
  const program = `
    make('a', 'A'.repeat(1536)); sync('a'); sync('.')
    const file = fs.openSync('a', 'r+'); fs.writeSync(file, 'B'.repeat(1536), 0)
  `
  const sectors = ['A', 'B'].flatMap((one) => ['A', 'B'].flatMap((two) => ['A', 'B'].map((three) => [one, two, three])))
  const expected = sectors.map((letters) => `a=${abbreviate(Buffer.from(letters.map((l) => l.repeat(512)).join('')))}`)
  expect(statesAfter(program, 'journal')).toEqual(expected.sort())
})

test('a file may have its new size without its bytes, and its bytes without its new size', () => {
  const program = `
    make('a', 'A'.repeat(100)); sync('a'); sync('.')
    const file = fs.openSync('a', 'r+'); fs.writeSync(file, 'B'.repeat(100), 50)
  `
  expect(statesAfter(program, 'journal')).toEqual(['a=A100', 'a=A100050', 'a=A50B100', 'a=A50B50'])
})

test('a new name may be lost though its file was synced, unless the file system keeps a journal', () => {
  const program = "make('a', 'A'); sync('a')"
  expect(statesAfter(program, 'journal')).toEqual(['a=A1'])
  expect(statesAfter(program, 'independent')).toEqual(['', 'a=A1'])
})

test('a folder may be lost with all that was synced in it', () => {
  const program = "fs.mkdirSync('d'); make('d/a', 'A'); sync('d/a'); sync('d')"
  expect(statesAfter(program, 'journal')).toEqual(['d/ d/a=A1'])
  expect(statesAfter(program, 'independent')).toEqual(['', 'd/ d/a=A1'])
})

test('names change in order with a journal, otherwise each by itself', () => {
  const program = "make('a', ''); make('b', '')"
  expect(statesAfter(program, 'journal')).toEqual(['', 'a=', 'a= b='])
  expect(statesAfter(program, 'independent')).toEqual(['', 'a=', 'a= b=', 'b='])
})

test('what was renamed is under one of its names, and what it replaced is gone only then', () => {
  const program = `
    fs.mkdirSync('d'); make('a', 'A'); make('d/b', 'B'); sync('a'); sync('d/b'); sync('d'); sync('.')
    fs.renameSync('a', 'd/b')
  `
  for (const rules of ['journal', 'independent'] as const) {
    expect(statesAfter(program, rules)).toEqual(['a=A1 d/ d/b=B1', 'd/ d/b=A1'])
  }
})

test('a sync counts from its end, and only for what came before its beginning', () => {
  const program = "make('a', 'A'); sync('.'); sync('a')"
  const lastSync = ({ landmarks }: Recording) => landmarks.syncs.at(-1) ?? 0
  expect(statesAfter(program, 'independent', lastSync)).toEqual(['a=', 'a=01', 'a=A1'])
  expect(statesAfter(program, 'independent', (recording) => lastSync(recording) + 1)).toEqual(['a=A1'])
})
