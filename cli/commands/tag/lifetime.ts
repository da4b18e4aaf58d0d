/** A time in which a tag pointed to one manifest, as `GET …/history` answers. */
export interface Lifetime {
  readonly digest: string
  readonly mediaType: string
  readonly startedAt: string
  readonly startedBy: string | null
  /** Null while it points there. */
  readonly endedAt: string | null
  readonly endedBy: string | null
  readonly current: boolean
}
