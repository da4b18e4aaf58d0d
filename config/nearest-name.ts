/**
 * Finds the candidate that somebody meant who wrote `name`: the one with the fewest differing letters, else the only
 * one whose last word is the same (`port` → `http.port`). Case, and whether words are joined by capitals, dashes,
 * dots or underscores, makes no difference. Undefined when nothing is near.
 */
export function findNearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = toWords(name)
  // A third of the letters may be wrong; beyond that a suggestion is a guess.
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let nearest: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(wanted, toWords(candidate))
    if (distance <= limit && (nearest === undefined || distance < nearest.distance)) nearest = { candidate, distance }
  }
  if (nearest !== undefined) return nearest.candidate
  const lastWord = lastWordOf(wanted)
  const [only, ...others] = candidates.filter((candidate) => lastWordOf(toWords(candidate)) === lastWord)
  return others.length === 0 ? only : undefined
}

function toWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1.$2')
    .replace(/[._-]+/g, '.')
    .toLowerCase()
}

function lastWordOf(words: string): string {
  return words.slice(words.lastIndexOf('.') + 1)
}

/** Levenshtein's: how many letters must be added, removed or replaced. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
