import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { type Findings, failed, ok, warning } from './finding.ts'

const TIMEOUT_MS = 5000

/** Does the name lead somewhere, and does something listen there? @returns whether to go on. */
export async function* examineNetwork(url: URL, signal: AbortSignal): Findings<boolean> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const addresses = yield* examineName(host)
  if (addresses.length === 0) return false

  const problems = new Map<string, string>()
  for (const address of addresses) {
    const problem = await tryConnect(address, port, signal)
    if (problem !== undefined) problems.set(address, problem)
  }
  const reached = addresses.filter((address) => !problems.has(address))
  const [unreached] = problems
  if (unreached === undefined || (reached.length > 0 && isLoopback(host))) {
    yield ok('port', `port ${port} is open at ${reached.join(', ')}`)
    return true
  }
  const [address, problem] = unreached
  if (reached.length > 0) {
    yield warning(
      'port',
      `port ${port} is open at ${reached.join(', ')}, but not at ${address} (${problem})`,
      `clients try both: take ${address} out of the DNS, or have the registry listen there too (http.host)`,
    )
    return true
  }
  const where = `port ${port} at ${address}`
  if (problem === 'refused') {
    yield failed('port', `nothing listens on ${where}`, 'start the registry (kontor serve), or correct the port')
  } else {
    yield failed('port', `${where} cannot be reached (${problem})`, 'look for a firewall in between, and at http.host')
  }
  return false
}

async function* examineName(host: string): Findings<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  try {
    const addresses = [...new Set((await lookup(host, { all: true })).map(({ address }) => address))]
    yield ok('dns', `${host} is ${addresses.join(', ')}`)
    return addresses
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    yield failed(
      'dns',
      `the name ${host} is not known (${code})`,
      'correct it, or add it to the DNS (or to /etc/hosts of every client)',
    )
    return []
  }
}

/** @returns what keeps from connecting. */
function tryConnect(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal, timeout: TIMEOUT_MS })
    const end = (problem: string | undefined) => {
      socket.destroy()
      resolve(problem)
    }
    socket.on('connect', () => end(undefined))
    socket.on('timeout', () => end(`no answer for ${TIMEOUT_MS / 1000} s`))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : (error.code ?? error.message)),
    )
  })
}

/** Names of this machine for itself, to which docker speaks without TLS. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host)
}
