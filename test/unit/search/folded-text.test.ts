import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldText } from '../../../server/search/folded-text.ts'
import { wordsOf } from '../../../storage/metadata/search-words.ts'

function placed(text: string): string[] {
  const folded = foldText(text)
  return folded.words.map(({ word, at }) => {
    const [start, end] = folded.rangeOf(at, word.length)
    return `${word}=${text.slice(start, end)}`
  })
}

test.each([
  ['acme/web-frontend', ['acme=acme', 'web=web', 'frontend=frontend']],
  ['Café Zürich', ['cafe=Café', 'zurich=Zürich']],
  ['Cafe\u0301!', ['cafe=Cafe\u0301']],
  ['ﬁne ½', ['fine=ﬁne', '1=½', '2=½']],
  ['🚀 rocket 𝔘p', ['rocket=rocket', 'up=𝔘p']],
  ['数据 db', ['数=数', '据=据', 'db=db']],
  ['İstanbul', ['istanbul=İstanbul']],
])('the words of %s are found where they stand', (text, expected) => {
  expect(placed(text)).toEqual(expected)
})

test('the words are those of the index', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'aÀé e\u0301ΣΑσ数デー-/_1½ﬁ🚀'), maxLength: 60 }),
  )
  fc.assert(
    fc.property(text, (written) => {
      const folded = foldText(written)
      // Greek alone has a letter that looks different at the end of a word; mathematicians' sigmas do not know where that is.
      const oneSigma = (letters: string) => letters.replaceAll('ς', 'σ')
      expect(oneSigma(folded.letters)).toBe(oneSigma(wordsOf(written).join('')))
      expect(folded.words.map(({ word }) => oneSigma(word))).toEqual(wordsOf(written).map(oneSigma))
      for (const { word, at } of folded.words) {
        const [start, end] = folded.rangeOf(at, word.length)
        expect(start).toBeLessThan(end)
        expect(end).toBeLessThanOrEqual(written.length)
      }
    }),
    { numRuns: 2_000 },
  )
})
