import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editDistance, forgivenErrors } from '../../../server/search/edit-distance.ts'

test.each([
  ['nginx', 'nginx', 0],
  ['ngnix', 'nginx', 1],
  ['ngin', 'nginx', 1],
  ['nginxx', 'nginx', 1],
  ['ngimx', 'nginx', 1],
  ['ngmixx', 'nginx', 2],
  ['gnimxx', 'nginx', 3],
  ['redis', 'python', 3],
  ['', 'ab', 2],
  ['zürich', 'zurich', 1],
  ['🚀a', '🚀b', 1],
])('from %s to %s are %i errors, as far as three', (from, to, errors) => {
  expect(editDistance(from, to, 2)).toBe(Math.min(errors, 3))
})

test('it is the same in both directions, and no longer than the limit says', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
  fc.assert(
    fc.property(word, word, (one, other) => {
      const whole = editDistance(one, other, 10)
      expect(editDistance(other, one, 10)).toBe(whole)
      expect(editDistance(one, other, 2)).toBe(Math.min(whole, 3))
    }),
  )
})

test('a longer word is forgiven one more', () => {
  expect([forgivenErrors('grafana'), forgivenErrors('keycloak')]).toEqual([1, 2])
})
