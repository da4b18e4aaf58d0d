/** What an image runs on (image-spec image-index.md, `platform`). */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

// What Go calls its systems and architectures, and variants such as v8; bounded, for it comes back in messages.
const PART = '[a-zA-Z0-9._-]{1,64}'
const PLATFORM = new RegExp(`^(${PART})/(${PART})(?:/(${PART}))?$`)

/** Reads `os/architecture[/variant]`, such as `linux/arm64/v8`; undefined when it is not that. */
export function readPlatform(text: string): Platform | undefined {
  const [, os, architecture, variant] = PLATFORM.exec(text) ?? []
  if (os === undefined || architecture === undefined) return undefined
  return { os, architecture, ...(variant !== undefined && { variant }) }
}

/** The platform as people write it, `os/architecture[/variant]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

/**
 * The platform in a JSON value: the `platform` of a descriptor, or a whole image configuration, which has the same
 * fields. Undefined where none can be read: whatever else it is, it was stored as it came and is nobody's fault now.
 */
export function platformIn(value: unknown): Platform | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { os, architecture, variant }: { os?: unknown; architecture?: unknown; variant?: unknown } = value
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return readPlatform([os, architecture, ...(typeof variant === 'string' && variant !== '' ? [variant] : [])].join('/'))
}

/**
 * True for the platform `unknown/unknown`: nothing that runs, but what buildkit puts into an index beside its images,
 * such as an attestation.
 */
export function isUnknownPlatform({ os, architecture }: Platform): boolean {
  return os === 'unknown' || architecture === 'unknown'
}

/**
 * The first that is for a platform (image-index.md: of several that match "the first matching entry SHOULD be used").
 * Without a variant any will do, but one that has none itself is preferred; `arm64` and `arm64/v8` are the same.
 */
export function choosePlatform<T extends { readonly platform: Platform | undefined }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  const isFor = ({ platform }: T) => platform?.os === wanted.os && platform.architecture === wanted.architecture
  const fitting = candidates.filter(isFor)
  const variant = variantOf(wanted)
  const exact = fitting.find(({ platform }) => platform !== undefined && variantOf(platform) === variant)
  return exact ?? (variant === undefined ? fitting[0] : undefined)
}

function variantOf({ architecture, variant }: Platform): string | undefined {
  return architecture === 'arm64' && variant === 'v8' ? undefined : variant
}
