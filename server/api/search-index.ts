import { z } from 'zod'
import type { IndexBuild, SearchIndex } from '../../storage/metadata/search-index.ts'
import { shownTime } from './fields.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'

const indexBuild = z
  .strictObject({
    startedAt: shownTime,
    finishedAt: shownTime.nullable().meta({ description: 'null while it is being built' }),
    documents: z.int().meta({ description: 'Repositories done so far' }),
  })
  .meta({ id: 'IndexBuild' })

const shownIndex = z
  .strictObject({
    build: indexBuild.nullable().meta({ description: 'The last time it was built anew; null when it never was' }),
  })
  .meta({ id: 'SearchIndex' })

/** `/search-index`: building anew what the search looks at. It goes on answering meanwhile. */
export function createSearchIndexRoutes(deps: {
  readonly searchIndex: Pick<SearchIndex, 'findBuild' | 'startBuild'>
}): ApiRoute[] {
  const { searchIndex } = deps
  return [
    apiRoute({
      method: 'get',
      path: '/search-index',
      summary: 'See how far the search index is built',
      access: { kind: 'instance', role: 'auditor' },
      result: shownIndex,
      statuses: [200],
      async handle() {
        return { status: 200, body: show(await searchIndex.findBuild()) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/search-index/build',
      summary: 'Build the search index anew, in the background; it goes on answering',
      access: { kind: 'instance', role: 'admin' },
      result: shownIndex,
      statuses: [200],
      async handle() {
        return { status: 200, body: show(await searchIndex.startBuild()) }
      },
    }),
  ]
}

function show(build: IndexBuild | undefined): z.infer<typeof shownIndex> {
  if (build === undefined) return { build: null }
  const { startedAt, finishedAt, documents } = build
  return { build: { startedAt: showTime(startedAt), finishedAt: showOptionalTime(finishedAt), documents } }
}
