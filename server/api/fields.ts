import { z } from 'zod'
import { MAX_PASSWORD_BYTES } from '../../config/secret.ts'
import { type Digest, isDigest } from '../../oci/digest.ts'
import { PERMISSIONS } from '../../oci/permission.ts'
import { isNamespace } from '../../oci/repository-name.ts'
import { type RepositoryPattern, readRepositoryPattern } from '../../oci/repository-pattern.ts'
import { MEMBER_ROLES } from '../../storage/metadata/members.ts'
import { REPOSITORY_STATES } from '../../storage/metadata/repositories.ts'
import { readSecretText } from '../access/secret-text.ts'
import { isReservedName } from '../accounts/reserved-names.ts'

/** The name of a user or an organization that is to be. */
export const newAccountName = z
  .string()
  .max(128)
  .refine(isNamespace, 'a name has lower-case letters and digits, separated by one of . _ __ -')
  .refine((name) => !isReservedName(name), 'this name is reserved; choose another')
  .meta({ description: 'Lower-case letters and digits, separated by one of . _ __ -', examples: ['acme'] })

/** The name of an account that is there. */
export const accountName = z
  .string()
  .max(128)
  .meta({ examples: ['alice'] })

/** The name of a team or a robot. */
export const partName = z
  .string()
  .max(64)
  .refine(isNamespace, 'a name has lower-case letters and digits, separated by one of . _ __ -')
  .meta({ description: 'Lower-case letters and digits, separated by one of . _ __ -', examples: ['ci'] })

export const displayName = z.string().trim().min(1).max(200)

/** A password that is to be; {@link MAX_PASSWORD_BYTES} is far above what argon2 would cut off (S24). */
export const newPassword = z
  .string()
  .min(8, 'a password has at least 8 characters')
  .refine((text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES, `a password has at most ${MAX_PASSWORD_BYTES} bytes`)
  .refine((text) => readSecretText(text).kind === 'other', 'this looks like a token; choose a password of your own')
  .meta({ format: 'password' })

export const email = z.email().max(254)

export const permission = z.enum(PERMISSIONS)

export const memberRole = z.enum(MEMBER_ROLES)

export const visibility = z.enum(['private', 'public'])

export const repositoryState = z.enum(REPOSITORY_STATES).meta({
  description:
    '`deprecated`: pulling goes on, with a warning that names the successor; `archived`: and nothing new is taken',
})

/** Repositories by a name or a pattern. */
export const repositoryPattern = z
  .string()
  .max(255)
  .transform((text, context): RepositoryPattern => {
    const pattern = readRepositoryPattern(text)
    if (pattern !== undefined) return pattern
    context.addIssue({
      code: 'custom',
      message:
        'must be a repository, such as acme/web, or a pattern: * within one component, ** for any depth, acme/**',
    })
    return z.NEVER
  })
  .meta({
    description: 'A repository, or a pattern: `*` stands for anything within one component, `**` for any depth',
    examples: ['acme/web-*'],
  })

/** The digest of a manifest or a blob. */
export const digest = z
  .string()
  .max(200)
  .transform((text, context): Digest => {
    if (isDigest(text)) return text
    context.addIssue({
      code: 'custom',
      message: 'must be sha256:<64 hex characters> or sha512:<128 hex characters>, in lower case',
    })
    return z.NEVER
  })

/** A time to come, as text in RFC 3339 and as milliseconds since the epoch within. */
export const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** A time as the API shows it. */
export const shownTime = z.iso.datetime()

/** The identity that a part of a path names; undefined for what is none, so that nothing is looked up for it. */
export function readId<Id extends number>(text: string | undefined): Id | undefined {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? (Number(text) as Id) : undefined
}
