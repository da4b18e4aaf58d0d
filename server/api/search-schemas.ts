import { z } from 'zod'
import { MAX_CURSOR_LENGTH } from '../search/cursor.ts'
import { FACETS } from '../search/facets.ts'
import { shownTime } from './fields.ts'
import { shownRepository } from './shown-repository.ts'

const DEFAULT_LIMIT = 25
/** Each item may take a look into its README. */
const MAX_LIMIT = 100

export const searchQuery = z.strictObject({
  q: z
    .string()
    .default('')
    .meta({
      description:
        'Words, quoted or not, and qualifiers: `org:`, `is:public|private|official|active|deprecated|archived`, ' +
        '`arch:`, `os:`, `label:key=value`, `pushed:<30d`, `stars:>3`, `type:image|helm|…`. Without any, everything, ' +
        'the best known first',
      examples: ['message broker arch:arm64'],
    }),
  type: z
    .enum(['repository', 'tag', 'organization', 'user'])
    .default('repository')
    .meta({ description: 'What to find. Tags are found by what is behind a colon or by the last word: `nginx:1.25`' }),
  limit: z
    .string()
    .regex(/^0*[1-9]\d{0,20}$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform((text) => Math.min(Number(text), MAX_LIMIT))
    .default(DEFAULT_LIMIT)
    .meta({ description: `At most this many items; ${DEFAULT_LIMIT} unless told, ${MAX_LIMIT} at most` }),
  after: z.string().max(MAX_CURSOR_LENGTH).optional().meta({ description: 'The `next` of the page before' }),
})

const highlight = z
  .strictObject({
    field: z.enum(['name', 'description', 'label', 'readme']),
    text: z.string().meta({ description: 'As it is stored; of a README the part around the first place' }),
    ranges: z
      .array(z.tuple([z.int(), z.int()]).readonly())
      .readonly()
      .meta({ description: 'Where in the text the words are: start and end (exclusive), in UTF-16 code units' }),
  })
  .meta({ id: 'Highlight' })

const foundRepository = shownRepository
  .extend({
    type: z.literal('repository'),
    kinds: z
      .array(z.string())
      .readonly()
      .meta({ description: 'What its images are', examples: [['image']] }),
    platforms: z
      .array(z.string())
      .readonly()
      .meta({ examples: [['linux/amd64', 'linux/arm64/v8']] }),
    labels: z.record(z.string(), z.string()).meta({ description: 'Its own, and those of its images' }),
    highlights: z.array(highlight).readonly(),
  })
  .meta({ id: 'FoundRepository' })

const foundTag = z
  .strictObject({
    type: z.literal('tag'),
    repository: z.string().meta({ examples: ['acme/web'] }),
    tag: z.string().meta({ examples: ['1.25'] }),
    digest: z.string(),
    kind: z.string().meta({ examples: ['image'] }),
    platforms: z.array(z.string()).readonly(),
    pushedAt: shownTime.meta({ description: 'Since when it points to this manifest' }),
    pulls: z.int(),
  })
  .meta({ id: 'FoundTag' })

const foundAccount = z
  .strictObject({
    type: z.enum(['organization', 'user']),
    name: z.string().meta({ examples: ['acme'] }),
    displayName: z.string().nullable(),
  })
  .meta({ id: 'FoundAccount' })

const facetValue = z.strictObject({ value: z.string(), count: z.int() }).meta({ id: 'FacetValue' })

const facets = z
  .strictObject({
    countedOf: z.int().meta({ description: 'How many results were counted: the best known' }),
    isComplete: z.boolean().meta({ description: 'Whether these are all' }),
    counts: z.record(z.enum(FACETS), z.array(facetValue).readonly()),
  })
  .meta({ id: 'Facets' })

export const searchResults = z
  .strictObject({
    items: z.array(z.discriminatedUnion('type', [foundRepository, foundTag, foundAccount])),
    facets: facets.nullable().meta({ description: 'What the repositories are, on the first page; otherwise null' }),
    correctedTo: z
      .string()
      .nullable()
      .meta({ description: 'What was looked for besides, because hardly anything was found as it was typed' }),
    next: z.string().optional().meta({ description: 'Where the next page starts; absent on the last' }),
  })
  .meta({ id: 'SearchResults' })

export type ShownResults = z.infer<typeof searchResults>
export type ShownItem = ShownResults['items'][number]
