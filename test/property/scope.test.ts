import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseScopes } from '../../oci/scope.ts'
import { check } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS, repositoryNames } from './grammar.ts'

const ACTIONS = ['pull', 'push', 'delete'] as const

const scopeText = fc
  .tuple(
    repositoryNames,
    fc.array(fc.constantFrom('pull', 'push', 'delete', '*', 'PULL', 'admin', '')),
    fc.constantFrom('repository', 'repository(plugin)'),
  )
  .map(([name, actions, type]) => `${type}:${name}:${actions.join(',')}`)

const anyScope = fc.oneof(
  scopeText,
  fc.constantFrom('registry:catalog:*', 'registry:catalog:search'),
  anyText,
  anyText.map((text) => `repository:${text}:pull`),
)

test('no text makes it throw, and what comes out is bounded and well-formed', () => {
  check(
    fc.property(fc.array(anyScope, { maxLength: 100 }), (parameters) => {
      const scopes = parseScopes(parameters)
      expect(scopes.length).toBeLessThanOrEqual(65)
      const names = scopes.map((scope) => (scope.kind === 'repository' ? scope.name : 'the catalog'))
      expect(new Set(names).size).toBe(names.length)
      for (const scope of scopes) {
        if (scope.kind !== 'repository') continue
        expect(scope.name).toMatch(/^[a-z0-9]+[a-z0-9._-]*(\/[a-z0-9]+[a-z0-9._-]*)+$/)
        expect(ACTIONS).toEqual(expect.arrayContaining([...scope.actions]))
        expect(new Set(scope.actions).size).toBe(scope.actions.length)
      }
    }),
    { numRuns: 500 },
  )
})

test('no action comes out that was not asked for', () => {
  check(
    fc.property(fc.array(scopeText, { maxLength: 20 }), (parameters) => {
      for (const scope of parseScopes(parameters)) {
        if (scope.kind !== 'repository') throw new Error('nobody asked for the catalog')
        const asked = parameters
          .filter((text) => text.startsWith('repository') && text.split(':')[1] === scope.name)
          .flatMap((text) => text.split(':')[2]?.split(',') ?? [])
        for (const action of scope.actions) {
          expect(asked.includes(action) || asked.includes('*')).toBe(true)
        }
      }
    }),
  )
})

test('repeated parameters, spaces between and both at once say the same', () => {
  const whitespace = fc.constantFrom(' ', '  ', '\t', '\n')
  check(
    fc.property(fc.array(scopeText, { maxLength: 20 }), fc.nat(20), whitespace, (texts, split, between) => {
      const repeated = parseScopes(texts)
      expect(parseScopes([texts.join(between)])).toEqual(repeated)
      expect(parseScopes([texts.slice(0, split).join(between), ...texts.slice(split)])).toEqual(repeated)
    }),
  )
})

test('asking again for the same adds nothing', () => {
  check(
    fc.property(fc.array(scopeText, { maxLength: 20 }), (texts) => {
      expect(parseScopes([...texts, ...texts])).toEqual(parseScopes(texts))
    }),
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are read within 5 ms (S33)', (_, text) => {
  for (const hostile of [text, `repository:${text}:pull`, `repository(${text}:a:pull`, `repository:a/b:${text}`]) {
    expect(bestMs(() => parseScopes([hostile]))).toBeLessThan(5)
  }
})
