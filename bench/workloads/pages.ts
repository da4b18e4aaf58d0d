import { formatRequest } from '../load/format-request.ts'
import { openRegistryClient } from '../load/registry-client.ts'
import type { BenchServer } from '../servers/bench-server.ts'
import { catalogue, largeCatalogue } from '../stock/catalogue.ts'
import { pullScope } from '../stock/scopes.ts'
import { largeTaggedRepository, taggedRepository, tagName } from '../stock/tagged-repository.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Prepared, Size, Workload } from './workload.ts'

const PAGE = 100
/** How far into a list a deep page begins. */
const DEEP = 0.75

export const tagsPageFirst = tagsWorkload('tags-first', 'tags, first page of 100 in 5,000', 0)
export const tagsPageDeep = tagsWorkload('tags-deep', 'tags, deep page of 100 in 5,000', DEEP)
export const cataloguePageFirst = catalogueWorkload('catalogue-first', 'catalogue, first page of 100 in 2,000', 0)
export const cataloguePageDeep = catalogueWorkload('catalogue-deep', 'catalogue, deep page of 100 in 2,000', DEEP)

function tagsWorkload(name: string, title: string, depth: number): Workload {
  return {
    name,
    title,
    unit: 'per s',
    // It answers with all of them.
    notOfferedBy: ['distribution-2'],
    alsoWithMany: true,
    targets: [
      { kind: 'ratio', atLeast: 20 },
      { kind: 'flat', atMost: 1.3 },
    ],
    async prepare({ stock }, size: Size) {
      const { repository, tags } = await (size === 'some' ? taggedRepository(stock) : largeTaggedRepository(stock))
      const authorization = await stock.server.authorize(pullScope(repository))
      const first = Math.floor(tags * depth)
      const after = first === 0 ? '' : `&last=${tagName(first - 1)}`
      return repeatedPage(stock.server, {
        path: `/v2/${repository}/tags/list?n=${PAGE}${after}`,
        authorization,
        last: tagName(first + PAGE - 1),
      })
    },
  }
}

function catalogueWorkload(name: string, title: string, depth: number): Workload {
  return {
    name,
    title,
    unit: 'per s',
    alsoWithMany: true,
    targets: [
      { kind: 'ratio', atLeast: 10 },
      { kind: 'flat', atMost: 1.3 },
    ],
    async prepare({ stock }, size: Size) {
      const { authorization, nameOf, repositories } = await (size === 'some' ? catalogue(stock) : largeCatalogue(stock))
      const first = Math.floor(repositories * depth)
      const after = first === 0 ? '' : `&last=${encodeURIComponent(nameOf(first - 1))}`
      return repeatedPage(stock.server, {
        path: `/v2/_catalog?n=${PAGE}${after}`,
        authorization,
        // What else there is has other names, some of which come before these.
        last: first === 0 ? undefined : nameOf(first + PAGE - 1),
      })
    },
  }
}

/** Looks at a page once, and from then on at its length. */
async function repeatedPage(
  server: BenchServer,
  { path, authorization, last }: { path: string; authorization: string | undefined; last: string | undefined },
): Promise<Prepared> {
  const client = await openRegistryClient(server, authorization)
  const answer = await client.ask({ path }, { status: 200, inHead: 'rel="next"' })
  client.close()
  const entries = readEntries(answer.body)
  if (entries.length !== PAGE || (last !== undefined && entries.at(-1) !== last)) {
    throw new Error(`the page is another: ${entries.length} entries, the last is ${entries.at(-1)}`)
  }
  const expected = { status: 200, bodyBytes: answer.bodyBytes }
  return repeatedRequests(server, [{ request: formatRequest(server.address, { path, authorization }), expected }])
}

function readEntries(body: Buffer): readonly unknown[] {
  const { tags, repositories }: { tags?: unknown; repositories?: unknown } = JSON.parse(body.toString())
  const entries = tags ?? repositories
  if (!Array.isArray(entries)) throw new Error(`this is no list: ${body.subarray(0, 300)}`)
  return entries
}
