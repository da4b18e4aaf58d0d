import { RegistryError } from './error-codes.ts'

/** Where a chunk of an upload belongs: `Content-Range: <first>-<last>`, both inclusive. */
export interface ContentRange {
  readonly first: number
  readonly last: number
}

// The distribution-spec's form has no unit; some clients write HTTP's `bytes a-b/size`, which says the same.
const CONTENT_RANGE = /^(?:bytes[ =])?(\d{1,16})-(\d{1,16})(?:\/(?:\d{1,16}|\*))?$/

/**
 * Reads the `Content-Range` header of an upload chunk; undefined when the client sent none.
 * @throws RegistryError RANGE_INVALID when it is malformed or runs backwards.
 */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  if (header === undefined) return undefined
  const match = CONTENT_RANGE.exec(header)
  const first = Number(match?.[1])
  const last = Number(match?.[2])
  if (Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last) return { first, last }
  throw new RegistryError('RANGE_INVALID', {
    message: 'Content-Range is <first byte>-<last byte>, counted from the beginning of the blob',
    detail: { contentRange: header.slice(0, 100) },
  })
}
