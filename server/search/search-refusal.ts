/** A search that cannot be made as it was asked for: what is wrong with it, and what to do next. */
export class SearchRefusal extends Error {
  /** `QUERY_INVALID`: the text; `PAGE_INVALID`: what should say where the next page starts. */
  readonly code: 'QUERY_INVALID' | 'PAGE_INVALID'

  constructor(code: SearchRefusal['code'], message: string) {
    super(message)
    this.name = 'SearchRefusal'
    this.code = code
  }
}
