import { expect, test } from 'vitest'
import { countAt, formatCursor, parseCursor, textAt } from '../../../server/search/cursor.ts'
import { SearchRefusal } from '../../../server/search/search-refusal.ts'

test('a cursor brings back what it was made from', () => {
  const state = parseCursor('repository nginx', formatCursor('repository nginx', [3, 'acme/web', 0]))
  expect([countAt(state, 0), textAt(state, 1), countAt(state, 2)]).toEqual([3, 'acme/web', 0])
})

test.each([
  ['of another search', formatCursor('repository redis', [1])],
  ['that is no base64', 'n/a'],
  ['that is empty', ''],
  ['that is no JSON', Buffer.from('{"').toString('base64url')],
  ['that is no list', Buffer.from('{"0":1}').toString('base64url')],
  ['with an object in it', Buffer.from('[{}]').toString('base64url')],
  ['that is endless', 'A'.repeat(10_000)],
])('one %s is refused', (_, text) => {
  expect(() => parseCursor('repository nginx', text)).toThrow(SearchRefusal)
})

test.each([[-1], [1.5], [1e300], ['1']])('%j is no count', (value) => {
  const state = parseCursor('x', formatCursor('x', [value]))
  expect(() => countAt(state, 0)).toThrow(SearchRefusal)
  expect(() => textAt(state, 5)).toThrow(SearchRefusal)
})
