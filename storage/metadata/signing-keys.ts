import type { Origin } from './audit-events.ts'

/** A key that signs tokens, as it is kept. */
export interface StoredSigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  /** PKCS #8 in PEM. */
  readonly privateKeyPem: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

export interface SigningKeyStore {
  /** All keys, newest first. */
  list(): Promise<readonly StoredSigningKey[]>
  /** Adds a key and forgets those created before `retireBefore` (milliseconds since the epoch). */
  add(key: StoredSigningKey, retireBefore: number, origin: Origin): Promise<void>
}
