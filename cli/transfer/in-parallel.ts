/**
 * Does work for each item, a few at a time. The first failure stops what has not begun, lets what is under way come to its
 * end, and is thrown.
 */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]()
  const failures: unknown[] = []
  async function runOne(): Promise<void> {
    for (const item of { [Symbol.iterator]: () => waiting }) {
      if (failures.length > 0) return
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, runOne))
  if (failures.length > 0) throw failures[0]
}
