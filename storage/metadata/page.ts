/** One page of a list that is read in order; `next` is where the following page starts, if there is one. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}

/** Which page: entries after `after` (exclusive), at most `limit`. */
export interface PageRequest {
  readonly after: string | undefined
  readonly limit: number
}
