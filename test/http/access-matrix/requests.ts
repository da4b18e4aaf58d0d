import { request as httpRequest } from 'node:http'
import type { DeclaredRoute } from '../../../server/declared-routes.ts'
import type { PathKind } from '../../../server/distribution/path.ts'

/** An answer, whole: forbidden and absent are compared to the letter. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** A request as it goes out. */
export interface MatrixRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

const DIGEST = `sha256:${'0'.repeat(64)}`

/** Below each kind of path of the wire, something that is not there: whoever is admitted changes nothing. */
const WIRE_PATHS: Readonly<Record<PathKind, (name: string) => string>> = {
  base: () => '/v2/',
  catalog: () => '/v2/_catalog',
  tags: (name) => `/v2/${name}/tags/list`,
  manifest: (name) => `/v2/${name}/manifests/v0`,
  blob: (name) => `/v2/${name}/blobs/${DIGEST}`,
  uploads: (name) => `/v2/${name}/blobs/uploads/?digest=nonsense`,
  upload: (name) => `/v2/${name}/blobs/uploads/unknown?digest=${DIGEST}`,
  referrers: (name) => `/v2/${name}/referrers/${DIGEST}`,
}

/** What the parts of the API's paths are filled with; the objects in question are there, what is below them is not. */
const API_PARAMETERS: Readonly<Record<string, string>> = {
  user: 'mia',
  team: 'absent',
  robot: 'absent',
  tag: 'absent',
  id: '999999',
  reference: 'v0',
  digest: DIGEST,
}

/**
 * The request that tries a route on a repository or an organization.
 * @param field one that the body shall have, for a route of the API on which it takes more than the others
 */
export function requestOf(
  route: DeclaredRoute,
  object: { readonly repository: string; readonly organization: string },
  authorization: string | undefined,
  field?: string,
): MatrixRequest {
  const headers = authorization === undefined ? {} : { authorization }
  if (route.door === 'distribution') {
    const path = WIRE_PATHS[route.path](object.repository)
    const isWrite = route.method === 'PUT' || route.method === 'PATCH' || route.method === 'POST'
    return { method: route.method, path, headers, body: isWrite ? '{}' : undefined }
  }
  const method = route.method.toUpperCase()
  if (route.door !== 'api') return { method, path: route.path, headers, body: undefined }
  const filled = route.path.replace(/:(\w+)/g, (_, parameter: string) => {
    if (parameter === 'repository') return encodeURIComponent(object.repository)
    if (parameter === 'org') return object.organization
    const value = API_PARAMETERS[parameter]
    if (value === undefined) throw new Error(`the matrix does not know what to put for :${parameter} in ${route.path}`)
    return value
  })
  // No route takes this parameter, and says so once the caller is admitted: that is how the matrix sees who is.
  const path = `/api/v1${filled}?of-the-matrix`
  const isNamedInBody = route.access.kind === 'push' && 'named' in route.access
  if (field === undefined && !isNamedInBody) return { method, path, headers, body: undefined }
  const body = JSON.stringify({
    ...(isNamedInBody && { name: object.repository }),
    ...(field !== undefined && { [field]: null }),
  })
  return { method, path, headers: { ...headers, 'content-type': 'application/json' }, body }
}

/** Whether an answer of the API comes from behind the rule. */
export function isFromBehindTheRule({ status, text }: Answer): boolean {
  return status === 400 && text.includes('of-the-matrix')
}

export function send(url: string, { method, path, headers, body }: MatrixRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(path, url), { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** An answer without what differs between any two: its time, its id, and the name that was asked for. */
export function comparable({ status, headers, text }: Answer, name: string): unknown {
  const { date: _date, 'x-request-id': id, 'content-length': _length, ...rest } = headers
  const plain = JSON.stringify({ status, headers: rest, text })
  return plain.replaceAll(name, 'NAME').replaceAll(encodeURIComponent(name), 'NAME').replaceAll(String(id), 'ID')
}
