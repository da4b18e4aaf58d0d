import { type Digest, parseDigest } from './digest.ts'
import { RegistryError } from './error-codes.ts'

declare const tagBrand: unique symbol

/** A tag, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`; only {@link parseTag} makes one. */
export type Tag = string & { readonly [tagBrand]: true }

/** How a client names a manifest: by tag or by digest. */
export type Reference =
  | { readonly kind: 'tag'; readonly tag: Tag }
  | { readonly kind: 'digest'; readonly digest: Digest }

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** True for a well-formed tag. `sha256-<hex>` is an ordinary tag (cosign, the referrers fallback). */
export function isTag(text: string): text is Tag {
  return TAG.test(text)
}

/** @throws RegistryError TAG_INVALID */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text
  throw new RegistryError('TAG_INVALID', {
    message: 'a tag has up to 128 letters, digits, underscores, dots and hyphens, and starts with none of the last two',
    detail: { tag: text.slice(0, 200) },
  })
}

/**
 * Reads what stands after `/manifests/`: whatever has a colon is a digest, for no tag can have one.
 * @throws RegistryError DIGEST_INVALID or TAG_INVALID
 */
export function parseReference(text: string): Reference {
  return text.includes(':') ? { kind: 'digest', digest: parseDigest(text) } : { kind: 'tag', tag: parseTag(text) }
}

/** The text of a reference, as it stands in a URL. */
export function formatReference(reference: Reference): string {
  return reference.kind === 'tag' ? reference.tag : reference.digest
}
