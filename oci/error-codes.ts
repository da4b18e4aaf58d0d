/**
 * Every refusal Kontor can utter on the wire, in one place: code → HTTP status → default sentence.
 * Codes are those of the distribution-spec (spec.md, Error Codes) plus those that Distribution added and clients know.
 * docker does not retry UNAUTHORIZED, DENIED, UNSUPPORTED, TOOMANYREQUESTS and NAME_UNKNOWN; anything else it does.
 */
export const ERROR_CODES = {
  BLOB_UNKNOWN: { status: 404, message: 'this repository does not have this blob' },
  BLOB_UPLOAD_INVALID: { status: 400, message: 'this upload cannot go on; start a new one' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'there is no such upload; it may have expired, start a new one' },
  DENIED: { status: 403, message: 'you may not do this' },
  DIGEST_INVALID: { status: 400, message: 'the digest does not match the content' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: 'the manifest refers to content this repository does not have' },
  MANIFEST_INVALID: { status: 400, message: 'the manifest is not valid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'this repository does not have this manifest' },
  NAME_INVALID: { status: 400, message: 'this is not a repository name' },
  NAME_UNKNOWN: { status: 404, message: 'there is no such repository' },
  PAGINATION_NUMBER_INVALID: { status: 400, message: 'n must be a whole number, zero or greater' },
  RANGE_INVALID: { status: 416, message: 'the range does not fit' },
  SIZE_INVALID: { status: 400, message: 'the length does not match the content' },
  STORAGE_FULL: { status: 507, message: 'the registry has no room left; its administrator must free some space' },
  TAG_INVALID: { status: 400, message: 'this is not a tag' },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests; wait and try again' },
  UNAUTHORIZED: { status: 401, message: 'authentication is required' },
  UNAVAILABLE: { status: 503, message: 'the registry cannot do this now; try again soon' },
  UNKNOWN: { status: 500, message: 'something went wrong in the registry' },
  UNSUPPORTED: { status: 405, message: 'this operation is not supported' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** What may differ from the catalogue's entry for one refusal. */
export interface RefusalDetails {
  /** The sentence for this case; it says what is wrong and what to do next. */
  readonly message?: string
  /** Anything that helps a program: JSON, never a secret. */
  readonly detail?: unknown
  /** Another status than the catalogue's, where the spec gives one code several (e.g. 413 for a huge manifest). */
  readonly status?: number
  /** Headers that belong to the refusal (`Allow`, `Retry-After`, `Location` and `Range` of an upload). */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** "This request cannot go on": thrown anywhere below the edge, rendered once at the edge. */
export class RegistryError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly detail: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    super(details.message ?? ERROR_CODES[code].message, details.cause === undefined ? {} : { cause: details.cause })
    this.name = 'RegistryError'
    this.code = code
    this.status = details.status ?? ERROR_CODES[code].status
    this.detail = details.detail
    this.headers = details.headers ?? {}
  }
}
