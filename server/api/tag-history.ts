import { z } from 'zod'
import type { Digest } from '../../oci/digest.ts'
import type { Tag } from '../../oci/reference.ts'
import type { TagLifetime, TagRestoration, TagStore } from '../../storage/metadata/tags.ts'
import { originOf } from '../access/caller.ts'
import type { Credential } from '../access/credential.ts'
import { digest, shownTime } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'
import { showAuthor, shownAuthor, shownTag, showTag, tagIn, tagUnknown } from './shown-tag.ts'

/** As many as fit into a sentence. */
const MAX_NAMED_DIGESTS = 3

const shownLifetime = z
  .strictObject({
    digest: z.string(),
    mediaType: z.string(),
    startedAt: shownTime,
    startedBy: shownAuthor,
    endedAt: shownTime.nullable().meta({ description: 'Null while it points there' }),
    endedBy: shownAuthor,
    current: z.boolean(),
  })
  .meta({ id: 'TagLifetime', description: 'A time in which a tag pointed to one manifest' })

const restoration = z
  .strictObject({
    digest: digest.exactOptional().meta({
      description: 'What the tag pointed to once; without it, what it pointed to last before what it points to now',
    }),
  })
  .meta({ id: 'TagRestoration' })

/** `/repositories/:repository/tags/:tag/history`: what a tag pointed to, and pointing it there again. */
export function createTagHistoryRoutes({
  tags,
}: {
  readonly tags: Pick<TagStore, 'history' | 'restore' | 'findDetails'>
}): ApiRoute[] {
  return [
    apiRoute({
      method: 'get',
      path: '/repositories/:repository/tags/:tag/history',
      summary: 'List what a tag has pointed to, the newest first; also of a tag that is deleted',
      access: { kind: 'repository', permission: 'pull' },
      query: pageQuery,
      result: pageOf(shownLifetime),
      statuses: [200],
      async handle({ parameters, query, credential }, { place }) {
        const tag = tagIn(parameters)
        const page = await tags.history(place.repository.id, tag, query)
        if (page.items.length === 0 && query.after === undefined) throw tagUnknown(tag)
        return { status: 200, body: showPage(page, (lifetime) => showLifetime(lifetime, credential)) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/repositories/:repository/tags/:tag/restore',
      summary: 'Point a tag again to what it pointed to before, together with what was deleted since',
      access: { kind: 'repository', permission: 'maintain' },
      body: restoration,
      result: shownTag,
      statuses: [200],
      async handle({ parameters, body, caller, credential }, { place }) {
        const { id } = place.repository
        const tag = tagIn(parameters)
        requireRestored(await tags.restore(id, tag, body.digest, originOf(caller)), tag, body.digest)
        const details = await tags.findDetails(id, tag)
        if (details === undefined) throw tagUnknown(tag)
        return { status: 200, body: showTag(details, credential) }
      },
    }),
  ]
}

/** @throws Problem for what cannot be restored */
function requireRestored(result: TagRestoration, tag: Tag, wanted: Digest | undefined): void {
  switch (result.kind) {
    case 'restored':
      return
    case 'no-lifetime': {
      const what = wanted === undefined ? 'anything else' : wanted
      const message = `the tag ${tag} never pointed to ${what}; its history shows what there is to restore`
      throw new Problem(404, 'LIFETIME_UNKNOWN', message)
    }
    case 'content-gone': {
      const named = result.missing.slice(0, MAX_NAMED_DIGESTS)
      const more = result.missing.length - named.length
      const list = named.join(', ') + (more > 0 ? ` and ${more} more` : '')
      const message = `what the tag ${tag} pointed to needs ${list}, which the repository no longer has; push the image again`
      throw new Problem(409, 'CONTENT_GONE', message, { missing: named })
    }
  }
}

function showLifetime(lifetime: TagLifetime, credential: Credential): z.infer<typeof shownLifetime> {
  const { digest, mediaType, startedAt, startedBy, endedAt, endedBy } = lifetime
  return {
    digest,
    mediaType,
    startedAt: showTime(startedAt),
    startedBy: showAuthor(startedBy, credential),
    endedAt: showOptionalTime(endedAt),
    endedBy: showAuthor(endedBy, credential),
    current: endedAt === undefined,
  }
}
