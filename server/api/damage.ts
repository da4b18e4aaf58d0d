import { z } from 'zod'
import { DAMAGE_REASONS, type Damage, type DamageStore, type DamageUse } from '../../storage/metadata/damage.ts'
import type { DamageId } from '../../storage/metadata/identities.ts'
import type { Page } from '../../storage/metadata/page.ts'
import { readId, shownTime } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showTime } from './show-time.ts'

/** Uses that a list shows of each entry: a base layer may be in thousands of repositories. */
const USES_IN_LIST = 20

const shownUse = z.strictObject({
  repository: z.string(),
  manifest: z.string().meta({ description: 'The digest of a manifest that cannot be pulled whole' }),
  role: z.enum(['config', 'layer', 'manifest', 'self']).meta({
    description: 'What the damaged content is to the manifest; `self` when it is the manifest itself',
  }),
  tags: z.array(z.string()).meta({
    description: 'Tags that point to the manifest, or to an index that has it; some of them when there are many',
  }),
  attachedTo: z.array(z.string()).meta({
    description: 'When it is a signature, an SBOM or the like: tags of what it was attached to, which itself is whole',
  }),
})

const shownDamage = z
  .strictObject({
    id: z.int(),
    digest: z.string(),
    kind: z.enum(['blob', 'manifest']),
    reason: z.enum(DAMAGE_REASONS).meta({
      description:
        '`altered`: other bytes than those of the digest; `resized`: more or fewer than when it was pushed; `missing`; `unreadable`: the disk does not give them back',
    }),
    sizeBytes: z.int().nonnegative().nullable().meta({ description: 'Of a blob, when it was pushed' }),
    foundSizeBytes: z.int().nonnegative().nullable().meta({ description: 'What was there; null for nothing' }),
    foundAt: shownTime,
    uses: pageOf(shownUse).meta({ description: 'The manifests that need it, repository by repository' }),
  })
  .meta({ id: 'Damage' })

/** `/damage`: what a scrub found damaged and nobody has pushed again since, and what needs it. */
export function createDamageRoutes({ damage }: { readonly damage: DamageStore }): ApiRoute[] {
  return [
    apiRoute({
      method: 'get',
      path: '/damage',
      summary: `List what is damaged, each with the first ${USES_IN_LIST} manifests that need it; pushing it again heals it`,
      access: { kind: 'instance', role: 'auditor' },
      query: pageQuery,
      result: pageOf(shownDamage),
      statuses: [200],
      async handle({ query }) {
        const { items, next } = await damage.list(query)
        const shown = []
        for (const item of items) {
          shown.push(show(item, await damage.listUses(item.id, { after: undefined, limit: USES_IN_LIST })))
        }
        return { status: 200, body: showPage({ items: shown, next }, (item) => item) }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/damage/:id',
      summary: 'Tell what needs something that is damaged: repositories, manifests and tags',
      access: { kind: 'instance', role: 'auditor' },
      query: pageQuery,
      result: shownDamage,
      statuses: [200],
      async handle({ parameters, query }) {
        const id = readId<DamageId>(parameters['id'])
        const found = id && (await damage.find(id))
        if (found === undefined) throw notFound('such damage')
        return { status: 200, body: show(found, await damage.listUses(found.id, query)) }
      },
    }),
  ]
}

function show(damage: Damage, uses: Page<DamageUse>): z.infer<typeof shownDamage> {
  const { id, digest, kind, reason, size, foundSize, foundAt } = damage
  return {
    id,
    digest,
    kind,
    reason,
    sizeBytes: size ?? null,
    foundSizeBytes: foundSize ?? null,
    foundAt: showTime(foundAt),
    uses: showPage(uses, (use) => ({ ...use, tags: [...use.tags], attachedTo: [...use.attachedTo] })),
  }
}
