import { z } from 'zod'
import type { Account } from '../../storage/metadata/accounts.ts'
import { accountName, shownTime } from './fields.ts'
import { showTime } from './show-time.ts'

/** A user as the API shows it: never the hash. */
export const shownUser = z
  .strictObject({
    username: accountName,
    displayName: z.string().nullable(),
    email: z.string().nullable(),
    role: z.enum(['none', 'auditor', 'admin']).meta({ description: 'On the whole registry' }),
    disabled: z.boolean(),
    createdAt: shownTime,
  })
  .meta({ id: 'User' })

export function showUser(account: Account): z.infer<typeof shownUser> {
  const { name, displayName, email, role, disabledAt, createdAt } = account
  return {
    username: name,
    displayName: displayName ?? null,
    email: email ?? null,
    role,
    disabled: disabledAt !== undefined,
    createdAt: showTime(createdAt),
  }
}
