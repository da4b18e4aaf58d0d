import { z } from 'zod'
import { readRepositoryName } from '../../oci/repository-name.ts'
import type { Repository, RepositoryStore } from '../../storage/metadata/repositories.ts'
import { type Credential, type Permission, viewerOf } from '../access/credential.ts'
import type { Policy } from '../access/policy.ts'
import { originOf } from '../registry/caller.ts'
import { parsePage, showPage } from './paging.ts'
import { notFound } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'

const repositoryChanges = z.strictObject({ visibility: z.enum(['private', 'public']) })

/** `/repositories`: what there is, and who may see it. */
export function createRepositoryRoutes(deps: {
  readonly repositories: RepositoryStore
  readonly policy: Policy
}): ApiRoute[] {
  const { repositories, policy } = deps

  /** The repository, for whom it is there: lacking the permission looks like lacking the repository. */
  async function find(text: string | undefined, credential: Credential, permission: Permission): Promise<Repository> {
    const name = readRepositoryName(text ?? '')
    const decision = name && (await policy.authorize(credential, permission, name))
    if (!decision?.allowed || decision.repository === undefined) throw notFound('such repository')
    return decision.repository
  }

  return [
    apiRoute({
      method: 'get',
      path: '/repositories',
      access: { kind: 'public' },
      body: undefined,
      async handle({ query, credential }) {
        return {
          status: 200,
          body: showPage(await repositories.listVisible(viewerOf(credential.subject), parsePage(query)), show),
        }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/repositories/:repository',
      access: { kind: 'by-object' },
      body: undefined,
      handle: async ({ parameters, credential }) => ({
        status: 200,
        body: show(await find(parameters['repository'], credential, 'pull')),
      }),
    }),
    apiRoute({
      method: 'patch',
      path: '/repositories/:repository',
      access: { kind: 'by-object' },
      body: repositoryChanges,
      async handle({ parameters, body, credential, caller }) {
        const { id } = await find(parameters['repository'], credential, 'admin')
        const changed = await repositories.setVisibility(id, body.visibility, originOf(caller))
        if (changed === undefined) throw notFound('such repository')
        return { status: 200, body: show(changed) }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/repositories/:repository',
      access: { kind: 'by-object' },
      body: undefined,
      async handle({ parameters, credential, caller }) {
        const { id } = await find(parameters['repository'], credential, 'admin')
        await repositories.delete(id, originOf(caller))
        return { status: 204 }
      },
    }),
  ]
}

function show({ name, visibility, createdAt, pushedAt }: Repository) {
  return {
    name,
    visibility,
    createdAt: new Date(createdAt).toISOString(),
    pushedAt: pushedAt === undefined ? null : new Date(pushedAt).toISOString(),
  }
}
