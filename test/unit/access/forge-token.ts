import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type { OpenAccess } from './open-access.ts'

/** The keys of somebody who is not us. */
export const ATTACKER = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A part of a token as it stands there; text is taken as it is. */
export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** The header (0) or the claims (1) of a token. */
export function decodePart(token: string, part: 0 | 1): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString())
}

/** Makes what makes tokens: ours for a user, and any others. */
export function createForger({ tokens, keys }: OpenAccess, account: Account) {
  const name = parseRepositoryName('alice/app')

  /** A token of ours, as the token endpoint issues it. */
  function issue(): string {
    const access = [{ name, actions: ['pull'] as const }]
    const { id, credentialsVersion, name: subject } = account
    const holder = { kind: 'user', id, credentialsVersion, through: undefined } as const
    return tokens.issue({ holder, subject, access, keepsCatalog: true, service: 'registry.example' }).token
  }

  return {
    issue,
    /** The header of our tokens, changed; undefined takes a field away. */
    ourHeader: (changes: object = {}): object => ({ alg: 'ES256', typ: 'JWT', kid: keys.current().kid, ...changes }),
    /** The claims of our tokens, changed; undefined takes one away. */
    ourClaims: (changes: object): object => ({ ...decodePart(issue(), 1), ...changes }),
    /** A token with any header and claims, signed as ES256 with any key: ours unless said otherwise. */
    forge(
      header: object,
      claims: object | string = decodePart(issue(), 1),
      key: KeyObject = keys.current().privateKey,
    ): string {
      const content = `${encodePart(header)}.${encodePart(claims)}`
      const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
      return `${content}.${signature.toString('base64url')}`
    },
  }
}

export type Forger = ReturnType<typeof createForger>
