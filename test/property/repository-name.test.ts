import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isNamespace, namespaceOf, parseRepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import { check } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS, repositoryNames } from './grammar.ts'
import { parsedOr } from './refused-with.ts'

/** The grammar as the distribution-spec prints it, applied to the whole name at once. */
const SPEC = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/

test('every name that the grammar makes is read as it is, and its namespace is its first component', () => {
  check(
    fc.property(repositoryNames, (text) => {
      const name = parseRepositoryName(text)
      expect(name).toBe(text)
      expect(namespaceOf(name)).toBe(text.split('/')[0])
      expect(isNamespace(namespaceOf(name))).toBe(true)
    }),
  )
})

test('any text is either a name of the grammar or refused with NAME_INVALID', () => {
  check(
    fc.property(anyText, (text) => {
      const full = text.includes('/') ? text : `library/${text}`
      const isValid = SPEC.test(text) && full.length <= 255
      expect(parsedOr(() => parseRepositoryName(text))).toEqual(
        isValid ? { parsed: full } : { refused: 'NAME_INVALID' },
      )
    }),
    { numRuns: 1000 },
  )
})

test('one character too many in any place makes it no name any more', () => {
  const foreign = fc.constantFrom('A', ' ', '\0', '\n', '%', '\\', '"', ':', '..', '//', 'é', '\u202e', '@', '?', '#')
  check(
    fc.property(repositoryNames, foreign, fc.double({ min: 0, max: 1, noNaN: true }), (name, character, where) => {
      const at = Math.round(where * name.length)
      expect(readRepositoryName(name.slice(0, at) + character + name.slice(at))).toBeUndefined()
    }),
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are refused within 5 ms (S33)', (_, text) => {
  expect(readRepositoryName(text)).toBeUndefined()
  expect(bestMs(() => readRepositoryName(text))).toBeLessThan(5)
  expect(bestMs(() => isNamespace(text))).toBeLessThan(5)
})

test.each(HOSTILE_TEXTS)('as many %s as a name may have are refused within 5 ms (S33)', (_, text) => {
  const longest = text.slice(-255)
  expect(bestMs(() => readRepositoryName(longest))).toBeLessThan(5)
})
