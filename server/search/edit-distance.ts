/**
 * How many typing errors lie between two words: letters missing, too many, wrong, or two neighbours swapped (optimal
 * string alignment). Anything above `limit` is told as `limit + 1`: a longer way is not measured to its end.
 */
export function editDistance(from: string, to: string, limit: number): number {
  const [rows, columns] = [[...from], [...to]]
  if (Math.abs(rows.length - columns.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: columns.length + 1 }, (_, column) => column)
  for (let row = 1; row <= rows.length; row++) {
    const current = [row]
    for (let column = 1; column <= columns.length; column++) {
      const isSame = rows[row - 1] === columns[column - 1]
      const changed = at(last, column - 1) + (isSame ? 0 : 1)
      let best = Math.min(changed, at(last, column) + 1, at(current, column - 1) + 1)
      const isSwapped = rows[row - 1] === columns[column - 2] && rows[row - 2] === columns[column - 1]
      if (row > 1 && column > 1 && isSwapped) best = Math.min(best, at(beforeLast, column - 2) + 1)
      current.push(best)
    }
    if (Math.min(...current) > limit) return limit + 1
    beforeLast = last
    last = current
  }
  return Math.min(at(last, columns.length), limit + 1)
}

/** Errors that a word of this length is forgiven: in a short one every letter matters. */
export function forgivenErrors(word: string): number {
  return [...word].length < 8 ? 1 : 2
}

function at(numbers: readonly number[], index: number): number {
  const value = numbers[index]
  if (value === undefined) throw new Error(`there is no place ${index} in a row of ${numbers.length}`)
  return value
}
