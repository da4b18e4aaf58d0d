/** Letters of a beginning that the index tells apart: what begins alike for longer is found by these. */
export const LONGEST_BEGINNING = 12

/** Writing without spaces: each character is a word of its own. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu

/**
 * The words of a text as the search sees them: letters and digits, without case and accents. What is written without
 * spaces (Chinese, Japanese) is cut into characters.
 */
export function wordsOf(text: string): string[] {
  const folded = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
  const runs = folded.match(/[\p{L}\p{N}]+/gu) ?? []
  return runs.flatMap((run) => (isAscii(run) ? [run] : (run.match(UNSPACED) ?? [])))
}

/** A text as one word: `web-frontend`, `web frontend` and `webfrontend` are the same to the search. */
export function keyOf(text: string): string {
  return wordsOf(text).join('')
}

/** Whether a word is one that people write and misspell: letters alone, neither short nor endless. */
export function isVocabulary(word: string): boolean {
  return /^\p{Ll}{4,20}$/u.test(word)
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}
