import { z } from 'zod'
import type { Scrub, ScrubStore } from '../../storage/metadata/scrubs.ts'
import { originOf } from '../access/caller.ts'
import { DEFAULT_BYTES_PER_SECOND, MIN_BYTES_PER_SECOND } from '../scrub/rate.ts'
import { shownTime } from './fields.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'

const newScrub = z
  .strictObject({
    bytesPerSecond: z.int().min(MIN_BYTES_PER_SECOND).nullable().default(DEFAULT_BYTES_PER_SECOND).meta({
      description: 'How much is read at most; null reads as fast as it goes, which is felt by everybody else',
    }),
    startsOver: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether to begin anew instead of going on with one that is not finished' }),
  })
  .meta({ id: 'NewScrub' })

const shownScrub = z
  .strictObject({
    state: z.enum(['running', 'paused', 'finished']),
    startedAt: shownTime,
    pausedAt: shownTime.nullable(),
    problem: z.string().nullable().meta({ description: 'Why it could not go on; null unless it paused by itself' }),
    finishedAt: shownTime.nullable(),
    bytesPerSecond: z.int().nullable(),
    blobs: z.int().nonnegative().meta({ description: 'Looked at so far' }),
    blobBytes: z.int().nonnegative().meta({ description: 'Bytes of blobs that were read' }),
    manifests: z.int().nonnegative(),
    damaged: z.int().nonnegative().meta({ description: 'Blobs and manifests found damaged; /damage names them' }),
  })
  .meta({ id: 'Scrub' })

const newestScrub = z
  .strictObject({ scrub: shownScrub.nullable().meta({ description: 'The newest; null before the first' }) })
  .meta({ id: 'NewestScrub' })

/** `/scrub`: comparing everything that is stored with its digest, while it is being served. */
export function createScrubRoutes({ scrubs }: { readonly scrubs: ScrubStore }): ApiRoute[] {
  return [
    apiRoute({
      method: 'get',
      path: '/scrub',
      summary: 'See how far the scrub is that compares everything stored with its digest',
      access: { kind: 'instance', role: 'auditor' },
      result: newestScrub,
      statuses: [200],
      async handle() {
        return { status: 200, body: show(await scrubs.find()) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/scrub',
      summary: 'Start a scrub in the background, or go on with one that is not finished',
      access: { kind: 'instance', role: 'admin' },
      body: newScrub,
      result: newestScrub,
      statuses: [200],
      async handle({ body, caller }) {
        const { bytesPerSecond, startsOver } = body
        const wish = { bytesPerSecond: bytesPerSecond ?? undefined, startsOver }
        return { status: 200, body: show(await scrubs.start(wish, originOf(caller))) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/scrub/pause',
      summary: 'Have the scrub wait until it is started again',
      access: { kind: 'instance', role: 'admin' },
      result: newestScrub,
      statuses: [200],
      async handle({ caller }) {
        return { status: 200, body: show(await scrubs.pause(undefined, originOf(caller))) }
      },
    }),
  ]
}

function show(scrub: Scrub | undefined): z.infer<typeof newestScrub> {
  if (scrub === undefined) return { scrub: null }
  const { startedAt, pausedAt, problem, finishedAt, bytesPerSecond, progress } = scrub
  const { blobs, blobBytes, manifests, damaged } = progress
  return {
    scrub: {
      state: finishedAt !== undefined ? 'finished' : pausedAt !== undefined ? 'paused' : 'running',
      startedAt: showTime(startedAt),
      pausedAt: showOptionalTime(pausedAt),
      problem: problem ?? null,
      finishedAt: showOptionalTime(finishedAt),
      bytesPerSecond: bytesPerSecond ?? null,
      blobs,
      blobBytes,
      manifests,
      damaged,
    },
  }
}
