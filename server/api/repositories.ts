import { z } from 'zod'
import type { Permission } from '../../oci/permission.ts'
import { namespaceOf, type RepositoryName } from '../../oci/repository-name.ts'
import type {
  Repository,
  RepositoryChanges,
  RepositoryStore,
  RepositoryUpdate,
} from '../../storage/metadata/repositories.ts'
import type { StarStore } from '../../storage/metadata/stars.ts'
import { originOf } from '../access/caller.ts'
import { type Credential, listViewerOf } from '../access/credential.ts'
import type { Policy } from '../access/policy.ts'
import { repositoryState, visibility } from './fields.ts'
import { pageOf, pageParameters, showPage, toPageRequest } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import {
  firstRepositoryName,
  newDescription,
  newLabels,
  newReadme,
  newRepositoryName,
  newSuccessor,
} from './repository-fields.ts'
import { type ApiResponse, type ApiRoute, apiRoute } from './route.ts'
import { showRepository, showRepositoryDetails } from './show-repository.ts'
import { shownRepository, shownRepositoryDetails } from './shown-repository.ts'
import { changedMeanwhile, requireDeleted } from './versions.ts'

type ShownDetails = z.infer<typeof shownRepositoryDetails>

const repositoryQuery = z.strictObject({
  ...pageParameters,
  prefix: z
    .string()
    .max(255)
    .default('')
    .meta({ description: 'Only those whose whole names begin with this', examples: ['acme/'] }),
})

const newRepository = z
  .strictObject({
    name: firstRepositoryName,
    visibility: visibility.optional().meta({ description: 'What its namespace wants, unless told' }),
    description: newDescription.optional(),
  })
  .meta({ id: 'NewRepository' })

const repositoryChanges = z
  .strictObject({
    visibility: visibility.exactOptional(),
    name: newRepositoryName.exactOptional(),
    description: newDescription.exactOptional(),
    readme: newReadme.exactOptional(),
    labels: newLabels.exactOptional(),
    state: repositoryState.exactOptional(),
    successor: newSuccessor.nullable().exactOptional(),
  })
  .meta({ id: 'RepositoryChanges' })

/** `/repositories`: what there is. Who may do what there is told by `/access` (repository-access.ts). */
export function createRepositoryRoutes(deps: {
  readonly repositories: Pick<
    RepositoryStore,
    'locate' | 'listVisible' | 'findDetails' | 'create' | 'update' | 'delete'
  >
  readonly stars: Pick<StarStore, 'has'>
  readonly policy: Pick<Policy, 'authorize'>
}): ApiRoute[] {
  const { repositories, stars, policy } = deps

  /**
   * A rename makes a repository of the new name, as a first push does, and takes the same right there. Without it, an
   * administrator of one repository could put it where others expect another, and would learn which names are taken.
   * @throws Problem 422
   */
  async function requireRoomFor(credential: Credential, from: RepositoryName, to: RepositoryName): Promise<void> {
    const namespace = namespaceOf(from)
    if (namespaceOf(to) !== namespace) {
      const message = `a repository stays in its namespace; choose a whole name that begins with ${namespace}/`
      throw new Problem(422, 'OTHER_NAMESPACE', message)
    }
    if ((await policy.authorize(credential, 'push', to)).allowed) return
    const message = `this takes the permission push on ${to}; choose another name or ask an owner of ${namespace}`
    throw new Problem(422, 'NAME_EXCEEDS_RIGHTS', message)
  }

  /**
   * What is in use needs no successor, and nothing succeeds itself, not by a former name or one that is to be either.
   * @throws Problem 422
   */
  async function requireSensibleSuccessor(before: Repository, changes: RepositoryChanges): Promise<void> {
    const { state = before.state, name = before.name, successor = before.successor } = changes
    if (changes.successor && state === 'active') {
      const message = `${name} is active; a successor is for what is deprecated or archived, send the state with it`
      throw new Problem(422, 'SUCCESSOR_OF_ACTIVE', message)
    }
    const isAsBefore = changes.successor === undefined && changes.name === undefined
    if (isAsBefore || state === 'active' || !successor) return
    // Thoroughly, so that the time does not tell whether there is such a repository (I5).
    const { repository } = await repositories.locate(successor, { thoroughly: true })
    if (successor !== name && repository?.id !== before.id) return
    const message = `${successor} is ${name} itself; name another repository, or null for none`
    throw new Problem(422, 'SUCCESSOR_OF_ITSELF', message)
  }

  async function permissionOn(credential: Credential, name: RepositoryName): Promise<Permission> {
    for (const permission of ['admin', 'maintain', 'push'] as const) {
      if ((await policy.authorize(credential, permission, name)).allowed) return permission
    }
    return 'pull'
  }

  /** To one who may pull it. */
  async function answer(
    repository: Repository,
    credential: Credential,
    status: 200 | 201 = 200,
  ): Promise<ApiResponse<ShownDetails>> {
    const { id, name, version } = repository
    const { subject } = credential
    const details = await repositories.findDetails(id)
    if (details === undefined) throw notFound('such repository')
    const isStarred = subject.kind === 'user' && (await stars.has(subject.account.id, id))
    const permission = await permissionOn(credential, name)
    return { status, body: showRepositoryDetails(repository, details, { isStarred, permission }), version }
  }

  return [
    apiRoute({
      method: 'get',
      path: '/repositories',
      summary: 'List the repositories that one may pull',
      access: { kind: 'public' },
      query: repositoryQuery,
      result: pageOf(shownRepository),
      statuses: [200],
      async handle({ query, credential }) {
        const { prefix } = query
        const page = await repositories.listVisible(listViewerOf(credential), { prefix, ...toPageRequest(query) })
        return { status: 200, body: showPage(page, showRepository) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/repositories',
      summary: 'Create a repository before the first push, which would create it as well',
      // By the permissions that the same takes once it is there.
      access: { kind: 'push', named: 'in-body', fields: { visibility: 'admin', description: 'maintain' } },
      body: newRepository,
      result: shownRepositoryDetails,
      statuses: [201],
      async handle({ body, credential, caller }, { place }) {
        const { visibility, description } = body
        const creation = await repositories.create(place.name, { visibility, description }, originOf(caller))
        if (creation.kind === 'exists') throw alreadyThere(place.name, creation.repository)
        return answer(creation.repository, credential, 201)
      },
    }),
    apiRoute({
      method: 'get',
      path: '/repositories/:repository',
      summary: 'Look at a repository',
      access: { kind: 'repository', permission: 'pull' },
      result: shownRepositoryDetails,
      statuses: [200],
      async handle({ credential }, { place }) {
        return answer(place.repository, credential)
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/repositories/:repository',
      summary: 'Describe a repository, deprecate or archive it, change who sees it, or rename it',
      access: { kind: 'repository', permission: 'maintain', fields: { visibility: 'admin', name: 'admin' } },
      body: repositoryChanges,
      result: shownRepositoryDetails,
      statuses: [200],
      async handle({ body, credential, caller, ifVersion }, { place }) {
        const { id, name } = place.repository
        await requireSensibleSuccessor(place.repository, body)
        if (body.name !== undefined && body.name !== name) await requireRoomFor(credential, name, body.name)
        const updated = repositoryOf(await repositories.update(id, body, originOf(caller), ifVersion))
        return answer(updated, credential)
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/repositories/:repository',
      summary: 'Delete a repository with all its content',
      access: { kind: 'repository', permission: 'admin' },
      statuses: [204],
      async handle({ caller, ifVersion }, { place }) {
        const deletion = await repositories.delete(place.repository.id, originOf(caller), ifVersion)
        requireDeleted(deletion, notFound('such repository'))
        return { status: 204 }
      },
    }),
  ]
}

/** @throws Problem for what was not changed */
function repositoryOf(update: RepositoryUpdate): Repository {
  switch (update.kind) {
    case 'updated':
      return update.repository
    case 'absent':
      throw notFound('such repository')
    case 'stale':
      throw changedMeanwhile()
    case 'name-taken':
      throw new Problem(409, 'NAME_TAKEN', 'another repository has this name; choose another')
  }
}

function alreadyThere(asked: RepositoryName, { name }: Repository): Problem {
  const where = asked === name ? `${name} is there already` : `${asked} leads to ${name}`
  return new Problem(409, 'NAME_TAKEN', `${where}; choose another name, or change what is there`)
}
