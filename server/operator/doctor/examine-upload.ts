import type { Target } from './examine-registry.ts'
import { type Findings, failed, ok, skipped, warning } from './finding.ts'
import { type Answer, headerOf, objectOf, probe } from './probe.ts'

/** More than the 1 MiB at which nginx stops unless it is told otherwise. */
const BYTES = 2 * 1024 * 1024

/**
 * Sends two megabytes as a push would, and gives them up again: proxies like to refuse large bodies. For whoever is
 * logged in only, and into a repository of their own that does not come into being.
 */
export async function* examineUpload(target: Target, authorization: string | undefined): Findings {
  const { url } = target
  if (authorization === undefined) {
    yield skipped('upload', `not tried: nobody is logged in; kontor login ${url.host} makes it possible`)
    return
  }
  const headers = { Authorization: authorization }
  const user = await probe(new URL('/api/v1/user', url), { ...target, headers })
  if (user.status === 401) {
    yield warning('login', `${url.host} does not take what is kept for it`, `log in again: kontor login ${url.host}`)
    return
  }
  const { kind, username } = objectOf(user) ?? {}
  if (user.status !== 200 || typeof username !== 'string') return
  yield ok('login', `logged in as ${username}`)
  if (kind !== 'user') {
    yield skipped('upload', `not tried: ${username} has no namespace of its own`)
    return
  }
  const start = await probe(new URL(`/v2/${username}/kontor-doctor/blobs/uploads/`, url), {
    ...target,
    method: 'POST',
    headers,
  })
  if (start.status === 401 || start.status === 403) {
    yield skipped('upload', `not tried: this login may not push to ${username}/`)
    return
  }
  const session = locationOf(start, url)
  if (start.status !== 202 || session === undefined) {
    yield failed('upload', `an upload cannot be begun: ${describe(start)}`, "look into the registry's log")
    return
  }
  if (session.origin !== url.origin) {
    yield failed(
      'upload',
      `clients of ${url.origin} are sent to ${session.origin} with their uploads`,
      `set http.publicUrl: ${url.origin}`,
    )
    return
  }
  try {
    yield* sendBytes(target, session, headers)
  } finally {
    await probe(session, { ...target, method: 'DELETE', headers }).catch(() => {})
  }
}

async function* sendBytes(target: Target, session: URL, headers: Readonly<Record<string, string>>): Findings {
  const limit = 'nginx: client_max_body_size 0; proxy_request_buffering off;'
  try {
    const sent = await probe(session, {
      ...target,
      method: 'PATCH',
      headers: { ...headers, 'Content-Type': 'application/octet-stream', 'Content-Range': `0-${BYTES - 1}` },
      body: Buffer.alloc(BYTES),
    })
    if (sent.status === 202) yield ok('upload', '2 MiB go through')
    else if (sent.status === 413) {
      yield failed('upload', '2 MiB do not go through (413)', `lift the limit of the proxy, as in ${limit}`)
    } else yield failed('upload', `2 MiB do not go through: ${describe(sent)}`, "look into the registry's log")
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    yield failed('upload', `2 MiB do not go through (${reason})`, `look into the log of the proxy; as in ${limit}`)
  }
}

function locationOf(answer: Answer, base: URL): URL | undefined {
  const location = headerOf(answer, 'location')
  return location === undefined ? undefined : (URL.parse(location, base.href) ?? undefined)
}

/** The status, and what the registry says about it. */
function describe(answer: Answer): string {
  const { errors } = objectOf(answer) ?? {}
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : []
  const message = typeof first === 'object' && first !== null ? Reflect.get(first, 'message') : undefined
  return typeof message === 'string' ? `${answer.status}, ${message}` : String(answer.status)
}
