import { formatRequest } from '../load/format-request.ts'
import { ACCEPT_MANIFESTS } from '../load/registry-client.ts'
import { pushedImage } from '../stock/image.ts'
import { pullScope } from '../stock/scopes.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Workload } from './workload.ts'

export const manifestByTag = manifestWorkload('manifest-by-tag', 'manifest GET by tag', 'GET', 'tag')
export const manifestByDigest = manifestWorkload('manifest-by-digest', 'manifest GET by digest', 'GET', 'digest')
export const manifestHead = manifestWorkload('manifest-head', 'manifest HEAD', 'HEAD', 'tag')

function manifestWorkload(name: string, title: string, method: 'GET' | 'HEAD', by: 'tag' | 'digest'): Workload {
  return {
    name,
    title,
    unit: 'per s',
    targets: [{ kind: 'ratio', atLeast: 4 }],
    async prepare({ stock }) {
      const { server } = stock
      const { repository, tag, manifest } = await pushedImage(stock)
      const reference = by === 'tag' ? tag : manifest.digest
      const authorization = await server.authorize(pullScope(repository))
      const path = `/v2/${repository}/manifests/${reference}`
      const request = formatRequest(server.address, {
        method,
        path,
        authorization,
        headers: { Accept: ACCEPT_MANIFESTS },
      })
      const bodyBytes = method === 'GET' ? manifest.size : 0
      const expected = { status: 200, bodyBytes, contentLength: manifest.size, inHead: manifest.digest }
      return repeatedRequests(server, [{ request, expected }])
    },
  }
}
