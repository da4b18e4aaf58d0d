import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyOf, wordsOf } from '../../storage/metadata/search-words.ts'
import { type CatalogueEntry, createCatalogue, seedCatalogue } from '../support/search-catalogue.ts'
import { JUDGEMENTS, type Judgement } from '../support/search-judgements.ts'
import { openTestServer, type TestServer } from '../support/server.ts'

const CATALOGUE = createCatalogue()

let server: TestServer
/** Where the first of the answers that are wanted is: 1 for the top; undefined when it is not among the first ten. */
let places: readonly { readonly judgement: Judgement; readonly place: number | undefined; readonly first: string }[]

beforeAll(async () => {
  server = await openTestServer()
  await seedCatalogue(join(server.dataDir, 'kontor.db'), CATALOGUE, Date.now())
  places = await Promise.all(
    JUDGEMENTS.map(async (judgement) => {
      const names = await search(judgement.query)
      const index = names.findIndex((name) => judgement.best.includes(name))
      return { judgement, place: index < 0 ? undefined : index + 1, first: names[0] ?? 'nothing' }
    }),
  )
}, 120_000)
afterAll(() => server.close())

async function search(q: string): Promise<string[]> {
  return (await readPage({ q, limit: '10' })).names
}

async function readPage(query: object): Promise<{ readonly names: string[]; readonly next: string | undefined }> {
  const { body } = await server.anonymous.get('/api/v1/search').query(query).expect(200)
  return { names: body.items.map((item: { name: string }) => item.name), next: body.next }
}

async function readAllPages(q: string, limit: number): Promise<string[]> {
  const names: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await readPage({ q, limit, ...(after !== undefined && { after }) })
    names.push(...page.names)
    if (page.next === undefined) return names
    after = page.next
  }
}

/** Whether a word is found in an entry, put simply: it begins a word anywhere, or is a part of the name. */
function isFound(entry: CatalogueEntry, word: string): boolean {
  const { name, description, readme, labels } = entry
  const path = name.slice(name.indexOf('/') + 1)
  const words = wordsOf([name, description, readme, ...Object.values(labels)].join(' '))
  return words.some((each) => each.startsWith(word)) || keyOf(path).includes(word)
}

/** The mean of one over the place of the first good answer: 1 when everything is at the top. */
function meanReciprocalRank(kind?: Judgement['kind']): number {
  const judged = places.filter(({ judgement }) => kind === undefined || judgement.kind === kind)
  return judged.reduce((sum, { place }) => sum + (place === undefined ? 0 : 1 / place), 0) / judged.length
}

test('the catalogue and the judgements are what they say', () => {
  expect(CATALOGUE).toHaveLength(2_000)
  expect(JUDGEMENTS.length).toBeGreaterThanOrEqual(60)
  expect(JUDGEMENTS.filter(({ kind }) => kind === 'misspelling').length).toBeGreaterThanOrEqual(15)
  const names = new Set(CATALOGUE.map(({ name }) => name))
  for (const { query, best } of JUDGEMENTS) for (const name of best) expect(names, query).toContain(name)
})

test('what people want is near the top', () => {
  const kinds = [...new Set(JUDGEMENTS.map(({ kind }) => kind))]
  const rows = kinds.map((kind) => `${kind.padEnd(16)} ${meanReciprocalRank(kind).toFixed(3)}`)
  const missed = places
    .filter(({ place }) => place !== 1)
    .map(
      ({ judgement: { kind, query, best }, place, first }) => `${kind}: ${query} → ${best} at ${place}, first ${first}`,
    )
  console.log(
    ['mean reciprocal rank', ...rows, `all              ${meanReciprocalRank().toFixed(3)}`, ...missed].join('\n'),
  )

  expect(meanReciprocalRank('name')).toBeGreaterThanOrEqual(0.95)
  expect(meanReciprocalRank('namespace/name')).toBe(1)
  expect(meanReciprocalRank()).toBeGreaterThanOrEqual(0.8)
})

test('whatever is misspelt is found', () => {
  const lost = places.filter(({ judgement, place }) => judgement.kind === 'misspelling' && place === undefined)
  expect(lost.map(({ judgement }) => judgement.query)).toEqual([])
})

// More than are ranked at once, about as many, and few; with parts of names and without.
test.each(['', 'service', 'metrics', 'nginx', 'redis', 'ost', 'kube'])(
  'page by page, all that there is for "%s" is found, each once',
  async (q) => {
    const expected = CATALOGUE.filter((entry) => isFound(entry, q)).map(({ name }) => name)
    const names = await readAllPages(q, 100)
    expect([...names].sort()).toEqual(expected.sort())
    if (names.length < 500) expect(await readAllPages(q, 7)).toEqual(names)
  },
)
