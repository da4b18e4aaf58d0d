/**
 * Keeps what was made from what a metadata store says until anything in the store changes, by whomever: what it tells is
 * what the store would tell now (I7).
 */
export interface Recollection<T> {
  /**
   * What was made for the same key from the store as it is now; or makes it, and keeps it unless the store has changed
   * meanwhile.
   * @throws what making it throws; then nothing is kept.
   */
  recall(key: string, make: () => Promise<T>): Promise<T>
}

/** Makes a recollection of things that together weigh so much at most, in whatever unit they are weighed. */
export function createRecollection<T>(options: {
  /** Of the store: a number that is another one after any change. */
  readonly readChangeMark: () => number
  readonly maxWeight: number
  /** Undefined: not to be kept. */
  readonly weigh: (made: T) => number | undefined
}): Recollection<T> {
  const { readChangeMark, maxWeight, weigh } = options
  let kept = new Map<string, T>()
  let keptWeight = 0
  let keptSince = readChangeMark()

  function startOver(mark: number): void {
    if (kept.size > 0) kept = new Map()
    keptWeight = 0
    keptSince = mark
  }

  function keep(key: string, made: T, mark: number): void {
    const weight = weigh(made)
    if (weight === undefined || weight > maxWeight) return
    // Who asks for more than there is room for gains little; it is to cost little too.
    if (keptWeight + weight > maxWeight) startOver(mark)
    if (!kept.has(key)) keptWeight += weight
    kept.set(key, made)
  }

  return {
    async recall(key, make) {
      const mark = readChangeMark()
      if (mark !== keptSince) startOver(mark)
      const known = kept.get(key)
      if (known !== undefined) return known
      const made = await make()
      // It may have been made from both states.
      if (readChangeMark() === mark && keptSince === mark) keep(key, made, mark)
      return made
    },
  }
}
