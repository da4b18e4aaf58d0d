const KIB = 1024
const MIB = 1024 * KIB

/** More than this per system call gains nothing (measured: 64 KiB 1.4 GB/s, 256 KiB 3.4 GB/s, 1 MiB 4.7 GB/s). */
const LARGEST_SHARE_BYTES = MIB
/** Granted even when nothing is left, so that no transfer ever waits for another one's client. */
const SMALLEST_SHARE_BYTES = 16 * KIB
const BUDGET_BYTES = 16 * MIB
/** A collection of what is young takes half a millisecond; V8 would begin one after 32 MiB, and count all of it as in use. */
const COLLECT_EVERY_BYTES = 16 * MIB

/**
 * The memory that all uploads and downloads of a store share (I11). A transfer asks anew whenever it is about to fill
 * a buffer, and gets at most an eighth of what nobody uses at that moment. So a few transfers get all they can make
 * use of, and the shares of n busy ones even out at budget / (n + 8), though none knows of another.
 *
 * Buffers are pieces of one region, by the buddy system: a piece has a power of two as size and is halved or joined
 * with its other half as needed. Buffers of their own would be garbage whenever the shares change (measured with 200
 * readers: 80 MiB at a time).
 */
export class TransferMemory {
  // Not touched, so not resident, before it is needed; low addresses are used first.
  readonly #region = Buffer.allocUnsafeSlow(BUDGET_BYTES)
  /** Offsets of free pieces by their size. */
  readonly #free = new Map<number, Set<number>>()
  readonly #collectYoungGarbage: (() => void) | undefined
  #usedBytes = 0
  #uncollectedBytes = 0

  /** @param parts.collectYoungGarbage called whenever transfers have made much garbage of their own, if there is a way. */
  constructor(parts: { readonly collectYoungGarbage?: (() => void) | undefined } = {}) {
    this.#collectYoungGarbage = parts.collectYoungGarbage
    for (let size = SMALLEST_SHARE_BYTES; size <= LARGEST_SHARE_BYTES; size *= 2) this.#free.set(size, new Set())
    for (let offset = 0; offset < BUDGET_BYTES; offset += LARGEST_SHARE_BYTES) {
      this.#free.get(LARGEST_SHARE_BYTES)?.add(offset)
    }
  }

  /** Bytes that a transfer should hold at most in one piece, as things stand; a power of two. */
  fairShareBytes(): number {
    return asShare((BUDGET_BYTES - this.#usedBytes) / 8)
  }

  /** True when nothing is left but the smallest share, which everybody gets. */
  isScarce(): boolean {
    return this.fairShareBytes() === SMALLEST_SHARE_BYTES
  }

  /** Counts bytes that a transfer keeps in memory of its own, until {@link release}. */
  hold(bytes: number): void {
    this.#usedBytes += bytes
  }

  /** Ends what {@link hold} began. */
  release(bytes: number): void {
    this.#usedBytes -= bytes
    this.#uncollectedBytes += bytes
    if (this.#uncollectedBytes < COLLECT_EVERY_BYTES) return
    this.#uncollectedBytes = 0
    this.#collectYoungGarbage?.()
  }

  /** A buffer of at most a fair share, with somebody's old bytes in it. It is the caller's until {@link giveBack}. */
  borrow(wantedBytes: number): Uint8Array {
    const enough = asShare(2 * wantedBytes - 1)
    const buffer = this.#cut(Math.min(this.fairShareBytes(), enough))
    this.#usedBytes += buffer.byteLength
    return buffer
  }

  /** Takes a buffer of {@link borrow} back; whoever borrowed it must not look at it any more. */
  giveBack(buffer: Uint8Array): void {
    this.#usedBytes -= buffer.byteLength
    if (buffer.buffer === this.#region.buffer) this.#join(buffer.byteOffset, buffer.byteLength)
  }

  #cut(size: number): Uint8Array {
    for (let whole = size; whole <= LARGEST_SHARE_BYTES; whole *= 2) {
      const offset = this.#take(whole)
      if (offset === undefined) continue
      for (let half = whole / 2; half >= size; half /= 2) this.#free.get(half)?.add(offset + half)
      return this.#region.subarray(offset, offset + size)
    }
    return size > SMALLEST_SHARE_BYTES ? this.#cut(size / 2) : Buffer.allocUnsafeSlow(size)
  }

  #take(size: number): number | undefined {
    const free = this.#free.get(size)
    if (free === undefined || free.size === 0) return undefined
    // One after the other, a single download would go through the whole region, and never find its two megabytes in the
    // processor's cache: 1.4 GB/s where it can be 2.
    const lowest = Math.min(...free)
    free.delete(lowest)
    return lowest
  }

  #join(offset: number, size: number): void {
    const otherHalf = offset ^ size
    if (size < LARGEST_SHARE_BYTES && this.#free.get(size)?.delete(otherHalf)) this.#join(offset & ~size, 2 * size)
    else this.#free.get(size)?.add(offset)
  }
}

/** The largest power of two up to a number of bytes, within the bounds of a share. */
function asShare(bytes: number): number {
  const rounded = 2 ** Math.floor(Math.log2(Math.max(1, bytes)))
  return Math.max(SMALLEST_SHARE_BYTES, Math.min(LARGEST_SHARE_BYTES, rounded))
}
