import { expect, test } from 'vitest'
import { excerpt, highlight } from '../../../server/search/highlights.ts'
import { candidate, lookup } from './candidates.ts'

/** The marked parts of each field. */
function marked(found: ReturnType<typeof highlight>): Record<string, string[]> {
  return Object.fromEntries(
    found.map(({ field, text, ranges }) => [field, ranges.map(([start, end]) => text.slice(start, end))]),
  )
}

test('words are marked where they stand, in the text as it is written', () => {
  const found = highlight(
    candidate('acme/nginx-proxy', { description: 'An NGINX for Zürich', labels: { team: 'nginx', tier: 'web' } }),
    lookup('nginx zurich'),
  )
  expect(marked(found)).toEqual({ name: ['nginx'], description: ['NGINX', 'Zürich'], label: ['nginx'] })
  expect(found.find(({ field }) => field === 'label')?.text).toBe('team=nginx')
})

test('of a name, the beginning that was typed is marked, and what runs across its words', () => {
  expect(marked(highlight(candidate('acme/nginx'), lookup('ngi')))).toEqual({ name: ['ngi'] })
  expect(marked(highlight(candidate('acme/web-frontend'), lookup('webfrontend')))).toEqual({ name: ['web-frontend'] })
  expect(marked(highlight(candidate('acme/mynginx'), lookup('nginx')))).toEqual({ name: ['nginx'] })
})

test('a description is marked where a word stands, not where one begins', () => {
  expect(highlight(candidate('acme/x', { description: 'nginxes' }), lookup('nginx'))).toEqual([])
})

test('marks that touch are one', () => {
  expect(marked(highlight(candidate('acme/web-api'), lookup('web api webapi')))).toEqual({ name: ['web-api'] })
})

test('of a README the part around the first word is shown, cut between words', () => {
  const readme = `# Title\n\n${'lorem ipsum '.repeat(1_000)}then there is Nginx at last ${'dolor sit '.repeat(1_000)}`
  const found = excerpt(readme, lookup('nginx'))
  expect(found?.text.length).toBeLessThanOrEqual(200)
  expect(found?.text).toMatch(/^(lorem|ipsum) .*there is Nginx at last.* (dolor|sit)$/)
  expect(readme).toContain(found?.text)
  expect(marked(found === undefined ? [] : [found])).toEqual({ readme: ['Nginx'] })
})

test('a short README is shown whole, and one without the words not at all', () => {
  expect(excerpt('About nginx.', lookup('nginx'))).toEqual({ field: 'readme', text: 'About nginx.', ranges: [[6, 11]] })
  expect(excerpt('About nothing.', lookup('nginx'))).toBeUndefined()
  expect(excerpt('', lookup('nginx'))).toBeUndefined()
})

test('no character is cut in two, and a text without spaces ends somewhere', () => {
  const found = excerpt(`${'🚀'.repeat(5_000)}nginx${'🚀'.repeat(5_000)}`, lookup('nginx'))
  expect(found?.text).toContain('nginx')
  expect(found?.text).not.toMatch(/\p{Cs}/u)
})
