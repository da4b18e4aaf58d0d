import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { exchange, readText } from '../http/exchange.ts'
import { isInTheClear } from '../servers/server-url.ts'

/**
 * Tells a registry of any make a user name and a password, as `docker login` does: at `/v2/` itself, or at the place
 * that its challenge names for tokens.
 * @param challenge the `WWW-Authenticate` of `/v2/`.
 * @throws CliError not authenticated, when they are wrong.
 */
export async function checkAtRegistry(
  url: URL,
  challenge: string,
  pair: { readonly username: string; readonly password: string },
  signal?: AbortSignal,
): Promise<void> {
  const basic = `Basic ${Buffer.from(`${pair.username}:${pair.password}`).toString('base64')}`
  const realm = /^bearer\s/i.test(challenge) ? parameter(challenge, 'realm') : undefined
  const authorization = realm === undefined ? basic : `Bearer ${await fetchToken(realm)}`
  const { status, body } = await exchange({
    method: 'GET',
    url: new URL('/v2/', url),
    headers: { Authorization: authorization },
    signal,
  })
  body.resume()
  requireGood(status)

  async function fetchToken(place: string): Promise<string> {
    const target = URL.parse(place)
    // A registry behind TLS has no reason to have the password sent in the clear.
    if (target === null || (url.protocol === 'https:' && isInTheClear(target))) {
      throw new CliError(`${url.host} wants the password sent to ${place.slice(0, 200)}, which is not safe`)
    }
    const service = parameter(challenge, 'service')
    if (service !== undefined) target.searchParams.set('service', service)
    target.searchParams.set('account', pair.username)
    target.searchParams.set('client_id', 'kontor')
    const answer = await exchange({ method: 'GET', url: target, headers: { Authorization: basic }, signal })
    const text = await readText(answer)
    requireGood(answer.status)
    const { token, access_token: accessToken } = parseAnswer(text)
    const given = token ?? accessToken
    if (typeof given === 'string' && /^[\x21-\x7e]+$/.test(given)) return given
    throw new CliError(`${target.host} gives no token`)
  }

  function requireGood(status: number): void {
    if (status < 300) return
    if (status === 401 || status === 403) {
      throw new CliError(`${url.host} does not take this user name and password`, { exitCode: EXIT.notAuthenticated })
    }
    throw new CliError(`${url.host} answers with ${status}`)
  }
}

function parameter(challenge: string, name: string): string | undefined {
  return new RegExp(`[\\s,]${name}="([^"]*)"`, 'i').exec(challenge)?.[1]
}

function parseAnswer(text: string): { readonly token?: unknown; readonly access_token?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { token?: unknown; access_token?: unknown }
  } catch (cause) {
    throw new CliError('the answer to the login is no JSON', { cause })
  }
}
