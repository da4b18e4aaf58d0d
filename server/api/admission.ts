import { readRepositoryName } from '../../oci/repository-name.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { GrantStore } from '../../storage/metadata/grants.ts'
import type { Place, Repository } from '../../storage/metadata/repositories.ts'
import type { RightsStore } from '../../storage/metadata/rights.ts'
import type { Credential } from '../access/credential.ts'
import type { Policy } from '../access/policy.ts'
import {
  holdsOrganizationRight,
  type OrganizationRight,
  type OrganizationStanding,
} from '../accounts/organization-rights.ts'
import { notFound, Problem } from './problem.ts'
import type { ApiRule } from './rule.ts'

/** What a rule found while it decided, so that no handler looks it up again in another way. */
interface AdmittedByKind {
  readonly public: Record<never, never>
  readonly authenticated: Record<never, never>
  /** The caller. */
  readonly user: { readonly account: Account }
  readonly instance: { readonly account: Account }
  /** The caller, and the user whom the path names. */
  readonly account: { readonly account: Account; readonly target: Account }
  readonly organization: {
    readonly account: Account
    readonly organization: Account
    readonly standing: OrganizationStanding
  }
  readonly repository: { readonly place: Place & { readonly repository: Repository } }
}

export type Admitted<Rule extends ApiRule> = AdmittedByKind[Rule['kind']]

/** Not for this caller, by a rule or by a handler that knows more; of what would have changed something, the audit trail is told. */
export class NotAdmitted extends Problem {
  /** What the request was about. */
  readonly object: string
  readonly ownerId: Account['id'] | undefined
  constructor(problem: Problem, about: { readonly object: string; readonly ownerId: Account['id'] | undefined }) {
    super(problem.status, problem.code, problem.message)
    this.object = about.object
    this.ownerId = about.ownerId
  }
}

/** Decides whether a caller may use a route, before anything of the request's body is read. */
export type Admit = (
  credential: Credential,
  rule: ApiRule,
  parameters: Readonly<Record<string, string>>,
) => Promise<Admitted<ApiRule>>

export function createAdmit(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
  readonly rights: Pick<RightsStore, 'standing'>
  readonly grants: Pick<GrantStore, 'list'>
  readonly policy: Policy
}): Admit {
  const { accounts, rights, grants, policy } = deps

  async function admitToAccount(caller: Account, access: 'read' | 'write', name: string) {
    const isAllowed = caller.role === 'admin' || (caller.role === 'auditor' && access === 'read')
    const target = await accounts.resolveName(name)
    if (target?.kind === 'user' && (isAllowed || target.id === caller.id)) return { account: caller, target }
    throw new NotAdmitted(notFound('such user'), { object: name, ownerId: undefined })
  }

  async function standingOf(caller: Account, organization: Account): Promise<OrganizationStanding> {
    const memberRole = (await rights.standing(organization.id, caller.id))?.memberRole
    const holder = { kind: 'user', id: caller.id } as const
    const isCollaborator =
      memberRole === undefined &&
      (await grants.list(organization.id, holder, { after: undefined, limit: 1 })).items.length > 0
    return { instanceRole: caller.role, memberRole, isCollaborator }
  }

  async function admitToOrganization(caller: Account, right: OrganizationRight, name: string) {
    const organization = await accounts.resolveName(name)
    const about = { object: name, ownerId: organization?.id }
    if (organization?.kind !== 'organization') throw new NotAdmitted(notFound('such organization'), about)
    const standing = await standingOf(caller, organization)
    if (holdsOrganizationRight(standing, right)) return { account: caller, organization, standing }
    if (!holdsOrganizationRight(standing, 'view')) throw new NotAdmitted(notFound('such organization'), about)
    throw new NotAdmitted(
      new Problem(403, 'DENIED', `${NEEDED[right]} of ${organization.name}; ask one of them`),
      about,
    )
  }

  async function admitToRepository(credential: Credential, rule: ApiRule & { kind: 'repository' }, text: string) {
    const name = readRepositoryName(text)
    if (name === undefined) throw notFound('such repository')
    const decision = await policy.authorize(credential, rule.permission, name)
    const { place } = decision
    const about = { object: name, ownerId: place.ownerId }
    if (decision.allowed && place.repository !== undefined) {
      return { place: { ...place, repository: place.repository } }
    }
    const mayPull = rule.permission !== 'pull' && (await policy.authorize(credential, 'pull', name)).allowed
    if (!mayPull || place.repository === undefined) throw new NotAdmitted(notFound('such repository'), about)
    if (credential.subject.kind === 'anonymous') throw new NotAdmitted(loginFirst(), about)
    throw new NotAdmitted(new Problem(403, 'DENIED', `this takes the permission ${rule.permission} on ${name}`), about)
  }

  return async (credential, rule, parameters) => {
    if (rule.kind === 'public') return {}
    if (rule.kind === 'repository') return admitToRepository(credential, rule, parameters['repository'] ?? '')
    const { subject, narrowing } = credential
    if (subject.kind === 'anonymous') throw loginFirst()
    if (rule.kind === 'authenticated') return {}
    if (subject.kind === 'robot' || narrowing !== undefined) throw needsAllRights()
    const { account } = subject
    if (rule.kind === 'user') return { account }
    if (rule.kind === 'account') return admitToAccount(account, rule.access, parameters['user'] ?? '')
    if (rule.kind === 'organization') return admitToOrganization(account, rule.right, parameters['org'] ?? '')
    if (account.role === 'admin' || account.role === rule.role) return { account }
    const who = rule.role === 'admin' ? 'administrators' : 'administrators and auditors'
    throw new NotAdmitted(new Problem(403, 'DENIED', `this is for ${who} of the registry`), {
      object: 'registry',
      ownerId: undefined,
    })
  }
}

const NEEDED: Readonly<Record<OrganizationRight, string>> = {
  view: 'this is for members',
  read: 'this is for members',
  inspect: 'this is for owners, managers and auditors',
  audit: 'this is for owners and auditors',
  manage: 'this is for owners and managers',
  own: 'this is for owners',
}

function loginFirst(): Problem {
  return new Problem(401, 'UNAUTHORIZED', 'log in first: send a user name and a password, or a token')
}

function needsAllRights(): NotAdmitted {
  const problem = new Problem(
    403,
    'DENIED',
    'robots and tokens with scopes act on repositories only; use a password or an access token without scopes',
  )
  return new NotAdmitted(problem, { object: 'registry', ownerId: undefined })
}
