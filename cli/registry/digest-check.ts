import { createHash } from 'node:crypto'
import type { Descriptor } from '../../oci/descriptor.ts'
import { digestAlgorithm, digestHex } from '../../oci/digest.ts'
import { CliError } from '../cli-error.ts'

/** Finds out, while bytes go by, whether they are those of a digest. */
export interface DigestCheck {
  /** Where the next byte belongs that has not been looked at. */
  readonly position: number
  /** Bytes at a place; those that were looked at before are passed over. */
  see(at: number, bytes: Uint8Array): void
  /**
   * All bytes have gone by.
   * @param source who sent them, for the message.
   * @throws CliError when they are others. Nothing can be said when not all were seen, and nothing is.
   */
  finish(source: string): void
}

export function createDigestCheck({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): DigestCheck {
  const hash = createHash(digestAlgorithm(digest))
  let position = 0
  let isGapless = true
  return {
    get position() {
      return position
    },
    see(at, bytes) {
      if (at > position) isGapless = false
      const fresh = bytes.subarray(Math.max(position - at, 0))
      if (!isGapless || fresh.length === 0) return
      hash.update(fresh)
      position += fresh.length
    },
    finish(source) {
      if (!isGapless || position < size) return
      if (hash.digest('hex') !== digestHex(digest)) throw damaged(digest, source)
    },
  }
}

/** The code of errors that {@link damaged} makes. */
export const DIGEST_INVALID = 'DIGEST_INVALID'

/** What to say of bytes that are not those of their digest. */
export function damaged(digest: string, source: string): CliError {
  return new CliError(`what ${source} sends as ${digest} is something else`, {
    code: DIGEST_INVALID,
    hint: 'it is damaged there, or a proxy between has changed it; push the image again',
  })
}
