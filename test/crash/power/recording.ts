import { dirname, join, relative } from 'node:path'

/** Which promises a file system makes about names, beyond what POSIX says of syncs. */
export type NameRules =
  /**
   * What ext4, XFS and btrfs do: names are changed in one order, of which a power cut leaves a beginning. Syncing a file
   * or a folder makes the newest change of its name or in it durable, and with it all that came before.
   */
  | 'journal'
  /** All that POSIX promises: each change stands alone, and only the sync of a folder that it is about makes it durable. */
  | 'independent'

/** A moment in a recording: so many of its records had happened. */
export type Moment = number

/** When something was made durable: at the end of the first sync that covers it, which may never have come. */
type DurableFrom = Moment

/** A change of the bytes or of the size of a file. */
export type ContentChange = {
  readonly at: Moment
  durableFrom: DurableFrom
} & (
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly size: number }
)

/** A change of names, in one folder or, when something is moved, in two. */
export interface NameChange {
  readonly at: Moment
  readonly durableFrom: Record<NameRules, DurableFrom>
  /** What each name stands for afterwards; undefined when it is gone. */
  readonly entries: readonly NameEntry[]
}

export interface NameEntry {
  readonly folder: Folder
  readonly name: string
  readonly target: File | Folder | undefined
}

export interface File {
  readonly kind: 'file'
  readonly changes: ContentChange[]
}

export interface Folder {
  readonly kind: 'folder'
}

/** Everything that was done to the files of a folder, in order. */
export interface Recording {
  /** Records. */
  readonly length: number
  /** The folder itself, which was empty and durable. */
  readonly root: Folder
  readonly nameChanges: readonly NameChange[]
  /** Where the records begin that changed a name, and those that ended a sync. */
  readonly landmarks: { readonly nameChanges: readonly Moment[]; readonly syncs: readonly Moment[] }
  /** The moment at which the log was so many bytes long. */
  momentAt(logBytes: number): Moment
}

/** See record-files.c, which writes them. */
const KIND = {
  create: 1,
  mkdir: 2,
  write: 3,
  resize: 4,
  rename: 5,
  link: 6,
  remove: 7,
  syncBegin: 8,
  syncEnd: 9,
  unknown: 10,
} as const
const HEADER_BYTES = 29

interface LogRecord {
  readonly kind: number
  readonly inode: bigint
  readonly number: bigint
  readonly path: string
  readonly otherPath: string
  readonly bytes: Buffer
  /** Bytes of the log up to its end. */
  readonly endsAt: number
}

/**
 * Makes sense of a log.
 * @throws Error when the recorder met something that it cannot follow, or the log does not fit together.
 */
export function parseRecording(log: Buffer, root: { readonly path: string; readonly inode: bigint }): Recording {
  const top: Folder = { kind: 'folder' }
  const disk = new RecordedDisk(root.path, top)
  disk.know(root.inode, top)
  const ends: number[] = []
  const landmarks = { nameChanges: [] as Moment[], syncs: [] as Moment[] }
  for (const entry of readRecords(log)) {
    const at = ends.length
    disk.apply(entry, at)
    if ([KIND.create, KIND.mkdir, KIND.rename, KIND.link, KIND.remove].some((kind) => kind === entry.kind)) {
      landmarks.nameChanges.push(at)
    }
    if (entry.kind === KIND.syncEnd) landmarks.syncs.push(at)
    ends.push(entry.endsAt)
  }
  return {
    length: ends.length,
    root: top,
    nameChanges: disk.nameChanges,
    landmarks,
    momentAt(logBytes) {
      // The log only grows, and by whole records.
      let [low, high] = [0, ends.length]
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((ends[middle] ?? 0) <= logBytes) low = middle + 1
        else high = middle
      }
      return low
    },
  }
}

function* readRecords(log: Buffer): Iterable<LogRecord> {
  for (let start = 0; start < log.byteLength; ) {
    const length = log.readUInt32LE(start)
    const pathEnd = start + HEADER_BYTES + log.readUInt32LE(start + 21)
    const otherPathEnd = pathEnd + log.readUInt32LE(start + 25)
    const endsAt = start + length
    if (endsAt > log.byteLength || otherPathEnd > endsAt) throw new Error(`the log is broken at byte ${start}`)
    yield {
      kind: log.readUInt8(start + 4),
      inode: log.readBigUInt64LE(start + 5),
      number: log.readBigUInt64LE(start + 13),
      path: log.toString('utf8', start + HEADER_BYTES, pathEnd),
      otherPath: log.toString('utf8', pathEnd, otherPathEnd),
      bytes: log.subarray(otherPathEnd, endsAt),
      endsAt,
    }
    start = endsAt
  }
}

/** The files as the recorded processes saw them, and what of them was synced when. */
class RecordedDisk {
  readonly nameChanges: NameChange[] = []
  readonly #rootPath: string
  readonly #root: Folder
  readonly #byInode = new Map<bigint, File | Folder>()
  readonly #entries = new Map<Folder, Map<string, File | Folder>>()
  readonly #syncsUnderWay = new Map<bigint, Moment>()

  constructor(rootPath: string, root: Folder) {
    this.#rootPath = rootPath
    this.#root = root
  }

  know(inode: bigint, node: File | Folder): void {
    this.#byInode.set(inode, node)
  }

  apply(entry: LogRecord, at: Moment): void {
    const { kind, inode, number, path, otherPath, bytes } = entry
    switch (kind) {
      case KIND.create:
      case KIND.mkdir: {
        const node: File | Folder = kind === KIND.mkdir ? { kind: 'folder' } : { kind: 'file', changes: [] }
        this.know(inode, node)
        this.#changeNames(at, [{ ...this.#locate(path), target: node }])
        break
      }
      case KIND.write:
        this.#changeContent(inode, { at, durableFrom: Infinity, kind: 'write', offset: Number(number), bytes })
        break
      case KIND.resize:
        this.#changeContent(inode, { at, durableFrom: Infinity, kind: 'resize', size: Number(number) })
        break
      case KIND.rename: {
        const from = this.#locate(path)
        const to = { ...this.#locate(otherPath), target: this.#find(from) }
        this.#changeNames(at, [{ ...from, target: undefined }, to])
        break
      }
      case KIND.link:
        this.#changeNames(at, [{ ...this.#locate(otherPath), target: this.#find(this.#locate(path)) }])
        break
      case KIND.remove:
        this.#changeNames(at, [{ ...this.#locate(path), target: undefined }])
        break
      case KIND.syncBegin:
        this.#syncsUnderWay.set(number, at)
        break
      case KIND.syncEnd: {
        const beganAt = this.#syncsUnderWay.get(number)
        if (beganAt === undefined) throw new Error(`record ${at} ends a sync that never began`)
        this.#sync(this.#nodeOf(inode), beganAt, at)
        break
      }
      case KIND.unknown:
        throw new Error(`the recorder cannot follow ${path} (${otherPath}); teach record-files.c`)
      default:
        throw new Error(`record ${at} is of kind ${kind}, which nobody knows`)
    }
  }

  #changeContent(inode: bigint, change: ContentChange): void {
    const node = this.#nodeOf(inode)
    if (node.kind === 'folder') throw new Error(`record ${change.at} writes to a folder`)
    node.changes.push(change)
  }

  #changeNames(at: Moment, entries: readonly NameEntry[]): void {
    for (const { folder, name, target } of entries) {
      const names = this.#entries.get(folder) ?? new Map<string, File | Folder>()
      this.#entries.set(folder, names)
      if (target === undefined) names.delete(name)
      else names.set(name, target)
    }
    this.nameChanges.push({ at, durableFrom: { journal: Infinity, independent: Infinity }, entries })
  }

  /** What happened before the sync began is durable once it has ended; what happened meanwhile may be or not. */
  #sync(node: File | Folder, beganAt: Moment, endedAt: Moment): void {
    const covers = (change: { readonly at: Moment }) => change.at < beganAt
    if (node.kind === 'file') {
      for (const change of node.changes) {
        if (covers(change)) change.durableFrom = Math.min(change.durableFrom, endedAt + 1)
      }
    }
    const about = this.nameChanges.filter(
      (change) => covers(change) && change.entries.some(({ folder, target }) => folder === node || target === node),
    )
    const newest = about.at(-1)?.at ?? -1
    for (const { at, durableFrom } of this.nameChanges) {
      if (at <= newest) durableFrom.journal = Math.min(durableFrom.journal, endedAt + 1)
    }
    for (const { entries, durableFrom } of about) {
      if (entries.some(({ folder }) => folder === node)) {
        durableFrom.independent = Math.min(durableFrom.independent, endedAt + 1)
      }
    }
  }

  #nodeOf(inode: bigint): File | Folder {
    const node = this.#byInode.get(inode)
    if (node === undefined) throw new Error(`nobody recorded how file ${inode} was made`)
    return node
  }

  #find({ folder, name }: { readonly folder: Folder; readonly name: string }): File | Folder {
    const node = this.#entries.get(folder)?.get(name)
    if (node === undefined) throw new Error(`nobody recorded how ${name} was made`)
    return node
  }

  #locate(path: string): { readonly folder: Folder; readonly name: string } {
    const names = relative(this.#rootPath, path).split('/')
    const name = names.pop() ?? ''
    let folder = this.#root
    for (const parent of names) {
      const found = this.#find({ folder, name: parent })
      if (found.kind === 'file') throw new Error(`${join(this.#rootPath, dirname(path))} is a file`)
      folder = found
    }
    return { folder, name }
  }
}
