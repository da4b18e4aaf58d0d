import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonErrorLine } from './json-error-line.ts'

/**
 * Reads a file of ours or docker's. An empty one is an empty object, one that is not there undefined.
 * @param hint what to do about one that is broken.
 * @throws CliError which names the file, and the line from which it is no JSON.
 */
export async function readJsonObject(path: string, hint: string): Promise<Record<string, unknown> | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CliError(`${path} cannot be read (${(cause as Error).message})`, { cause })
  }
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const place = `${path}: line ${jsonErrorLine(text)}`
    throw new CliError(`${place}: it is no JSON`, { exitCode: EXIT.usage, hint, cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new CliError(`${path}: line 1: it is no JSON object`, { exitCode: EXIT.usage, hint })
}

/**
 * Writes a file that nobody else may read, whole or not at all: others read it at any time. Where it is a link, as
 * people have who keep their settings elsewhere, what it leads to is written.
 * @param indent as in `JSON.stringify`.
 */
export async function writeJsonFile(path: string, content: object, indent: string | number = 2): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const target = await realpath(path).catch(() => path)
  const temporary = `${target}.${process.pid}`
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      // Left behind by a process of the same number, it keeps its mode when it is opened.
      await file.chmod(0o600)
      await file.writeFile(`${JSON.stringify(content, undefined, indent)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new CliError(`${path} cannot be written (${(cause as Error).message})`, { cause })
  }
}
