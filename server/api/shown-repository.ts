import { z } from 'zod'
import { permission, repositoryState, shownTime, visibility } from './fields.ts'

/** A repository as lists show it. */
export const shownRepository = z
  .strictObject({
    name: z.string().meta({ description: 'As it is called now', examples: ['acme/web'] }),
    visibility,
    description: z.string().meta({ description: 'One line of plain text; empty when nobody wrote one' }),
    state: repositoryState,
    successor: z
      .string()
      .nullable()
      .meta({ description: 'The repository to use instead; nobody has looked whether it is there' }),
    isOfficial: z.boolean().meta({ description: 'Whether it is one of the official images, in `library`' }),
    stars: z.int(),
    pulls: z.int().meta({ description: 'Since it was created; counted within a minute' }),
    lastPulledAt: shownTime.nullable(),
    createdAt: shownTime,
    pushedAt: shownTime.nullable().meta({ description: 'When the newest manifest arrived; null before the first' }),
  })
  .meta({ id: 'Repository' })

/** A repository by itself. */
export const shownRepositoryDetails = shownRepository
  .extend({
    readme: z.string().meta({ description: 'Markdown as it was given: make it harmless before you show it as HTML' }),
    labels: z.record(z.string(), z.string()).meta({ examples: [{ team: 'web' }] }),
    isStarred: z.boolean().meta({ description: 'By the user who asks' }),
    permission: permission.meta({ description: 'The highest that the credential which asks has here' }),
  })
  .meta({ id: 'RepositoryDetails' })
