import { z } from 'zod'
import type { Tag } from '../../oci/reference.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import { TAG_ORDERS, type TagStore } from '../../storage/metadata/tags.ts'
import { originOf } from '../access/caller.ts'
import type { Credential } from '../access/credential.ts'
import { digest } from './fields.ts'
import { pageOf, pageParameters, showPage, toPageRequest } from './paging.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { shownTag, showTag, tagIn, tagUnknown } from './shown-tag.ts'

const tagQuery = z.strictObject({
  ...pageParameters,
  order: z.enum(TAG_ORDERS).default('version').meta({
    description: '`version`: as semver has it, the newest first; `pushed`: the last pushed first; `name`: ASCII',
  }),
  prefix: z
    .string()
    .max(128)
    .default('')
    .meta({ description: 'Only tags that begin with this', examples: ['v1.'] }),
})

const tagTarget = z
  .strictObject({ digest: digest.meta({ description: 'Of a manifest that the repository has' }) })
  .meta({ id: 'TagTarget' })

/** `/repositories/:repository/tags`: what there is, and pointing a tag to what is there already. */
export function createTagRoutes({
  tags,
}: {
  readonly tags: Pick<TagStore, 'listDetails' | 'findDetails' | 'point' | 'delete'>
}): ApiRoute[] {
  /** @throws Problem 404 */
  async function showLive(repositoryId: RepositoryId, tag: Tag, credential: Credential) {
    const details = await tags.findDetails(repositoryId, tag)
    if (details === undefined) throw tagUnknown(tag)
    return showTag(details, credential)
  }

  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/tags',
      summary: 'List the tags of a repository with what they point to',
      access: { kind: 'repository', permission: 'pull' },
      query: tagQuery,
      result: pageOf(shownTag),
      statuses: [200],
      async handle({ query, credential }, { place }) {
        const { order, prefix } = query
        const page = await tags.listDetails(place.repository.id, { order, prefix, ...toPageRequest(query) })
        return { status: 200, body: showPage(page, (details) => showTag(details, credential)) }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/tags/:tag',
      summary: 'Look at a tag',
      access: { kind: 'repository', permission: 'pull' },
      result: shownTag,
      statuses: [200],
      async handle({ parameters, credential }, { place }) {
        return { status: 200, body: await showLive(place.repository.id, tagIn(parameters), credential) }
      },
    }),
    apiRoute({
      method: 'put',
      path: '/repositories/:repository/tags/:tag',
      summary: 'Create a tag, or move it, to a manifest that is there',
      access: { kind: 'repository', permission: 'push' },
      body: tagTarget,
      result: shownTag,
      statuses: [200, 201],
      async handle({ parameters, body, caller, credential }, { place }) {
        const { id } = place.repository
        const tag = tagIn(parameters)
        const pointing = await tags.point(id, tag, body.digest, originOf(caller))
        if (pointing.kind === 'no-manifest') {
          const message = `this repository has no manifest ${body.digest}; push it first, or restore the tag that it had`
          throw new Problem(404, 'MANIFEST_UNKNOWN', message)
        }
        const status = pointing.previous === undefined ? 201 : 200
        return { status, body: await showLive(id, tag, credential) }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/repositories/:repository/tags/:tag',
      summary: 'Delete a tag; its manifest stays, and the tag can be restored',
      access: { kind: 'repository', permission: 'maintain' },
      statuses: [204],
      async handle({ parameters, caller }, { place }) {
        const tag = tagIn(parameters)
        if (!(await tags.delete(place.repository.id, tag, originOf(caller)))) throw tagUnknown(tag)
        return { status: 204 }
      },
    }),
  ]
}
