import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a secret made by the registry is for. */
export type SecretKind = 'access-token' | 'robot-secret' | 'refresh-token' | 'invitation'

/** What a text says of itself, before anything is looked up. */
export type SecretReading =
  /** It has the form of a secret; whether it is a live one, only the database knows. */
  | { readonly kind: 'secret'; readonly secret: SecretKind }
  /** It begins like a secret but cannot be one: cut off, or a character is wrong. It needs no look-up. */
  | { readonly kind: 'mistyped'; readonly secret: SecretKind }
  /** Not one of ours, so perhaps a password. */
  | { readonly kind: 'other' }

const PREFIXES: Readonly<Record<SecretKind, string>> = {
  'access-token': 'kontor_pat_',
  'robot-secret': 'kontor_robot_',
  'refresh-token': 'kontor_rt_',
  invitation: 'kontor_inv_',
}

const KINDS: readonly SecretKind[] = ['access-token', 'robot-secret', 'refresh-token', 'invitation']

// Letters and digits only: a double click selects the whole, and nothing needs quoting in a shell or a URL.
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 40 × log2(62) ≈ 238 bits. */
const RANDOM_LENGTH = 40

/** 62⁶ is the first power of 62 beyond 2³². */
const CHECKSUM_LENGTH = 6

const BODY = /^[0-9A-Za-z]{46}$/

/** The first refresh tokens: 256 bits in base64url, no checksum. They lie in people's credential stores and never expire. */
const UNCHECKED_REFRESH_TOKEN = /^[\w-]{43}$/

/**
 * A new secret: a prefix by its kind, 40 base62 characters of chance, and 6 of a CRC-32 over all before, so that a
 * scanner can tell a leaked one from its look-alikes without asking us. Scanners find them by
 *
 *     \bkontor_(?:pat|robot|rt|inv)_[0-9A-Za-z]{46}\b
 */
export function createSecretText(kind: SecretKind): string {
  const unchecked = PREFIXES[kind] + randomBase62(RANDOM_LENGTH)
  return unchecked + checksumOf(unchecked)
}

/** Tells a secret from a mistyped one and from any other text, whatever its length. */
export function readSecretText(text: string): SecretReading {
  const secret = KINDS.find((kind) => text.startsWith(PREFIXES[kind]))
  if (secret === undefined) return { kind: 'other' }
  return { kind: isWellFormed(text, secret) ? 'secret' : 'mistyped', secret }
}

/**
 * What is stored of a secret. 238 bits cannot be guessed, so a slow hash would protect nothing and cost every request;
 * and looking up a digest in an index tells by its time nothing about the secret (S25).
 * @returns SHA-256 of the text, 32 bytes.
 */
export function hashSecret(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** What begins like a secret or is a JWT, wherever it stands in a text. */
const SECRETS = /(kontor_(?:pat|robot|rt|inv)_|\beyJ)[\w.-]{20,}/gi

/**
 * A text without the secrets that somebody put where a name or a path belongs: it may be kept and shown (S29). What is
 * left says which kind of secret it was.
 */
export function hideSecrets(text: string): string {
  return text.replace(SECRETS, '$1***')
}

function isWellFormed(text: string, kind: SecretKind): boolean {
  const body = text.slice(PREFIXES[kind].length)
  if (BODY.test(body)) return checksumOf(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH)
  return kind === 'refresh-token' && UNCHECKED_REFRESH_TOKEN.test(body)
}

function checksumOf(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    digits = BASE62.charAt(rest % BASE62.length) + digits
    rest = Math.floor(rest / BASE62.length)
  }
  return digits
}

function randomBase62(length: number): string {
  // Bytes beyond the last multiple of 62 are thrown away: with them the first characters would come up more often.
  const limit = 256 - (256 % BASE62.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      if (byte < limit) text += BASE62.charAt(byte % BASE62.length)
    }
  }
  return text
}
