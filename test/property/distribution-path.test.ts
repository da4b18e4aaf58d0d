import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePath } from '../../server/distribution/path.ts'
import { check } from './check.ts'
import { anyText, bestMs, digestTexts, HOSTILE_TEXTS, repositoryNames, tagNames } from './grammar.ts'

/** How clients write a digest in a path: as it is, or with its colon encoded. */
const spellings = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.replace(':', '%3A'),
  (text: string) => text.replace(':', '%3a'),
)

test('every path of every repository leads where it should, though components be called manifests, blobs or tags', () => {
  const reference = fc.oneof(tagNames, digestTexts)
  const uploadId = fc.stringMatching(/^[A-Za-z0-9_-]{24}$/)
  check(
    fc.property(
      repositoryNames,
      reference,
      digestTexts,
      uploadId,
      spellings,
      (name, tagOrDigest, digest, id, spell) => {
        const at = (rest: string) => parsePath(`/v2/${name}/${rest}`)
        expect(at(`manifests/${spell(tagOrDigest)}`)).toEqual({ kind: 'manifest', name, reference: tagOrDigest })
        expect(at(`blobs/${spell(digest)}`)).toEqual({ kind: 'blob', name, digest })
        expect(at(`referrers/${spell(digest)}`)).toEqual({ kind: 'referrers', name, digest })
        expect(at('tags/list')).toEqual({ kind: 'tags', name })
        expect(at('blobs/uploads')).toEqual({ kind: 'uploads', name })
        expect(at('blobs/uploads/')).toEqual({ kind: 'uploads', name })
        expect(at(`blobs/uploads/${id}`)).toEqual({ kind: 'upload', name, id })
      },
    ),
    { numRuns: 1000 },
  )
})

test('no path makes it throw, and a name is never longer than the path it stands in', () => {
  const segment = fc.oneof(
    anyText,
    fc.constantFrom('v2', 'manifests', 'blobs', 'uploads', 'tags', 'list', 'referrers', '_catalog', '', '..', '%2e%2e'),
  )
  const path = fc.oneof(
    anyText,
    fc.array(segment, { maxLength: 8 }).map((segments) => `/v2/${segments.join('/')}`),
  )
  check(
    fc.property(path, (text) => {
      const parsed = parsePath(text)
      if (parsed === undefined || !('name' in parsed)) return
      // What stands before the operation, to the letter: nothing is decoded, resolved or cleaned (S30, S31).
      expect(text.startsWith(`/v2/${parsed.name}/`)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are read within 5 ms (S33)', (_, text) => {
  for (const path of [text, `/v2/${text}`, `/v2/${text}/manifests/${text}`, `/v2/a/b/blobs/uploads/${text}`]) {
    expect(bestMs(() => parsePath(path))).toBeLessThan(5)
  }
})
