import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { connect, rootCertificates, type TLSSocket } from 'node:tls'
import { findNameProblem } from '../init/check-certificate-files.ts'
import { type Findings, failed, ok, warning } from './finding.ts'
import type { Trust } from './probe.ts'

const TIMEOUT_MS = 10_000
const DAY_MS = 24 * 60 * 60 * 1000
/** Those who renew by themselves do so 30 days before; what is left then is somebody's to look at. */
const SOON_DAYS = 14

/** Where systems keep whom they trust, which docker and podman go by and Node does not. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** How a server shows who it is. */
interface Handshake {
  /** Of the server itself. */
  readonly certificate: X509Certificate
  /** Why it is not trusted, in OpenSSL's word; undefined when it is. */
  readonly distrust: string | undefined
}

/** What the next checks go by. */
export interface CertificateResult {
  readonly trust: Trust
  /** False when the system does not know whoever signed it; other problems are nothing that an engine could be told. */
  readonly isTrusted: boolean
}

/** Will clients take the certificate? @returns undefined when the server does not speak TLS. */
export async function* examineCertificate(url: URL, signal: AbortSignal): Findings<CertificateResult | undefined> {
  const ca = [...trustedBySystem(), ...trustedByNode()]
  let shown: Handshake
  try {
    shown = await shake(url, ca, signal)
  } catch (error) {
    const reason = reasonOf(error)
    yield failed(
      'certificate',
      `${url.host} does not speak TLS (${reason})`,
      `set http.tls.certFile and http.tls.keyFile, or try: kontor doctor http://${url.host}`,
    )
    return undefined
  }
  const { certificate, distrust } = shown
  let isGood = true
  const wrong = findNameProblem(certificate.raw, hostOf(url))
  if (wrong !== undefined) {
    isGood = false
    yield failed('certificate', wrong, 'get a certificate for this name, or use the name that it is for')
  }
  const left = Date.parse(certificate.validTo) - Date.now()
  const days = Math.floor(left / DAY_MS)
  if (left < 0) {
    isGood = false
    yield failed(
      'certificate',
      `it expired on ${certificate.validTo}`,
      'renew it; a new file is used without a restart',
    )
  } else if (Date.parse(certificate.validFrom) > Date.now()) {
    isGood = false
    yield failed('certificate', `it is not valid before ${certificate.validFrom}`, 'see that the clocks are right')
  } else if (days < SOON_DAYS) {
    yield warning('certificate', `it expires in ${days} days`, 'renew it; a new file is used without a restart')
  }
  const advice = adviceFor(distrust, url)
  if (advice !== undefined) {
    isGood = false
    yield failed('certificate', `this machine does not trust it (${distrust})`, advice)
  }
  if (isGood) yield ok('certificate', `valid for ${hostOf(url)}, trusted, expires in ${days} days`)
  const isTrusted = advice === undefined && (await isTrustedWith(url, [], signal))
  return { trust: { ca, isRequired: isGood }, isTrusted }
}

/** Whether a server is trusted by whoever also trusts these authorities. @throws Error when it does not speak TLS. */
export async function isTrustedWith(url: URL, more: readonly string[], signal: AbortSignal): Promise<boolean> {
  const { distrust } = await shake(url, [...trustedBySystem(), ...more], signal)
  return adviceFor(distrust, url) === undefined
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function trustedBySystem(): readonly string[] {
  const bundle = SYSTEM_BUNDLES.find((path) => existsSync(path))
  return bundle === undefined ? rootCertificates : [readFileSync(bundle, 'utf8')]
}

/** Whom only programs on Node trust, such as this one. */
function trustedByNode(): readonly string[] {
  const extra = process.env['NODE_EXTRA_CA_CERTS'] || undefined
  const own = extra !== undefined && existsSync(extra) ? [readFileSync(extra, 'utf8')] : []
  return [...rootCertificates, ...own]
}

/** What to do about a certificate that is not trusted; undefined for what is told by its dates and names. */
function adviceFor(distrust: string | undefined, { host }: URL): string | undefined {
  switch (distrust) {
    case undefined:
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return undefined
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `put the certificates that lead to its authority behind it, into the same file (http.tls.certFile); if the authority is your own, give clients its certificate: /etc/docker/certs.d/${host}/ca.crt`
    default:
      return `give clients the certificate of its authority: /etc/docker/certs.d/${host}/ca.crt for docker, /etc/containers/certs.d/${host}/ca.crt for podman, or the store of the system for all`
  }
}

function shake(url: URL, ca: readonly string[], signal: AbortSignal): Promise<Handshake> {
  const host = hostOf(url)
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({
      host,
      port: Number(url.port || 443),
      ca: [...ca],
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
      ...(isIP(host) === 0 && { servername: host }),
    })
    const stop = () => socket.destroy(new Error('interrupted'))
    signal.addEventListener('abort', stop, { once: true })
    socket.on('timeout', () => socket.destroy(new Error(`no answer for ${TIMEOUT_MS / 1000} s`)))
    socket.on('error', reject)
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()
      const { authorizationError } = socket
      socket.destroy()
      if (certificate === undefined) reject(new Error('it shows no certificate'))
      // Names are looked at by themselves.
      else resolve({ certificate: new X509Certificate(certificate.raw), distrust: distrustOf(authorizationError) })
    })
    socket.on('close', () => signal.removeEventListener('abort', stop))
  })
}

/** OpenSSL's own messages have its source code's lines in them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'reason' in error ? String(error.reason) : error.message.trim()
}

/** Node says it as a text, whatever its types say, and as an Error for names. */
function distrustOf(error: unknown): string | undefined {
  if (!error) return undefined
  const word = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return word === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : word
}
