/** Some bytes of a blob, both ends inclusive, as in HTTP. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** What a `Range` header asks of a resource of known size. */
export type RangeRequest =
  /** No header, another unit, or a form we do not know: RFC 9110 §14.2 says to ignore it and send everything. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'ranges'; readonly ranges: readonly [ByteRange, ...ByteRange[]] }
  /** Well-formed, but no range touches the resource: 416. */
  | { readonly kind: 'unsatisfiable' }
  /** More ranges, or more bytes in total, than we serve: 400, to which podman and stargz fall back gracefully. */
  | { readonly kind: 'refused' }

/**
 * podman's zstd:chunked and stargz ask for every chunk of a layer at once; 1,500 ranges were seen from real clients.
 * The cap is what keeps a hostile header from costing more than it sends.
 */
const MAX_RANGES = 4096

/** Ranges may overlap, but all of them together may not ask for more than this many times the resource. */
const MAX_AMPLIFICATION = 2

const RANGE_SPEC = /^(?:(\d{1,16})-(\d{0,16})|-(\d{1,16}))$/

/** Reads a `Range` header for a resource of `size` bytes. Order is kept and neighbours are not merged: podman counts. */
export function parseRange(header: string | undefined, size: number): RangeRequest {
  if (header === undefined || !header.startsWith('bytes=')) return { kind: 'whole' }
  const specs = header.slice('bytes='.length).split(',', MAX_RANGES + 1)
  if (specs.length > MAX_RANGES) return { kind: 'refused' }
  const ranges: ByteRange[] = []
  let total = 0
  for (const spec of specs) {
    const range = parseRangeSpec(spec.trim(), size)
    if (range === 'malformed') return { kind: 'whole' }
    if (range === 'unsatisfiable') continue
    ranges.push(range)
    total += range.last - range.first + 1
  }
  const [head, ...rest] = ranges
  if (head === undefined) return { kind: 'unsatisfiable' }
  if (rest.length > 0 && total > size * MAX_AMPLIFICATION) return { kind: 'refused' }
  return { kind: 'ranges', ranges: [head, ...rest] }
}

function parseRangeSpec(spec: string, size: number): ByteRange | 'malformed' | 'unsatisfiable' {
  const match = RANGE_SPEC.exec(spec)
  if (match === null) return 'malformed'
  const [, firstText, lastText, suffixText] = match
  if (suffixText !== undefined) {
    const suffix = Number(suffixText)
    if (suffix === 0 || size === 0) return 'unsatisfiable'
    return { first: Math.max(0, size - suffix), last: size - 1 }
  }
  const first = Number(firstText)
  const last = lastText === '' ? size - 1 : Math.min(Number(lastText), size - 1)
  // "500-0" is malformed by RFC 9110; the distribution-spec's conformance wants 416 for it.
  if (first >= size || (lastText !== '' && Number(lastText) < first)) return 'unsatisfiable'
  return { first, last }
}
