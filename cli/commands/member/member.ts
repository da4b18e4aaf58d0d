import type { ApiClient } from '../../api/api-client.ts'
import { organizationPath } from '../../api/organization-path.ts'
import { orAbsent } from '../../api/with-hints.ts'
import { chooseWord } from '../../words/choose-word.ts'

const MEMBER_ROLES = ['owner', 'manager', 'member', 'auditor'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

/** A member, as `GET …/members` answers. */
export interface Member {
  readonly username: string
  readonly displayName: string | null
  readonly role: string
  readonly joinedAt: string
}

/** @throws CliError usage, with the role that was most likely meant. */
export function readRole(text: string): MemberRole {
  return chooseWord(text, MEMBER_ROLES, 'role')
}

/** A member by user name; undefined for a user who is none, or does not exist. */
export function findMember(api: ApiClient, organization: string, username: string): Promise<Member | undefined> {
  return orAbsent(api.get<Member>(organizationPath(organization, 'members', username)))
}

/** What to try when the API keeps the last owner. */
export function lastOwnerHint(organization: string) {
  return { LAST_OWNER: `try: kontor member role ${organization} <user> owner` }
}
