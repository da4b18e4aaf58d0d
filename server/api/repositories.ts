import { z } from 'zod'
import { namespaceOf, type RepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import type { Repository, RepositoryStore, RepositoryUpdate, Viewer } from '../../storage/metadata/repositories.ts'
import { originOf } from '../access/caller.ts'
import { type Credential, viewerOf } from '../access/credential.ts'
import type { Policy } from '../access/policy.ts'
import { shownTime, showOptionalTime, showTime, visibility } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiResponse, type ApiRoute, apiRoute } from './route.ts'
import { changedMeanwhile } from './versions.ts'

/** The whole name of a repository that is to be. */
const newRepositoryName = z
  .string()
  .max(255)
  .transform((text, context): RepositoryName => {
    const name = readRepositoryName(text)
    if (name !== undefined) return name
    context.addIssue({
      code: 'custom',
      message:
        'must be a whole name, such as acme/web: lower-case letters and digits, separated by one of . _ __ - or /',
    })
    return z.NEVER
  })
  .meta({ description: 'The whole name, within the same namespace', examples: ['acme/web'] })

const repositoryChanges = z
  .strictObject({ visibility: visibility.exactOptional(), name: newRepositoryName.exactOptional() })
  .meta({ id: 'RepositoryChanges' })

const shownRepository = z
  .strictObject({
    name: z.string().meta({ description: 'As it is called now', examples: ['acme/web'] }),
    visibility,
    createdAt: shownTime,
    pushedAt: shownTime.nullable().meta({ description: 'When the newest manifest arrived; null before the first' }),
  })
  .meta({ id: 'Repository' })
type ShownRepository = z.infer<typeof shownRepository>

/** `/repositories`: what there is. Who may do what there is told by `/access` (repository-access.ts). */
export function createRepositoryRoutes(deps: {
  readonly repositories: Pick<RepositoryStore, 'listVisible' | 'update' | 'delete'>
  readonly policy: Pick<Policy, 'authorize'>
}): ApiRoute[] {
  const { repositories, policy } = deps

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

  return [
    apiRoute({
      method: 'get',
      path: '/repositories',
      summary: 'List the repositories that one may pull',
      access: { kind: 'public' },
      query: pageQuery,
      result: pageOf(shownRepository),
      statuses: [200],
      async handle({ query, credential }) {
        return { status: 200, body: showPage(await repositories.listVisible(listViewerOf(credential), query), show) }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/repositories/:repository',
      summary: 'Look at a repository',
      access: { kind: 'repository', permission: 'pull' },
      result: shownRepository,
      statuses: [200],
      async handle(_request, { place }) {
        return answer(place.repository)
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/repositories/:repository',
      summary: 'Change who sees a repository, or rename it',
      access: { kind: 'repository', permission: 'admin' },
      body: repositoryChanges,
      result: shownRepository,
      statuses: [200],
      async handle({ body, credential, caller, ifVersion }, { place }) {
        const { id, name } = place.repository
        if (body.name !== undefined && body.name !== name) await requireRoomFor(credential, name, body.name)
        return answer(repositoryOf(await repositories.update(id, body, originOf(caller), ifVersion)))
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/repositories/:repository',
      summary: 'Delete a repository with all its content',
      access: { kind: 'repository', permission: 'admin' },
      statuses: [204],
      async handle({ caller }, { place }) {
        if (!(await repositories.delete(place.repository.id, originOf(caller)))) throw notFound('such repository')
        return { status: 204 }
      },
    }),
  ]
}

/** A token that was not made for the catalogue names no private repository, here as on the wire. */
function listViewerOf(credential: Credential): Viewer {
  return credential.narrowing?.keepsCatalog === false ? { kind: 'anonymous' } : viewerOf(credential)
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

function answer(repository: Repository): ApiResponse<ShownRepository> {
  return { status: 200, body: show(repository), version: repository.version }
}

function show({ name, visibility, createdAt, pushedAt }: Repository): ShownRepository {
  return { name, visibility, createdAt: showTime(createdAt), pushedAt: showOptionalTime(pushedAt) }
}
