import { expect, test } from 'vitest'
import { rank } from '../../../server/search/rank.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { candidate, lookup, NOW } from './candidates.ts'

const YEAR_MS = 365 * 86_400_000
const POPULAR = { popularity: 5_000_000 }

/** The names, best first, of candidates that are given worst first. */
function ranked(query: string, candidates: Parameters<typeof rank>[0], more: Parameters<typeof lookup>[1] = {}) {
  return rank(candidates, lookup(query, more)).map(({ repository }) => repository.name)
}

test('an exact name comes before a beginning, that before a word, and so on down to the README, popular or not', () => {
  const worstFirst = [
    candidate('a/in-readme', POPULAR),
    candidate('b/in-description', { ...POPULAR, description: 'about nginx' }),
    candidate('c/in-label', { labels: { base: 'nginx' } }),
    candidate('nginx/namespace'),
    candidate('d/for-nginx'),
    candidate('e/nginx-proxy', POPULAR),
    candidate('f/nginx', { pushedAt: NOW - 9 * YEAR_MS }),
  ]
  // The README is worth least, but a million pulls are worth more than a word in a label of something nobody knows.
  expect(ranked('nginx', worstFirst)).toEqual([
    'f/nginx',
    'e/nginx-proxy',
    'b/in-description',
    'd/for-nginx',
    'a/in-readme',
    'nginx/namespace',
    'c/in-label',
  ])
  const equallyKnown = worstFirst.map(({ repository, labels }) =>
    candidate(repository.name, { description: repository.description, labels }),
  )
  expect(ranked('nginx', equallyKnown)).toEqual(equallyKnown.map(({ repository }) => repository.name).reverse())
})

test('what has exactly the name that was typed comes before all that are called the same elsewhere', () => {
  const named = candidate('acme/web', { state: 'deprecated' })
  const worstFirst = [candidate('beta/web', POPULAR), named]
  expect(ranked('acme/web', worstFirst, { named: named.repository })).toEqual(['acme/web', 'beta/web'])
})

test('among equals the popular, the fresh and the official come first', () => {
  expect(ranked('web', [candidate('a/web'), candidate('b/web', { popularity: 10 })])).toEqual(['b/web', 'a/web'])
  expect(ranked('web', [candidate('a/web', { pushedAt: NOW - YEAR_MS }), candidate('b/web')])).toEqual([
    'b/web',
    'a/web',
  ])
  expect(ranked('web', [candidate('a/web'), candidate('library/web')])).toEqual(['library/web', 'a/web'])
})

test.each(['deprecated', 'archived'] as const)('what is %s comes last of what fits as well', (state) => {
  const worstFirst = [
    candidate('a/web-frontend', POPULAR),
    candidate('b/web', { ...POPULAR, state }),
    candidate('c/web', { pushedAt: NOW - 9 * YEAR_MS }),
  ]
  expect(ranked('web', worstFirst)).toEqual(['c/web', 'b/web', 'a/web-frontend'])
})

test('each word counts by the best place it is found in', () => {
  const worstFirst = [
    candidate('a/x', { description: 'message broker' }),
    candidate('b/broker', { description: 'for a message' }),
    candidate('c/my-message-broker'),
  ]
  expect(ranked('message broker', worstFirst)).toEqual(['c/my-message-broker', 'b/broker', 'a/x'])
})

test('a name may be written with other separators, and its namespace left out', () => {
  const worstFirst = [candidate('a/web-front-end'), candidate('acme/team/web-frontend')]
  expect(ranked('webfrontend', worstFirst)).toEqual(['acme/team/web-frontend', 'a/web-front-end'])
  expect(ranked('web front end', [candidate('a/webfrontendx'), candidate('a/web-front-end')])[0]).toBe(
    'a/web-front-end',
  )
})

test('a word that an account is called by counts for its repositories', () => {
  const terms = [{ typed: 'acm', words: ['acm'], prefix: 'acm', ownerIds: [7 as AccountId] }]
  const worstFirst = [candidate('b/x', { description: 'acm' }), candidate('acme/x', { ownerId: 7 as AccountId })]
  expect(ranked('acm', worstFirst, { terms })).toEqual(['acme/x', 'b/x'])
})

test('without words, the popular come first', () => {
  expect(ranked('', [candidate('a/x'), candidate('b/x', POPULAR)])).toEqual(['b/x', 'a/x'])
})
