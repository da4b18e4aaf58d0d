import { z } from 'zod'
import { namespaceOf } from '../../oci/repository-name.ts'
import type { Account, InstanceRole } from '../../storage/metadata/accounts.ts'
import type { Grant } from '../../storage/metadata/grants.ts'
import { MEMBER_ROLES } from '../../storage/metadata/members.ts'
import type { Place, Repository } from '../../storage/metadata/repositories.ts'
import type { Subject } from '../access/credential.ts'
import { type Right, rightsByStanding } from '../access/policy.ts'
import { memberRole, permission } from './fields.ts'

/** The instance roles that give something on repositories. */
const INSTANCE_ROLES = ['admin', 'auditor'] as const

export const accessSubject = z
  .strictObject({
    type: z.enum(['everybody', 'instance-role', 'role', 'user', 'team', 'robot']).meta({
      description: '`instance-role`: whoever has it on the registry · `role`: whoever has it in the organization',
    }),
    name: z.string().nullable().meta({ description: 'Null for everybody' }),
  })
  .meta({ id: 'AccessSubject' })
export type AccessSubject = z.infer<typeof accessSubject>

const through = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('visibility') }),
    z.strictObject({ type: z.literal('instance-role'), role: z.enum(INSTANCE_ROLES) }),
    z.strictObject({ type: z.literal('own-namespace') }),
    z.strictObject({ type: z.literal('member-role'), role: memberRole }),
    z.strictObject({ type: z.literal('base-permission') }),
    z.strictObject({
      type: z.literal('grant'),
      grant: z.strictObject({
        id: z.int(),
        repositories: z.string().meta({ examples: ['acme/web-*'] }),
        team: z.string().nullable().meta({ description: 'Through which team a user holds it; null when directly' }),
      }),
    }),
  ])
  .meta({ id: 'AccessThrough', description: 'Where a permission comes from, and so where it can be taken away' })

/** One permission on a repository: who holds it, and through what. */
export const accessEntry = z.strictObject({ subject: accessSubject, permission, through }).meta({ id: 'AccessEntry' })
export type AccessEntry = z.infer<typeof accessEntry>

/** A repository that is there, and where. */
export type RepositoryPlace = Place & { readonly repository: Repository }

/** A subject as entries name it. */
export function showSubject(subject: Subject): AccessSubject {
  switch (subject.kind) {
    case 'anonymous':
      return { type: 'everybody', name: null }
    case 'user':
      return { type: 'user', name: subject.account.name }
    case 'robot':
      return { type: 'robot', name: subject.robot.name }
  }
}

/** What one subject holds, right by right. */
export function showRights(subject: AccessSubject, rights: readonly Right[], { name }: RepositoryPlace): AccessEntry[] {
  const namespace = namespaceOf(name)
  return rights.map((right) => ({ subject, permission: right.permission, through: showThrough(right, namespace) }))
}

function showThrough({ through }: Right, namespace: string): AccessEntry['through'] {
  switch (through.kind) {
    case 'visibility':
    case 'own-namespace':
    case 'base-permission':
      return { type: through.kind }
    case 'instance-role':
      return { type: through.kind, role: through.role }
    case 'member-role':
      return { type: through.kind, role: through.role }
    case 'grant': {
      const { id, pattern, team } = through.grant
      return { type: 'grant', grant: { id, repositories: `${namespace}/${pattern}`, team: team ?? null } }
    }
  }
}

/** A grant as it stands in the organization: for whoever holds it. */
export function showGrantEntry(grant: Grant, { name }: RepositoryPlace): AccessEntry {
  const { id, holder, pattern, permission } = grant
  return {
    subject: { type: holder.kind, name: holder.name },
    permission,
    through: { type: 'grant', grant: { id, repositories: `${namespaceOf(name)}/${pattern}`, team: null } },
  }
}

/**
 * What is held by being somebody rather than by a grant: one entry for each role, whoever has it, so that the list stays
 * short in the largest organization. The policy's own rule says it, asked about somebody of that role.
 */
export function listStandingEntries(place: RepositoryPlace, owner: Account): AccessEntry[] {
  const somebody = (role: InstanceRole) => ({ kind: 'user', account: { ...owner, role } }) as const
  const elsewhere = { ownerId: undefined }
  const ofInstanceRoles = INSTANCE_ROLES.flatMap((role) =>
    showRights({ type: 'instance-role', name: role }, rightsByStanding(somebody(role), elsewhere), place),
  )
  if (owner.kind === 'user') {
    const subject = { type: 'user', name: owner.name } as const
    return [...ofInstanceRoles, ...showRights(subject, rightsByStanding(somebody('none'), place), place)]
  }
  const ofMemberRoles = MEMBER_ROLES.flatMap((memberRole) => {
    const standing = { ownerKind: owner.kind, basePermission: owner.basePermission, memberRole }
    return showRights(
      { type: 'role', name: memberRole },
      rightsByStanding(somebody('none'), elsewhere, standing),
      place,
    )
  })
  return [...ofInstanceRoles, ...ofMemberRoles]
}
