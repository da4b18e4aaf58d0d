import { createCipheriv, randomInt } from 'node:crypto'

/** Numbers and bytes that come again with the same seed. */
export interface SeededRandom {
  /** A whole number from `min` up to and including `max`. */
  int(min: number, max: number): number
  /** One of the entries. @throws Error when there are none. */
  pick<T>(entries: readonly T[]): T
  /** As many of the entries as asked for, or all, in random order. */
  sample<T>(entries: readonly T[], count: number): T[]
  /** Bytes that no compression makes smaller. */
  bytes(length: number): Buffer
  /** Another source, so that what one client draws does not depend on how fast the others are. */
  fork(): SeededRandom
}

/** A seed nobody used before, for a run that was given none. */
export function newSeed(): number {
  return randomInt(2 ** 31)
}

/** Mulberry32: a few lines, and good enough to choose what a test does next. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))

  return {
    int,
    pick(entries) {
      const entry = entries[int(0, entries.length - 1)]
      if (entry === undefined) throw new Error('there is nothing to pick from')
      return entry
    },
    sample(entries, count) {
      const left = [...entries]
      return Array.from({ length: Math.min(count, left.length) }, () => left.splice(int(0, left.length - 1), 1)).flat()
    },
    bytes(length) {
      const key = Buffer.alloc(32)
      for (let offset = 0; offset < 32; offset += 4) key.writeUInt32LE(int(0, 2 ** 32 - 1), offset)
      return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(length))
    },
    fork: () => createSeededRandom(int(0, 2 ** 32 - 1)),
  }
}
