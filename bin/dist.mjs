import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const DIST = join(ROOT, 'dist')
const PROJECT = join(ROOT, 'tsconfig.build.json')

const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

/** Written after everything else, so that a build that was interrupted does not count. */
const STAMP = join(DIST, '.sources')

/** The prefix of temporary folders; beside dist and not in it, because source maps hold relative paths. */
const TEMPORARY = '.dist-'

/**
 * True when dist/ was built from the sources as they are now, or when there is nothing to build it from: an installed
 * package has no sources, a production install no compiler.
 * @returns {boolean}
 */
export function isBuilt() {
  if (!canBuild()) return existsSync(join(DIST, 'cli', 'main.js'))
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprintSources()
}

/** True where there are sources and a compiler. */
export function canBuild() {
  return existsSync(PROJECT) && existsSync(COMPILER)
}

/**
 * Compiles the sources into dist/. The compiler's complaints go to stderr, and then dist/ stays as it was.
 *
 * Several processes may do this at once (two registries started from one clone): each compiles into a folder of its
 * own and moves file by file, so that whoever reads dist/ meanwhile finds every file, and finds it whole.
 * @param {{ checkTypes: boolean }} options whether to look for type errors, which takes three times as long
 * @returns {Promise<boolean>} whether it worked
 */
export async function build({ checkTypes }) {
  if (!existsSync(COMPILER)) throw new Error('the TypeScript compiler is not installed; run: npm ci')
  removeLeftovers()
  const output = mkdtempSync(join(ROOT, TEMPORARY))
  try {
    // Taken before compiling: what is edited meanwhile makes the next start build again.
    const fingerprint = fingerprintSources()
    if (!(await compile(output, checkTypes))) return false
    publish(output)
    writeFileSync(join(output, 'stamp'), fingerprint)
    renameSync(join(output, 'stamp'), STAMP)
    return true
  } finally {
    rmSync(output, { recursive: true, force: true })
  }
}

/** @param {string} output @param {boolean} checkTypes @returns {Promise<boolean>} */
function compile(output, checkTypes) {
  const options = ['--project', PROJECT, '--outDir', output, '--noEmitOnError', ...(checkTypes ? [] : ['--noCheck'])]
  return new Promise((resolve, reject) => {
    // stdout may be somebody's `kontor config print > file`.
    const stdio = ['ignore', process.stderr, process.stderr]
    const child = spawn(process.execPath, [COMPILER, ...options], { cwd: ROOT, stdio })
    child.on('error', reject)
    child.on('close', (code) => resolve(code === 0))
  })
}

/** Moves the compiled files over the old ones, then removes those whose sources are gone. @param {string} output */
function publish(output) {
  const compiled = new Set(listFiles(output))
  for (const file of compiled) {
    mkdirSync(dirname(join(DIST, file)), { recursive: true })
    renameSync(join(output, file), join(DIST, file))
  }
  for (const folder of sourceFolders()) {
    for (const file of listFiles(DIST, folder)) if (!compiled.has(file)) rmSync(join(DIST, file), { force: true })
  }
}

/** Temporary folders of builds that were killed; an hour is longer than any build takes. */
function removeLeftovers() {
  for (const name of readdirSync(ROOT)) {
    if (!name.startsWith(TEMPORARY)) continue
    const path = join(ROOT, name)
    const status = statSync(path, { throwIfNoEntry: false })
    if (status !== undefined && Date.now() - status.mtimeMs > 3_600_000) rmSync(path, { recursive: true, force: true })
  }
}

/** A digest over name, size and time of change of everything that is compiled: some hundred `stat`s, a few ms. */
function fingerprintSources() {
  const hash = createHash('sha256')
  const sources = sourceFolders().flatMap((folder) => listFiles(ROOT, folder))
  for (const file of ['tsconfig.json', 'tsconfig.build.json', ...sources]) {
    const { size, mtimeMs } = statSync(join(ROOT, file))
    hash.update(`${file}\n${size}\n${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** @returns {string[]} */
function sourceFolders() {
  return JSON.parse(readFileSync(PROJECT, 'utf8')).include
}

/** Paths of the files under `folder`, relative to `base`, sorted. @param {string} base @returns {string[]} */
function listFiles(base, folder = '.') {
  const path = join(base, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = join(folder, entry.name)
      return entry.isDirectory() ? listFiles(base, name) : [name]
    })
}
