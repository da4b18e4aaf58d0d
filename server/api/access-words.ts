import type { OrganizationRight } from '../accounts/organization-rights.ts'
import type { ApiRule, RepositoryRule } from './rule.ts'

const WHO_HOLDS: Readonly<Record<OrganizationRight, string>> = {
  view: 'Members of the organization, and whoever holds a grant in it',
  read: 'Members of the organization',
  inspect: 'Owners, managers and auditors of the organization',
  audit: 'Owners and auditors of the organization',
  manage: 'Owners and managers of the organization',
  own: 'Owners of the organization',
}

/** The rule of a route in words: who may use it. */
export function describeRule(rule: ApiRule): string {
  switch (rule.kind) {
    case 'public':
      return 'Anybody; what is shown depends on who asks'
    case 'authenticated':
      return 'Anybody who has logged in, robots and tokens with scopes included'
    case 'user':
      return 'Any user, by password or by an access token without scopes'
    case 'instance':
      return rule.role === 'admin' ? 'Administrators of the registry' : 'Auditors and administrators of the registry'
    case 'account':
      return rule.access === 'write'
        ? 'The user in question, and administrators of the registry'
        : 'The user in question, auditors and administrators of the registry'
    case 'organization':
      return WHO_HOLDS[rule.right]
    case 'repository':
      return describeRepositoryRule(rule)
    case 'push':
      return `Whoever may push to the repository, which need not be there yet${describeFields(rule.fields)}`
  }
}

function describeRepositoryRule({ permission, by, fields }: RepositoryRule): string {
  if (by === 'user') return `Any user who may ${permission} here, by password or by an access token without scopes`
  if (permission === 'pull') return 'Whoever may pull from the repository; anybody, when it is public'
  return `Whoever holds the permission ${permission} on the repository${describeFields(fields)}`
}

function describeFields(fields: RepositoryRule['fields'] = {}): string {
  return Object.entries(fields)
    .map(([name, needed]) => `; \`${name}\` takes ${needed}`)
    .join('')
}

/** Whether a route answers somebody who has not logged in. */
export function isOpenToAnonymous(rule: ApiRule): boolean {
  return rule.kind === 'public' || (rule.kind === 'repository' && rule.permission === 'pull' && rule.by === undefined)
}
