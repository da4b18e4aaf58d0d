/**
 * Everything that a name begins with, from nothing to the whole, as a JSON array: a pattern that covers the name has
 * one of them before its first wildcard, so an index on that finds it, whatever the number of patterns.
 */
export function prefixesOf(name: string): string {
  return JSON.stringify(Array.from({ length: name.length + 1 }, (_, length) => name.slice(0, length)))
}
