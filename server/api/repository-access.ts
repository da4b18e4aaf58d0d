import { z } from 'zod'
import { pathOf } from '../../oci/repository-name.ts'
import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { GrantStore } from '../../storage/metadata/grants.ts'
import type { PageRequest } from '../../storage/metadata/page.ts'
import { ANONYMOUS, type Credential, type Subject, subjectName } from '../access/credential.ts'
import { highestPermission, type Policy, type Right } from '../access/policy.ts'
import {
  accessEntry,
  accessSubject,
  listStandingEntries,
  type RepositoryPlace,
  showGrantEntry,
  showRights,
  showSubject,
} from './access-entries.ts'
import { accountName, permission } from './fields.ts'
import { pageOf, pageParameters, toPageRequest } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const accessQuery = z.strictObject({
  ...pageParameters,
  user: accountName.optional().meta({ description: 'Only what this user holds, and what it comes to in the end' }),
})

const repositoryAccess = pageOf(accessEntry)
  .extend({
    effective: z
      .strictObject({
        subject: accessSubject,
        permission: permission
          .nullable()
          .meta({ description: 'The highest of the permissions; null when there is none' }),
        narrowed: z.boolean().meta({ description: 'Whether the token that asks keeps less than this of its owner' }),
      })
      .optional()
      .meta({ description: "What one subject's entries come to; absent from the list of everybody's" }),
  })
  .meta({
    id: 'RepositoryAccess',
    description: 'The first page begins with what is held through visibility and roles; `limit` counts the grants',
  })
type RepositoryAccess = z.infer<typeof repositoryAccess>

/** `/repositories/:repository/access`: who may do what here, and through what. */
export function createRepositoryAccessRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'findById' | 'resolveName'>
  readonly grants: Pick<GrantStore, 'listCovering'>
  readonly policy: Policy
}): ApiRoute[] {
  const { accounts, grants, policy } = deps

  async function maySeeEverybody(credential: Credential, rights: readonly Right[], place: RepositoryPlace) {
    if (credential.narrowing === undefined && rights.some(isAuditors)) return true
    return (await policy.authorize(credential, 'admin', place.name)).allowed
  }

  async function listEverybody(place: RepositoryPlace, page: PageRequest): Promise<RepositoryAccess> {
    const { ownerId } = place.repository
    const covering = await grants.listCovering(ownerId, pathOf(place.name), page)
    const items = covering.items.map((grant) => showGrantEntry(grant, place))
    const next = covering.next === undefined ? {} : { next: covering.next }
    if (page.after !== undefined) return { items, ...next }
    const owner = await accounts.findById(ownerId)
    if (owner === undefined) throw new Error(`the owner ${ownerId} of ${place.name} is gone`)
    const rightsOfAll = await policy.explain(ANONYMOUS.subject, place)
    const ofAll = showRights(showSubject(ANONYMOUS.subject), rightsOfAll, place)
    return { items: [...ofAll, ...listStandingEntries(place, owner), ...items], ...next }
  }

  async function explainUser(name: string, place: RepositoryPlace): Promise<RepositoryAccess> {
    const account = await accounts.resolveName(name)
    if (account?.kind !== 'user') throw notFound('such user')
    const shown = showSubject({ kind: 'user', account })
    // A disabled account cannot log in: what is left is what everybody may.
    const subject: Subject = account.disabledAt === undefined ? { kind: 'user', account } : ANONYMOUS.subject
    return showOne(shown, await policy.explain(subject, place), place, false)
  }

  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/access',
      summary: 'Explain who may do what in a repository, and through what',
      access: { kind: 'repository', permission: 'pull' },
      query: accessQuery,
      result: repositoryAccess,
      statuses: [200],
      async handle({ query, credential }, { place }) {
        const { subject, narrowing } = credential
        const rights = await policy.explain(subject, place)
        const isAboutSelf = subject.kind === 'user' && query.user === subjectName(subject)
        const seesEverybody = !isAboutSelf && (await maySeeEverybody(credential, rights, place))
        if (query.user !== undefined && !isAboutSelf) {
          if (!seesEverybody) throw onlyOneself(place)
          return { status: 200, body: await explainUser(query.user, place) }
        }
        if (seesEverybody) return { status: 200, body: await listEverybody(place, toPageRequest(query)) }
        return { status: 200, body: showOne(showSubject(subject), rights, place, narrowing !== undefined) }
      },
    }),
  ]
}

function showOne(
  subject: RepositoryAccess['items'][number]['subject'],
  rights: readonly Right[],
  place: RepositoryPlace,
  narrowed: boolean,
): RepositoryAccess {
  return {
    effective: { subject, permission: highestPermission(rights) ?? null, narrowed },
    items: showRights(subject, rights, place),
  }
}

/** Whether a right makes somebody one who may read everything here. */
function isAuditors({ through }: Right): boolean {
  return through.kind === 'instance-role' || (through.kind === 'member-role' && through.role === 'auditor')
}

function onlyOneself({ name }: RepositoryPlace): Problem {
  const message = `what others may do is for auditors and for administrators of ${name}; leave the parameter user out to see your own`
  return new Problem(403, 'DENIED', message)
}
