import fc from 'fast-check'

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789'

const word = fc.string({ unit: fc.constantFrom(...ALPHANUMERIC), minLength: 1, maxLength: 12 })
const separator = fc.constantFrom('.', '_', '__', '-', '--', '-----')

/** One component of a repository's name, as the grammar of the distribution-spec makes them. */
const component = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.map(([between, next]) => between + next).join(''))

/** Components that stand for something else in a path. */
const misleading = fc.constantFrom('manifests', 'blobs', 'uploads', 'tags', 'list', 'referrers', 'v2', 'catalog')

/** Names of repositories, namespace included, some of which look like other paths. */
export const repositoryNames = fc
  .array(fc.oneof({ weight: 3, arbitrary: component }, { weight: 1, arbitrary: misleading }), {
    minLength: 2,
    maxLength: 6,
  })
  .map((components) => components.join('/'))
  .filter((name) => name.length <= 255)

export const tagNames = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/)

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })

export const digestTexts = fc.oneof(
  hex(64).map((text) => `sha256:${text}`),
  hex(128).map((text) => `sha512:${text}`),
)

/** Any text at all, some of it close to what is expected. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(...'ab01:/.-_%,="\\ \n\0()*'), maxLength: 300 }),
)

/** Mostly what is taken, or nothing would be. */
export function mostly<T>(good: readonly T[], bad: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) })
}

/** Ten kilobytes that make a careless expression try everything (S33). */
export const HOSTILE_TEXTS: readonly (readonly [description: string, text: string])[] = (
  [
    ['letters and a bad end', 'a', '!'],
    ['hyphens', '-', ''],
    ['a letter and hyphens', 'a-', '!'],
    ['a letter and many hyphens', 'a-----', '!'],
    ['underscores', 'a_', '_!'],
    ['double underscores', 'a__', '___'],
    ['dots', 'a.', '.'],
    ['slashes', '/', ''],
    ['components', 'a/', '!'],
    ['components with separators', 'a-b_c.d/', '..'],
    ['digits', '0', '-'],
    ['colons', 'a:', ':'],
    ['percent signs', '%', '%'],
    ['zero bytes', '\0', 'a'],
    ['hex', 'f0', 'g'],
    ['ranges', '0-0,', 'x'],
    ['spaces', ' ', 'x'],
  ] as const
).map(([description, unit, end]) => [description, unit.repeat(Math.ceil(10_000 / unit.length)) + end])

/** Milliseconds that some work takes, at best of some tries: a busy machine is not its fault. */
export function bestMs(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now()
    work()
    best = Math.min(best, performance.now() - startMs)
  }
  return best
}
