import { type Finding, type Findings, failed, ok, warning } from './finding.ts'
import { type Answer, headerOf, objectOf, probe, type Trust } from './probe.ts'

const MINUTE_MS = 60_000
/** What is less is no clock's fault: the header has whole seconds, and the way takes its time. */
const CLOCK_WARNING_MS = MINUTE_MS / 2
/** Beyond, tokens that live for minutes look expired, or not valid yet. */
const CLOCK_FAILED_MS = 5 * MINUTE_MS

/** What is asked of one server. */
export interface Target {
  readonly url: URL
  readonly trust: Trust
  readonly signal: AbortSignal
}

/** Does it answer like a registry, through whatever is before it? @returns whether it is one. */
export async function* examineRegistry(target: Target): Findings<boolean> {
  const { url } = target
  let answer: Answer
  try {
    answer = await probe(new URL('/v2/', url), target)
  } catch (error) {
    const isPlain = url.protocol === 'http:'
    yield failed(
      'registry',
      `${url.host} does not answer ${isPlain ? 'to plain HTTP ' : ''}(${messageOf(error)})`,
      isPlain ? `perhaps it speaks TLS: kontor doctor https://${url.host}` : "look into the registry's log",
    )
    return false
  }
  yield* examineClock(answer)
  const challenge = headerOf(answer, 'www-authenticate')
  if (answer.status !== 401 || challenge === undefined) {
    yield failed(
      'registry',
      `/v2/ answers with ${answer.status}${challenge === undefined ? ' and asks for no credentials' : ''}`,
      adviceForAnswer(answer.status),
    )
    return false
  }
  yield ok('registry', '/v2/ answers like a registry')
  yield* examineChallenge(target, challenge)
  yield* examineReadiness(target)
  yield await examineApi(target)
  return true
}

function* examineClock({ headers, at }: Answer): Generator<Finding> {
  const said = Date.parse(headers.date ?? '')
  if (Number.isNaN(said)) return
  const off = Math.abs(said - at)
  const words = `its clock is ${Math.round(off / 1000)} s ${said > at ? 'ahead of' : 'behind'} this machine's`
  const advice =
    'set both by NTP (timedatectl shows whether it is on): tokens and certificates are good for a time only'
  if (off > CLOCK_FAILED_MS) yield failed('clock', words, advice)
  else if (off > CLOCK_WARNING_MS) yield warning('clock', words, advice)
  else yield ok('clock', "agrees with this machine's")
}

function adviceForAnswer(status: number): string {
  if (status === 502 || status === 503 || status === 504) {
    return 'a proxy answers for a registry that does not run, or that it cannot reach: see where it passes requests on to'
  }
  return 'something else listens there, or a proxy does not pass /v2/ on: it must pass on every path, and the Authorization header'
}

/** Clients go for tokens where the challenge sends them, which is where proxies are most often set up wrong. */
async function* examineChallenge(target: Target, challenge: string): Findings {
  const { url } = target
  const realm = /^Bearer\b.*?\brealm="([^"]*)"/i.exec(challenge)?.[1]
  const realmUrl = realm === undefined ? null : URL.parse(realm)
  if (realmUrl === null) {
    yield failed(
      'challenge',
      `it names no place to get tokens: ${challenge}`,
      'see that no proxy asks for credentials itself',
    )
    return
  }
  const isElsewhere = realmUrl.origin !== url.origin
  const sent = `clients of ${url.origin} are sent to ${realmUrl.origin} for tokens`
  if (isElsewhere && (realmUrl.host === url.host || (url.protocol === 'https:' && realmUrl.protocol === 'http:'))) {
    const advice = `have the proxy send X-Forwarded-Proto and name it in http.trustProxy, or set http.publicUrl: ${url.origin}`
    yield failed('challenge', sent, advice)
    return
  }
  const advice = isElsewhere
    ? `if that is not the name to use, have the proxy pass on the Host header, or set http.publicUrl: ${url.origin}`
    : `see that the proxy passes ${realmUrl.pathname} on to the registry`
  const problem = await findTokenProblem(target, realmUrl, /\bservice="([^"]*)"/i.exec(challenge)?.[1] ?? '')
  const where = isElsewhere ? sent : `tokens come from ${realmUrl.origin}${realmUrl.pathname}`
  if (problem !== undefined) yield failed('challenge', `${where}, and ${problem}`, advice)
  else if (isElsewhere) yield warning('challenge', where, advice)
  else yield ok('challenge', where)
}

/** Asks for a token as nobody. @returns what keeps from getting one. */
async function findTokenProblem(target: Target, realm: URL, service: string): Promise<string | undefined> {
  const url = new URL(realm)
  url.searchParams.set('service', service)
  try {
    const answer = await probe(url, target)
    const isGiven = answer.status === 200 && typeof objectOf(answer)?.['token'] === 'string'
    return isGiven ? undefined : `the answer there is ${answer.status}, with no token`
  } catch (error) {
    return `nothing answers there (${messageOf(error)})`
  }
}

async function* examineReadiness(target: Target): Findings {
  const answer = await probe(new URL('/readyz', target.url), target).catch(() => undefined)
  const { status, reason } = (answer && objectOf(answer)) ?? {}
  if (answer?.status === 200 && status === 'ready') yield ok('ready', 'it can serve')
  else if (answer?.status === 503 && typeof reason === 'string') {
    yield failed('ready', `it cannot serve: ${reason}`, "look into the registry's log")
  } else {
    const words = `/readyz answers with ${answer?.status ?? 'nothing'}`
    yield warning('ready', words, 'a registry other than Kontor, or a proxy that does not pass /readyz on')
  }
}

async function examineApi(target: Target): Promise<Finding> {
  const answer = await probe(new URL('/api/v1/user', target.url), target).catch(() => undefined)
  const isOurs = answer?.status === 401 && headerOf(answer, 'x-request-id') !== undefined
  if (isOurs) return ok('api', 'the API answers, so that kontor and the hub work')
  return warning(
    'api',
    `/api/v1 answers with ${answer?.status ?? 'nothing'}`,
    'images can be pulled and pushed, but kontor needs the API: have the proxy pass /api/ on',
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error)
}
