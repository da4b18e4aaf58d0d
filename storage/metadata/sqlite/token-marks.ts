/**
 * A document is a set of tokens: its words, the first letters of those of its name, and others that begin with a mark,
 * which no word does. The index knows whole tokens only, for the documents of a token can be walked lazily, while SQLite
 * gathers those of a prefix, a phrase or a token in one of several columns beforehand, or walks past the others.
 */
export const MARKS = {
  /** All of the last component of a name, or of the name without its namespace. */
  exact: '=',
  /** The first letters of one of these. */
  start: '^',
  /** Three letters in a row of the name without its namespace. */
  gram: '#',
  /** What the document is, apart from its text. */
  facet: '@',
} as const
export type Mark = keyof typeof MARKS
