/** A piece of a query, as spaces and quotes divide it. */
export interface QueryToken {
  /** Without its quotes. */
  readonly text: string
  /** Where in the text the first colon is that stands in no quotes; undefined when there is none. */
  readonly colonAt: number | undefined
  /** Whether it begins with a quote, and so is nothing but words. */
  readonly isQuoted: boolean
}

/** Cuts a query at its spaces. What is in quotes stays together; a quote that nobody closes ends with the text. */
export function readQueryTokens(text: string): QueryToken[] {
  const tokens: QueryToken[] = []
  for (const [piece] of text.matchAll(/(?:"[^"]*(?:"|$)|[^\s"])+/g)) tokens.push(toToken(piece))
  return tokens
}

function toToken(piece: string): QueryToken {
  let text = ''
  let colonAt: number | undefined
  let isInQuotes = false
  for (const letter of piece) {
    if (letter === '"') {
      isInQuotes = !isInQuotes
      continue
    }
    if (letter === ':' && !isInQuotes) colonAt ??= text.length
    text += letter
  }
  return { text, colonAt, isQuoted: piece.startsWith('"') }
}
