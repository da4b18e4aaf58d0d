import type { Database } from 'better-sqlite3'
import type { IndexedWord } from '../search-index.ts'

/** Words of this many letters are looked for with two of them left out; what is stored never lacks more than one. */
const TWO_ERRORS_FROM = 8

/** Of the words that begin with some letters, those that are looked at to find the frequent ones. */
const MAX_BEGUN = 1000

/** The words of all documents' names and descriptions, and how often each is there. */
export interface SearchVocabulary {
  /** Counts a document's words anew, inside the transaction of the caller. */
  change(before: ReadonlySet<string>, after: ReadonlySet<string>): void
  listFrom(prefix: string, limit: number): readonly IndexedWord[]
  listLike(word: string, limit: number): readonly IndexedWord[]
}

/**
 * Misspelt words are found by what is left of a word without one of its letters: two words that differ in one letter,
 * have one more or less, or two letters swapped, have such a rest in common.
 */
export function createSearchVocabulary(db: Database): SearchVocabulary {
  const add = db.prepare<[string], { documents: number }>(`
    INSERT INTO search_word (word, documents) VALUES (?, 1)
    ON CONFLICT (word) DO UPDATE SET documents = documents + 1 RETURNING documents`)
  const take = db.prepare<[string], { documents: number }>(
    'UPDATE search_word SET documents = documents - 1 WHERE word = ? RETURNING documents',
  )
  const forget = db.prepare<[string]>('DELETE FROM search_word WHERE word = ?')
  const addVariant = db.prepare<[string, string]>('INSERT OR IGNORE INTO search_spelling (variant, word) VALUES (?, ?)')
  const forgetVariant = db.prepare<[string, string]>('DELETE FROM search_spelling WHERE variant = ? AND word = ?')
  const selectFrom = db.prepare<{ prefix: string; stop: string; limit: number }, IndexedWord>(`
    SELECT * FROM (SELECT word, documents FROM search_word WHERE word >= @prefix AND word < @stop LIMIT ${MAX_BEGUN})
    ORDER BY documents DESC LIMIT @limit`)
  const selectLike = db.prepare<{ variants: string; limit: number }, IndexedWord>(`
    SELECT search_word.word, search_word.documents
    FROM (SELECT DISTINCT word FROM json_each(@variants) CROSS JOIN search_spelling ON variant = json_each.value) AS like
    CROSS JOIN search_word ON search_word.word = like.word
    ORDER BY search_word.documents DESC LIMIT @limit`)

  return {
    change(before, after) {
      for (const word of after) {
        if (before.has(word)) continue
        if (add.get(word)?.documents === 1) for (const variant of variantsOf(word)) addVariant.run(variant, word)
      }
      for (const word of before) {
        if (after.has(word) || take.get(word)?.documents !== 0) continue
        forget.run(word)
        for (const variant of variantsOf(word)) forgetVariant.run(variant, word)
      }
    },
    // No letter comes after this one.
    listFrom: (prefix, limit) => selectFrom.all({ prefix, stop: `${prefix}\u{10ffff}`, limit }),
    listLike(word, limit) {
      const once = variantsOf(word)
      const variants =
        [...word].length < TWO_ERRORS_FROM ? once : new Set([...once].flatMap((left) => [...variantsOf(left)]))
      return selectLike.all({ variants: JSON.stringify([...variants]), limit })
    },
  }
}

/** The word, and what is left of it without one of its letters. */
function variantsOf(word: string): Set<string> {
  const letters = [...word]
  return new Set([word, ...letters.map((_, at) => letters.filter((__, other) => other !== at).join(''))])
}
