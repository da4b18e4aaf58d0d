import { formatRequest } from '../load/format-request.ts'
import { repeatedRequests } from './repeated-requests.ts'
import type { Workload } from './workload.ts'

export const ping: Workload = {
  name: 'ping',
  title: '/v2/ ping',
  unit: 'per s',
  targets: [{ kind: 'ratio', atLeast: 2.5 }],
  async prepare({ stock: { server } }) {
    const request = formatRequest(server.address, { path: '/v2/', authorization: await server.authorize() })
    return repeatedRequests(server, [{ request, expected: { status: 200 } }])
  },
}
