import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import {
  covers,
  isExactPattern,
  literalPrefixOf,
  parseRepositoryPattern,
  readRepositoryPattern,
  relativePattern,
} from '../../oci/repository-pattern.ts'
import { check } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS, repositoryNames } from './grammar.ts'
import { parsedOr } from './refused-with.ts'

/** The rules as one says them, trying everything: exponential, so for short texts only. */
function coversByTrying(pattern: readonly string[], name: readonly string[]): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return name.length === 0
  if (first === '**') return name.some((_, index) => coversByTrying(rest, name.slice(index + 1)))
  const [component, ...others] = name
  return component !== undefined && fitsByTrying(first, component) && coversByTrying(rest, others)
}

function fitsByTrying(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern.startsWith('*')) {
    return Array.from({ length: text.length + 1 }).some((_, index) => fitsByTrying(pattern.slice(1), text.slice(index)))
  }
  return text.startsWith(pattern.charAt(0)) && fitsByTrying(pattern.slice(1), text.slice(1))
}

const shortComponent = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 6 })
const shortName = fc.array(shortComponent, { minLength: 1, maxLength: 6 })
const shortPattern = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 5 }) },
    { weight: 2, arbitrary: fc.constant('**') },
  ),
  { minLength: 1, maxLength: 5 },
)

test('a pattern covers what the rules say, tried in every possible way', () => {
  let covered = 0
  check(
    fc.property(shortPattern, shortName, (pattern, name) => {
      const expected = coversByTrying(pattern, name)
      covered += expected ? 1 : 0
      expect(covers(pattern.join('/'), name.join('/'))).toBe(expected)
    }),
    { numRuns: 5000 },
  )
  expect(covered).toBeGreaterThan(500)
})

test('a name with parts of it replaced by wildcards is covered, and begins with the literal prefix', () => {
  check(
    fc.property(repositoryNames, fc.infiniteStream(fc.nat(5)), (name, choices) => {
      const choose = () => Number(choices.next().value)
      const components = name.split('/').map((component) => {
        if (choose() === 0) return '**'
        const from = choose()
        return choose() < 3 ? component : `${component.slice(0, from)}*${component.slice(from + choose())}`
      })
      const pattern = components.join('/')
      expect(covers(pattern, name)).toBe(true)
      expect(name.startsWith(literalPrefixOf(pattern))).toBe(true)
    }),
  )
})

test('an exact pattern is one name and covers it only', () => {
  check(
    fc.property(repositoryNames, repositoryNames, (name, other) => {
      const pattern = parseRepositoryPattern(name)
      expect(pattern).toBe(parseRepositoryName(name))
      expect(isExactPattern(pattern)).toBe(true)
      expect(covers(pattern, name)).toBe(true)
      expect(covers(pattern, other)).toBe(name === other)
      for (const close of [`${name}a`, `a${name}`, name.slice(0, -1), name.slice(1), `${name}/a`, `a/${name}`]) {
        expect(covers(pattern, close)).toBe(false)
      }
    }),
  )
})

test('what is relative to a namespace covers within it what the whole covers', () => {
  check(
    fc.property(shortComponent, shortPattern, shortName, (namespace, rest, name) => {
      const pattern = readRepositoryPattern([namespace, ...rest].join('/'))
      fc.pre(pattern !== undefined)
      const relative = relativePattern(namespace, pattern)
      expect(relative).toBe(rest.join('/'))
      expect(covers(relative ?? '', name.join('/'))).toBe(covers(pattern, [namespace, ...name].join('/')))
      expect(relativePattern(`${namespace}a`, pattern)).toBeUndefined()
    }),
  )
})

const almostPattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '-', '.', '_'), maxLength: 12 })

test('any text is either a pattern that covers some name or refused with NAME_INVALID', () => {
  check(
    fc.property(fc.oneof(anyText, almostPattern), (text) => {
      const pattern = readRepositoryPattern(text)
      expect(parsedOr(() => parseRepositoryPattern(text))).toEqual(
        pattern === undefined ? { refused: 'NAME_INVALID' } : { parsed: pattern },
      )
      if (pattern === undefined) return
      expect(pattern).toMatch(/^[a-z0-9._*-]+(\/[a-z0-9._*-]+)*$/)
      expect(readRepositoryPattern(pattern)).toBe(pattern)
      const example = pattern.replaceAll('**', 'x/y').replaceAll('*', 'x')
      expect(readRepositoryName(example)).toBe(example)
      expect(covers(pattern, example)).toBe(true)
    }),
    { numRuns: 5000 },
  )
})

test('what covers no name is no pattern', () => {
  const separators = fc.string({ unit: fc.constantFrom('a', '-', '.', '_', '*'), minLength: 1, maxLength: 4 })
  const names = allTexts('a-._', 5).filter((text) => readRepositoryName(`a/${text}`) !== undefined)
  check(
    fc.property(separators, (component) => {
      fc.pre(!component.includes('**'))
      const coversSome = names.some((name) => covers(component, name))
      expect(readRepositoryPattern(`a/${component}`) !== undefined).toBe(coversSome)
    }),
    { numRuns: 500 },
  )
})

/** Every text of these letters with one to `length` of them. */
function allTexts(letters: string, length: number): readonly string[] {
  const shorter = length === 0 ? [''] : allTexts(letters, length - 1)
  const longest = shorter.filter((text) => text.length === length - 1)
  return [...shorter, ...longest.flatMap((text) => [...letters].map((letter) => text + letter))]
}

const A = 'a'.repeat(251)

test.each([
  ['16 stars between letters', `a/${'*a'.repeat(16)}b`, `a/${A}`],
  ['16 stars between runs of letters', `a/${`*${'a'.repeat(14)}`.repeat(16)}b`, `a/${A}`],
  ['one star before half a name', `a/*${'a'.repeat(125)}b`, `a/${A}`],
  ['16 stars that fit at the very end', `a/${'*a'.repeat(16)}b`, `a/${A}ab`],
  ['16 double stars', `${'**/'.repeat(16)}b`, `${'a/'.repeat(126)}a`],
  ['double stars between components', `${'**/a/a/a/'.repeat(16)}b`, `${'a/'.repeat(126)}a`],
  ['stars in components between double stars', `${'**/*a*/'.repeat(5)}b`, `${'a/'.repeat(126)}a`],
  [
    'a double star before long components',
    `**/${`*${'a'.repeat(15)}b/`.repeat(13)}b`,
    `${'aaaaaaaaaaaaaaa/'.repeat(15)}a`,
  ],
])('a name and a pattern of 255 characters are compared in under a millisecond (S34): %s', (_, pattern, name) => {
  expect(pattern.length).toBeLessThanOrEqual(255)
  expect(name.length).toBeLessThanOrEqual(255)
  expect(bestMs(() => covers(pattern, name))).toBeLessThan(1)
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are refused as a pattern within 5 ms (S33)', (_, text) => {
  for (const hostile of [text, `${text}*`, '*'.repeat(10_000)]) {
    expect(readRepositoryPattern(hostile)).toBeUndefined()
    expect(bestMs(() => readRepositoryPattern(hostile))).toBeLessThan(5)
    expect(bestMs(() => readRepositoryPattern(`a/*${hostile.slice(0, 252)}`))).toBeLessThan(5)
  }
})
