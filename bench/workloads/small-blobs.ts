import { formatRequest } from '../load/format-request.ts'
import { pushedImage } from '../stock/image.ts'
import { pullScope } from '../stock/scopes.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Target, Workload } from './workload.ts'

export const blobHead = smallBlobWorkload('blob-head', 'blob HEAD', 'HEAD', { kind: 'ratio', atLeast: 3 })
export const blobGetSmall = smallBlobWorkload('blob-get-4k', 'blob GET 4 KiB', 'GET', { kind: 'ratio', atLeast: 15 })

function smallBlobWorkload(name: string, title: string, method: 'GET' | 'HEAD', target: Target): Workload {
  return {
    name,
    title,
    unit: 'per s',
    targets: [target],
    async prepare({ stock }) {
      const { server } = stock
      const { repository, layer } = await pushedImage(stock)
      const authorization = await server.authorize(pullScope(repository))
      const path = `/v2/${repository}/blobs/${layer.digest}`
      const bodyBytes = method === 'GET' ? layer.size : 0
      const expected = { status: 200, bodyBytes, contentLength: layer.size, inHead: layer.digest }
      return repeatedRequests(server, [
        { request: formatRequest(server.address, { method, path, authorization }), expected },
      ])
    },
  }
}
