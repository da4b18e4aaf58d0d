import type { Permission } from '../../oci/permission.ts'
import { namespaceOf, parseRepositoryName, type RepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { GrantStore } from '../../storage/metadata/grants.ts'
import { requireOpenForPushes } from '../../storage/metadata/open-for-pushes.ts'
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
import type { ApiRule, PushRule, RaisedFields, RepositoryRule } from './rule.ts'

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
  /** Where the push goes; what it needs is made by the push. */
  readonly push: { readonly place: Place }
}

export type Admitted<Rule extends ApiRule> = AdmittedByKind[Rule['kind']] &
  (Rule extends { readonly by: 'user' } ? { readonly account: Account } : unknown)

/** What a request was about that was refused. */
export interface RefusedObject {
  readonly object: string
  readonly ownerId: Account['id'] | undefined
}

/** Not for this caller, by a rule or by a handler that knows more; of what would have changed something, the audit trail is told. */
export class NotAdmitted extends Problem implements RefusedObject {
  readonly object: RefusedObject['object']
  readonly ownerId: RefusedObject['ownerId']
  constructor(problem: Problem, about: RefusedObject) {
    super(problem.status, problem.code, problem.message)
    this.object = about.object
    this.ownerId = about.ownerId
  }
}

/**
 * Decides whether a caller may use a route, before anything of the request's body is read; and once more when the body
 * turns out to have fields that take more.
 */
export type Admit = (
  credential: Credential,
  rule: ApiRule,
  parameters: Readonly<Record<string, string>>,
  raised?: RaisedFields,
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

  async function admitToRepository(credential: Credential, rule: RepositoryRule, text: string, raised?: RaisedFields) {
    const name = readRepositoryName(text)
    if (name === undefined) throw notFound('such repository')
    const permission = raised?.permission ?? rule.permission
    const decision = await policy.authorize(credential, permission, name)
    const { place } = decision
    const about = { object: name, ownerId: place.ownerId }
    if (decision.allowed && place.repository !== undefined) {
      const found = { place: { ...place, repository: place.repository } }
      return rule.by === 'user' ? { ...found, account: requireWholeUser(credential, about) } : found
    }
    throw await refusalOf(credential, permission, { name, place, fields: describeRaised(raised) })
  }

  /** @throws RegistryError DENIED for an archived repository, to whoever may push there and does. */
  async function admitToPush(credential: Credential, rule: PushRule, text: string, raised?: RaisedFields) {
    // What no repository can be called is no secret.
    const name = parseRepositoryName(text)
    const decision = await policy.authorize(credential, 'push', name)
    const { place } = decision
    if (decision.allowed) {
      if (place.repository !== undefined && rule.named !== 'in-body') requireOpenForPushes(place.repository)
      if (raised === undefined || (await policy.authorize(credential, raised.permission, name)).allowed)
        return { place }
      throw new NotAdmitted(tooLittle(raised.permission, name, describeRaised(raised)), {
        object: name,
        ownerId: place.ownerId,
      })
    }
    if (decision.reason === 'no-right') throw await refusalOf(credential, 'push', { name, place, fields: '' })
    const message = `${namespaceOf(name)} is reserved and no account can have that name; push to another namespace`
    throw new NotAdmitted(new Problem(403, 'DENIED', message), { object: name, ownerId: place.ownerId })
  }

  /** Whoever may pull is told what is missing; to everybody else, what is forbidden is absent (I5). */
  async function refusalOf(
    credential: Credential,
    permission: Permission,
    { name, place, fields }: { readonly name: RepositoryName; readonly place: Place; readonly fields: string },
  ): Promise<NotAdmitted> {
    const about = { object: name, ownerId: place.ownerId }
    const mayPull = permission !== 'pull' && (await policy.authorize(credential, 'pull', name)).allowed
    if (!mayPull || place.repository === undefined) return new NotAdmitted(notFound('such repository'), about)
    if (credential.subject.kind === 'anonymous') return new NotAdmitted(loginFirst(), about)
    return new NotAdmitted(tooLittle(permission, name, fields), about)
  }

  return async (credential, rule, parameters, raised) => {
    if (rule.kind === 'public') return {}
    if (rule.kind === 'repository') return admitToRepository(credential, rule, parameters['repository'] ?? '', raised)
    if (rule.kind === 'push') return admitToPush(credential, rule, parameters['repository'] ?? '', raised)
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

/** Whoever may pull is told what is missing. @throws NotAdmitted */
function requireWholeUser({ subject, narrowing }: Credential, about: RefusedObject): Account {
  if (subject.kind === 'user' && narrowing === undefined) return subject.account
  if (subject.kind === 'anonymous') throw new NotAdmitted(loginFirst(), about)
  const message =
    'this is for users, not for robots or tokens with scopes; use a password or an access token without scopes'
  throw new NotAdmitted(new Problem(403, 'DENIED', message), about)
}

/** What to add to a refusal that is about fields of the body only. */
function describeRaised(raised: RaisedFields | undefined): string {
  return raised === undefined ? '' : ` for ${raised.names.join(' and ')}; leave that out or ask for the permission`
}

function tooLittle(permission: Permission, name: RepositoryName, fields: string): Problem {
  return new Problem(403, 'DENIED', `this takes the permission ${permission} on ${name}${fields}`)
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
