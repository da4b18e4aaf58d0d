import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { SigningKeyStore, StoredSigningKey } from '../../storage/metadata/signing-keys.ts'
import { SYSTEM } from './caller.ts'

/** A key as the token service uses it. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly createdAt: number
}

/** The keys that sign tokens and prove them; kept in the database, so that every start and every node has the same. */
export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey
  /** A key of our own by its id; what a token's header says beyond `kid` is never looked at (S10). */
  find(kid: string): SigningKey | undefined
  /** The public keys as a JSON Web Key Set (RFC 7517). */
  jwks(): { readonly keys: readonly Record<string, unknown>[] }
  /** Makes a new key when the current one is older than its time. Old ones go on proving what they signed. */
  rotateIfDue(): Promise<void>
}

export async function openSigningKeys(options: {
  readonly store: SigningKeyStore
  readonly now: () => number
  /** Milliseconds a key signs for. */
  readonly rotateAfterMs: number
  /** Milliseconds a token may still be presented after it was signed, expiry and grace included. */
  readonly provesForMs: number
}): Promise<SigningKeys> {
  const { store, now, rotateAfterMs, provesForMs } = options
  let keys: readonly SigningKey[] = []

  async function load(): Promise<void> {
    keys = (await store.list()).map(toSigningKey)
  }

  /** Keys created before this prove nothing any more: what they signed, until their successor came, has run out. */
  function retirementBoundary(): number {
    const retired = keys.find((_, age) => {
      const successor = keys[age - 1]
      return successor !== undefined && successor.createdAt + provesForMs <= now()
    })
    return retired === undefined ? 0 : retired.createdAt + 1
  }

  async function rotateIfDue(): Promise<void> {
    const newest = keys[0]
    if (newest !== undefined && newest.createdAt + rotateAfterMs > now()) return
    await store.add(generateSigningKey(now()), retirementBoundary(), SYSTEM)
    await load()
  }

  await load()
  await rotateIfDue()
  return {
    current() {
      const newest = keys[0]
      if (newest === undefined) throw new Error('there is no signing key, though one was made at start')
      return newest
    },
    find: (kid) => keys.find((key) => key.kid === kid),
    jwks: () => ({
      keys: keys.map(({ kid, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        alg: 'ES256',
        use: 'sig',
      })),
    }),
    rotateIfDue,
  }
}

function generateSigningKey(createdAt: number): StoredSigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { kid: thumbprint(publicKey), privateKeyPem, createdAt }
}

/** RFC 7638: the SHA-256 of the key's required members in alphabetical order, in base64url. */
function thumbprint(publicKey: KeyObject): string {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

function toSigningKey({ kid, privateKeyPem, createdAt }: StoredSigningKey): SigningKey {
  const privateKey = createPrivateKey(privateKeyPem)
  return { kid, privateKey, publicKey: createPublicKey(privateKey), createdAt }
}
