import { closeSync, linkSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../seeded-random.ts'
import type { ContentChange, File, Folder, Moment, NameChange, NameRules, Recording } from './recording.ts'

/** How much of what was not synced is left. */
export type Share = 'none' | 'some' | 'all'

/** What a power cut leaves of a recorded folder, within what a file system may do. */
export interface PowerCut {
  /** The last record that happened is the one before this. */
  readonly at: Moment
  readonly rules: NameRules
  /** Names that were made, moved or removed since a sync that covers them. */
  readonly names: Share
  /** Bytes and sizes that were written since the last sync of their file. */
  readonly bytes: Share
}

const SECTOR_BYTES = 512
const PAGE_BYTES = 4096

/**
 * Puts together what a disk may hold after a power cut: all that was synced, and of the rest what `cut` says.
 *
 * - Names: by the rules, see {@link NameRules}. With `some`, `journal` keeps the first few changes, `independent` any.
 *   A name that was moved has moved or has not.
 * - Bytes: with `some`, each file has lost all, nothing, or any of the sectors of 512 bytes or pages of 4096 that were
 *   written, whatever the order; what it shows there is what it showed before, or zeroes.
 * - Sizes: with `some`, the first few changes of a file's size have happened, whatever became of its bytes.
 *
 * @param folder is made.
 */
export function replayPowerCut(recording: Recording, cut: PowerCut, folder: string, random: SeededRandom): void {
  const names = new Map<Folder, Map<string, File | Folder>>()
  for (const { entries } of survivingNames(recording, cut, random)) {
    for (const { folder: parent, name, target } of entries) {
      const inside = names.get(parent) ?? new Map<string, File | Folder>()
      names.set(parent, inside)
      if (target === undefined) inside.delete(name)
      else inside.set(name, target)
    }
  }
  const written = new Map<File, string>()

  function write(node: File | Folder, path: string): void {
    if (node.kind === 'folder') {
      mkdirSync(path, 0o700)
      for (const [name, child] of names.get(node) ?? []) write(child, join(path, name))
      return
    }
    const other = written.get(node)
    if (other !== undefined) {
      linkSync(other, path)
      return
    }
    written.set(node, path)
    writeFile(path, survivingBytes(node, cut, random))
  }
  write(recording.root, folder)
}

function survivingNames(
  { nameChanges }: Recording,
  { at, rules, names }: PowerCut,
  random: SeededRandom,
): readonly NameChange[] {
  const happened = nameChanges.filter((change) => change.at < at)
  const isDurable = (change: NameChange) => change.durableFrom[rules] <= at
  const pending = happened.filter((change) => !isDurable(change))
  const kept = new Set(names === 'all' ? pending : names === 'none' ? [] : sampleNames(pending, rules, random))
  return happened.filter((change) => isDurable(change) || kept.has(change))
}

function sampleNames(pending: readonly NameChange[], rules: NameRules, random: SeededRandom): readonly NameChange[] {
  if (rules === 'journal') return pending.slice(0, random.int(0, pending.length))
  const percent = random.pick([10, 50, 90])
  return pending.filter(() => random.int(1, 100) <= percent)
}

function survivingBytes(file: File, cut: PowerCut, random: SeededRandom): Buffer {
  const happened = file.changes.filter((change) => change.at < cut.at)
  const firstPending = happened.findIndex((change) => change.durableFrom > cut.at)
  const content = new Content()
  const [durable, pending] =
    firstPending < 0 ? [happened, []] : [happened.slice(0, firstPending), happened.slice(firstPending)]
  for (const change of durable) content.apply(change)
  const fate = cut.bytes === 'some' ? random.pick(['none', 'some', 'some', 'all'] as const) : cut.bytes
  if (fate === 'all') for (const change of pending) content.apply(change)
  if (fate === 'some') applySome(content, pending, random)
  return content.bytes()
}

/** Sizes change in order; what is written does not care. */
function applySome(content: Content, pending: readonly ContentChange[], random: SeededRandom): void {
  const pieceBytes = random.pick([SECTOR_BYTES, PAGE_BYTES])
  const percent = random.pick([0, 10, 50, 90, 100])
  const sizesUntil = random.int(0, pending.length)
  for (const [index, change] of pending.entries()) {
    const changesSize = index < sizesUntil
    if (change.kind === 'resize') {
      if (changesSize) content.resize(change.size)
      continue
    }
    const { offset, bytes } = change
    for (let start = offset; start < offset + bytes.byteLength; ) {
      const end = Math.min(offset + bytes.byteLength, (Math.floor(start / pieceBytes) + 1) * pieceBytes)
      if (random.int(1, 100) <= percent) content.write(start, bytes.subarray(start - offset, end - offset))
      start = end
    }
    if (changesSize) content.grow(offset + bytes.byteLength)
  }
}

/** The bytes of a file while it is put together. Those beyond its size are there only if it grows. */
class Content {
  #buffer = Buffer.alloc(0)
  #size = 0

  apply(change: ContentChange): void {
    if (change.kind === 'resize') this.resize(change.size)
    else {
      this.write(change.offset, change.bytes)
      this.grow(change.offset + change.bytes.byteLength)
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#reserve(offset + bytes.byteLength)
    this.#buffer.set(bytes, offset)
  }

  grow(size: number): void {
    this.#reserve(size)
    this.#size = Math.max(this.#size, size)
  }

  resize(size: number): void {
    this.#reserve(size)
    this.#buffer.fill(0, size)
    this.#size = size
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size)
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.byteLength) return
    const larger = Buffer.alloc(Math.max(size, 2 * this.#buffer.byteLength))
    this.#buffer.copy(larger)
    this.#buffer = larger
  }
}

function writeFile(path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    for (let offset = 0; offset < bytes.byteLength; ) offset += writeSync(file, bytes, offset)
  } finally {
    closeSync(file)
  }
}
