import { createHash } from 'node:crypto'
import { SearchRefusal } from './search-refusal.ts'

/** Where the next page of a search starts, as clients carry it: a list of numbers and texts that means nothing to them. */
export type CursorState = readonly (number | string)[]

/** Longer than any that was handed out: a name and a tag are in the longest. */
export const MAX_CURSOR_LENGTH = 1_000

/** Makes the text of a cursor, which is good for this search only. */
export function formatCursor(search: string, state: CursorState): string {
  return Buffer.from(JSON.stringify([fingerprint(search), ...state])).toString('base64url')
}

/**
 * Reads a cursor of this search.
 * @param search what the cursor is for: kind and text of the search.
 * @throws SearchRefusal for one of another search, or of nobody's.
 */
export function parseCursor(search: string, text: string): CursorState {
  const values = readList(text)
  if (values === undefined || values[0] !== fingerprint(search)) throw wrongPage()
  return values.slice(1)
}

/** What is said of a cursor that was not handed out. */
export function wrongPage(): SearchRefusal {
  return new SearchRefusal('PAGE_INVALID', 'after is not the next of this search; leave it out to start again')
}

/** A text of the list. @throws SearchRefusal */
export function textAt(state: CursorState, index: number): string {
  const value = state[index]
  if (typeof value === 'string') return value
  throw wrongPage()
}

/** A number of the list, if it can be a count or a position. @throws SearchRefusal */
export function countAt(state: CursorState, index: number): number {
  const value = state[index]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw wrongPage()
}

function readList(text: string): CursorState | undefined {
  if (text.length > MAX_CURSOR_LENGTH) return undefined
  const bytes = Buffer.from(text, 'base64url')
  // Decoding leaves out what is no base64, of which none was handed out.
  if (bytes.toString('base64url') !== text) return undefined
  try {
    const values: unknown = JSON.parse(bytes.toString('utf8'))
    return Array.isArray(values) && values.every((value) => typeof value === 'number' || typeof value === 'string')
      ? values
      : undefined
  } catch {
    return undefined
  }
}

function fingerprint(search: string): string {
  return createHash('sha256').update(search).digest('base64url').slice(0, 12)
}
