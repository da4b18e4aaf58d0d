import { z } from 'zod'
import { OFFICIAL_NAMESPACE } from '../../oci/repository-name.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { MemberRole } from '../../storage/metadata/members.ts'
import { originOf } from '../access/caller.ts'
import { hasRepositories, nameTaken } from './account-problems.ts'
import { NotAdmitted } from './admission.ts'
import { displayName, memberRole, newAccountName, shownTime, visibility } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'
import { changedMeanwhile } from './versions.ts'

const basePermission = z
  .enum(['none', 'pull', 'push'])
  .meta({ description: 'What members hold on all repositories of the organization' })

const shownListedOrganization = z
  .strictObject({
    name: z.string(),
    displayName: z.string().nullable(),
    basePermission,
    defaultVisibility: visibility.meta({ description: 'What a repository is when its first push creates it' }),
    createdAt: shownTime,
  })
  .meta({ id: 'ListedOrganization' })

const shownOrganization = shownListedOrganization
  .extend({ role: memberRole.nullable().meta({ description: 'Of whoever asks; null for who is not a member' }) })
  .meta({ id: 'Organization' })

const newOrganization = z
  .strictObject({ name: newAccountName, displayName: displayName.optional() })
  .meta({ id: 'NewOrganization' })

const organizationChanges = z
  .strictObject({
    name: newAccountName.exactOptional(),
    displayName: displayName.nullable().exactOptional(),
    basePermission: basePermission.exactOptional(),
    defaultVisibility: visibility.exactOptional(),
  })
  .meta({ id: 'OrganizationChanges' })

/** `/organizations`: what has repositories, members and teams of its own. */
export function createOrganizationRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'listOrganizations' | 'createOrganization' | 'update' | 'delete'>
  /** Whether every user may create organizations; administrators always may. */
  readonly usersCreateOrganizations: boolean
}): ApiRoute[] {
  const { accounts, usersCreateOrganizations } = deps
  return [
    apiRoute({
      method: 'get',
      path: '/organizations',
      summary: 'List the organizations you belong to or hold a grant in; all of them for administrators and auditors',
      access: { kind: 'user' },
      query: pageQuery,
      result: pageOf(shownListedOrganization),
      statuses: [200],
      async handle({ query }, { account }) {
        const ofUser = account.role === 'none' ? account.id : undefined
        return { status: 200, body: showPage(await accounts.listOrganizations(ofUser, query), showListedOrganization) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/organizations',
      summary: 'Create an organization that you own',
      access: { kind: 'user' },
      body: newOrganization,
      result: shownOrganization,
      statuses: [201],
      async handle({ body, caller }, { account }) {
        if (!usersCreateOrganizations && account.role !== 'admin') throw notByUsers(body.name)
        const created = await accounts.createOrganization(
          { name: body.name, displayName: body.displayName, ownerId: account.id },
          originOf(caller),
        )
        if (created.kind === 'name-taken') throw nameTaken(body.name)
        return { status: 201, body: showOrganization(created.account, 'owner'), version: created.account.version }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org',
      summary: 'Show an organization',
      access: { kind: 'organization', right: 'view' },
      result: shownOrganization,
      statuses: [200],
      async handle(_request, { organization, standing }) {
        const { version } = organization
        return { status: 200, body: showOrganization(organization, standing.memberRole), version }
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/organizations/:org',
      summary: 'Change or rename an organization',
      access: { kind: 'organization', right: 'own' },
      body: organizationChanges,
      result: shownOrganization,
      statuses: [200],
      async handle({ body, caller, ifVersion }, { organization, standing }) {
        if (body.name !== undefined) keepOfficial(organization, 'renamed')
        const result = await accounts.update(organization.id, body, originOf(caller), ifVersion)
        switch (result.kind) {
          case 'updated': {
            const { account } = result
            return { status: 200, body: showOrganization(account, standing.memberRole), version: account.version }
          }
          case 'absent':
            throw notFound('such organization')
          case 'stale':
            throw changedMeanwhile()
          case 'name-taken':
            throw nameTaken(body.name ?? organization.name)
          case 'last-admin':
            throw new Error(`the organization ${organization.name} was taken for an administrator`)
        }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org',
      summary: 'Delete an organization that has no repositories any more',
      access: { kind: 'organization', right: 'own' },
      statuses: [204],
      async handle({ caller, ifVersion }, { organization }) {
        keepOfficial(organization, 'deleted')
        const result = await accounts.delete(organization.id, originOf(caller), ifVersion)
        switch (result.kind) {
          case 'deleted':
            return { status: 204 }
          case 'absent':
            throw notFound('such organization')
          case 'stale':
            throw changedMeanwhile()
          case 'has-repositories':
            throw hasRepositories(organization.name, result.count)
          case 'last-owner':
          case 'last-admin':
            throw new Error(`the organization ${organization.name} was taken for a user`)
        }
      },
    }),
  ]
}

function showListedOrganization(account: Account): z.infer<typeof shownListedOrganization> {
  const { name, displayName, basePermission, defaultVisibility, createdAt } = account
  return {
    name,
    displayName: displayName ?? null,
    basePermission,
    defaultVisibility,
    createdAt: showTime(createdAt),
  }
}

function showOrganization(organization: Account, role: MemberRole | undefined): z.infer<typeof shownOrganization> {
  return { ...showListedOrganization(organization), role: role ?? null }
}

/** `nginx` is `library/nginx` to every client, whatever becomes of our accounts. */
function keepOfficial({ name }: Account, verb: 'renamed' | 'deleted'): void {
  if (name !== OFFICIAL_NAMESPACE) return
  throw new Problem(
    409,
    'OFFICIAL_NAMESPACE',
    `${name} cannot be ${verb}: clients look for every image without a namespace there; leave it as it is`,
  )
}

function notByUsers(name: string): NotAdmitted {
  const sentence = 'only administrators of the registry create organizations here; ask one of them'
  return new NotAdmitted(new Problem(403, 'DENIED', sentence), { object: name, ownerId: undefined })
}
