import { type FileHandle, open } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

const BLOCK_BYTES = 512
const MAX_JSON_BYTES = 4 * 1024 * 1024
/** Entries of an archive that are looked at. */
const MAX_ENTRIES = 100_000
const IMAGE_NAME = 'io.containerd.image.name'

/**
 * The names that an archive has for its images, such as `localhost:5000/acme/web:1.2`: of an OCI layout those that
 * containerd gives, otherwise docker's.
 * @throws CliError usage for what is no plain tar archive; who names the repository needs none of it.
 */
export async function readArchiveNames(path: string): Promise<readonly string[]> {
  const file = await open(path)
  try {
    const found = new Map<string, unknown>()
    let position = 0
    for (let count = 0; count < MAX_ENTRIES; count += 1) {
      const header = await readAt(file, position, BLOCK_BYTES)
      if (header.length < BLOCK_BYTES || header.every((byte) => byte === 0)) break
      if (!header.toString('latin1', 257, 262).startsWith('ustar')) throw unreadable(path)
      const name = header.toString('utf8', 0, 100).replace(/\0.*$/s, '').replace(/^\.\//, '')
      const size = sizeIn(header)
      if (size === undefined) throw unreadable(path)
      if ((name === 'index.json' || name === 'manifest.json') && size <= MAX_JSON_BYTES) {
        found.set(name, parse((await readAt(file, position + BLOCK_BYTES, size)).toString('utf8')))
      }
      position += BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
    }
    return [...new Set([...namesInIndex(found.get('index.json')), ...namesInManifest(found.get('manifest.json'))])]
  } finally {
    await file.close()
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** Octal digits, or a number to the base of 256 marked by its first bit (GNU, star). */
function sizeIn(header: Buffer): number | undefined {
  const field = header.subarray(124, 136)
  if (((field[0] ?? 0) & 0x80) === 0) {
    const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(field.toString('latin1'))?.[1]
    return digits === undefined ? undefined : Number.parseInt(`0${digits}`, 8)
  }
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
  return Number.isSafeInteger(value) ? value : undefined
}

function namesInIndex(index: unknown): readonly string[] {
  return listIn(index, 'manifests').flatMap((entry) => {
    const { annotations } = entry as { annotations?: Record<string, unknown> }
    const name = annotations?.[IMAGE_NAME]
    return typeof name === 'string' ? [name] : []
  })
}

function namesInManifest(manifest: unknown): readonly string[] {
  if (!Array.isArray(manifest)) return []
  return manifest.flatMap((entry) => listIn(entry, 'RepoTags').filter((name) => typeof name === 'string'))
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return Array.isArray(list) ? list.filter((entry) => entry !== null && entry !== undefined) : []
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreadable(path: string): CliError {
  return new CliError(`${path} cannot be looked into: it is compressed, or no tar archive`, {
    exitCode: EXIT.usage,
    hint: `name the repository: kontor load ${path} acme/web`,
  })
}
