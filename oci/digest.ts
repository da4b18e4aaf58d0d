import { RegistryError } from './error-codes.ts'

declare const digestBrand: unique symbol

/** A content address such as `sha256:e3b0…`; only {@link parseDigest} makes one, so it is always well-formed. */
export type Digest = string & { readonly [digestBrand]: true }

/** The registered algorithms of the OCI image-spec that Kontor stores ("descriptor.md", Registered Algorithms). */
export type DigestAlgorithm = 'sha256' | 'sha512'

/** What an algorithm's digest looks like: hex characters after the colon. */
const HEX_LENGTH = { sha256: 64, sha512: 128 } as const satisfies Record<DigestAlgorithm, number>

// One anchored alternative per algorithm: linear, and no look-up by a name the client chose (`__proto__:…`).
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

/** True for a digest Kontor can store: `sha256` or `sha512`, lower-case hex of the right length. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text)
}

/**
 * Reads a digest from outside.
 * @throws RegistryError DIGEST_INVALID when it is malformed or of an algorithm that Kontor does not store.
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new RegistryError('DIGEST_INVALID', {
    message: 'a digest is sha256:<64 hex characters> or sha512:<128 hex characters>, in lower case',
    detail: { digest: text.slice(0, 200) },
  })
}

/** The algorithm of a digest. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512'
}

/** The part after the colon, in lower-case hex. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/**
 * Puts a digest together from a finished hash.
 * @throws Error when the hex does not have the algorithm's length: that is a bug, not input.
 */
export function formatDigest(algorithm: DigestAlgorithm, hex: string): Digest {
  if (hex.length !== HEX_LENGTH[algorithm]) throw new Error(`${hex.length} hex characters are no ${algorithm}`)
  return `${algorithm}:${hex}` as Digest
}

/** True for the name of an algorithm that Kontor stores; anything else is refused or ignored by the caller. */
export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512'
}
