import { expect, test } from 'vitest'
import { countFacets } from '../../../server/search/facets.ts'
import { candidate } from './candidates.ts'

test('repositories are counted by what they are, each once for a value', () => {
  const counts = countFacets([
    candidate('library/nginx', { platforms: ['linux/amd64', 'linux/arm64/v8', 'windows/amd64'] }),
    candidate('acme/chart', { kinds: ['helm', 'image'], visibility: 'private', platforms: [] }),
    candidate('acme/web', { state: 'deprecated', labels: { team: 'web', note: 'x'.repeat(100) } }),
  ])
  expect(counts).toEqual({
    organization: [
      { value: 'acme', count: 2 },
      { value: 'library', count: 1 },
    ],
    visibility: [
      { value: 'public', count: 2 },
      { value: 'private', count: 1 },
    ],
    kind: [
      { value: 'image', count: 3 },
      { value: 'helm', count: 1 },
    ],
    architecture: [
      { value: 'amd64', count: 2 },
      { value: 'arm64', count: 1 },
    ],
    os: [
      { value: 'linux', count: 2 },
      { value: 'windows', count: 1 },
    ],
    state: [
      { value: 'active', count: 2 },
      { value: 'deprecated', count: 1 },
    ],
    official: [
      { value: 'false', count: 2 },
      { value: 'true', count: 1 },
    ],
    label: [{ value: 'team=web', count: 1 }],
  })
})

test('of many values the ten most frequent are shown', () => {
  const candidates = Array.from({ length: 40 }, (_, index) => candidate(`org-${index % 12}/r`))
  const { organization } = countFacets(candidates)
  expect(organization).toHaveLength(10)
  expect(organization.map(({ count }) => count)).toEqual([4, 4, 4, 4, 3, 3, 3, 3, 3, 3])
})
