import { formatRequest } from '../load/format-request.ts'
import { openRegistryClient } from '../load/registry-client.ts'
import { MANY_MANIFESTS, REFERRERS_OF_ONE, referredImage, SOME_MANIFESTS } from '../stock/referrers.ts'
import { pullScope } from '../stock/scopes.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Target, Workload } from './workload.ts'

/** As many as Kontor puts on a page. */
const PAGE = 1000

export const referrers = referrersWorkload('referrers', 'referrers of one (3) among 2,000 manifests', {
  referToOne: false,
  targets: [
    { kind: 'at-least', value: 5_000 },
    { kind: 'flat', atMost: 1.3 },
  ],
})
export const referrersPage = referrersWorkload('referrers-page', 'referrers, first 1,000 of 2,000', {
  referToOne: true,
  targets: [{ kind: 'flat', atMost: 1.3 }],
})

function referrersWorkload(
  name: string,
  title: string,
  { referToOne, targets }: { readonly referToOne: boolean; readonly targets: readonly Target[] },
): Workload {
  return {
    name,
    title,
    unit: 'per s',
    notOfferedBy: ['distribution-2', 'distribution-3'],
    alsoWithMany: true,
    targets,
    async prepare({ stock }, size) {
      const { server } = stock
      const { repository, subject } = await referredImage(stock, { size, referToOne })
      const authorization = await server.authorize(pullScope(repository))
      const path = `/v2/${repository}/referrers/${subject.digest}`
      const client = await openRegistryClient(server, authorization)
      const { body } = await client.ask({ path }, { status: 200 })
      client.close()
      const found = body.toString().split('"digest"').length - 1
      const all = size === 'some' ? SOME_MANIFESTS : MANY_MANIFESTS
      const few = referToOne ? Math.min(PAGE, all) : REFERRERS_OF_ONE
      // A server without pages answers with all of them.
      if (found !== few && found !== (referToOne ? all : few)) throw new Error(`${found} referrers came, not ${few}`)
      const expected = { status: 200, bodyBytes: body.length }
      return repeatedRequests(server, [{ request: formatRequest(server.address, { path, authorization }), expected }])
    },
  }
}
