import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { explainReadFailure } from '../../config/explain-read-failure.ts'

/** What `https.createServer` and `server.setSecureContext` take; both are PEM. */
export interface TlsMaterial {
  /** The server's certificate, followed by those that lead to its authority. */
  readonly cert: Buffer
  /** The private key of the certificate. */
  readonly key: Buffer
}

/** What `openTlsMaterial` needs. */
export interface TlsMaterialOptions {
  /** Path of the certificate, PEM. */
  readonly certFile: string
  /** Path of its private key, PEM, without a passphrase. */
  readonly keyFile: string
  /** The files have changed and hold something new that can be used. */
  readonly onReload: (material: TlsMaterial) => void
  /** Something an operator should know: a certificate that is out of date, files that changed and cannot be used. */
  readonly onError: (error: Error) => void
  /** How often the files are looked at, in milliseconds. A change is taken up once it has stood for as long again. */
  readonly pollMs?: number
}

/** The material as it was at first, and the watch over its files. */
export interface OpenTlsMaterial extends TlsMaterial {
  /** Ends the watch; no callback is called any more. */
  close(): void
}

const DEFAULT_POLL_MS = 10_000

/**
 * Reads certificate and key, and keeps an eye on their files: whoever renews a certificate replaces them.
 *
 * They are polled, since a watch on a file does not survive the ways in which they are replaced: certbot moves
 * symbolic links, Kubernetes swaps the folder that they lead through.
 * @throws Error when the files cannot be used; the message names the file and says what to do.
 */
export async function openTlsMaterial(options: TlsMaterialOptions): Promise<OpenTlsMaterial> {
  const { onReload, onError, pollMs = DEFAULT_POLL_MS } = options
  let examined = await fingerprint(options)
  let seen = examined
  let material = await readMaterial(options)
  let isClosed = false
  let timer: NodeJS.Timeout

  const warn = () => {
    const warning = findDateProblem(material, options.certFile)
    if (warning !== undefined) onError(warning)
  }
  const reload = async () => {
    const renewed = await readMaterial(options)
    if (isClosed || (renewed.cert.equals(material.cert) && renewed.key.equals(material.key))) return
    material = renewed
    onReload(renewed)
    warn()
  }
  const poll = async () => {
    const current = await fingerprint(options)
    // Two files cannot be replaced at one moment: half of a change would look like a key that does not fit.
    const isSettled = current === seen
    seen = current
    if (!isSettled || current === examined) return
    examined = current
    try {
      await reload()
    } catch (error) {
      if (!isClosed) onError(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const schedule = () => {
    timer = setTimeout(async () => {
      await poll()
      if (!isClosed) schedule()
    }, pollMs)
    timer.unref()
  }

  warn()
  schedule()
  return {
    ...material,
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

/** Changes whenever one of the files is replaced, rewritten or removed. Follows symbolic links. */
async function fingerprint({ certFile, keyFile }: TlsMaterialOptions): Promise<string> {
  const marks = [certFile, keyFile].map(async (path) => {
    try {
      const { dev, ino, size, mtimeMs } = await stat(path)
      return [dev, ino, size, mtimeMs].join(' ')
    } catch {
      return 'unreadable'
    }
  })
  return (await Promise.all(marks)).join('\n')
}

async function readMaterial({ certFile, keyFile }: TlsMaterialOptions): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([readPem('http.tls.certFile', certFile), readPem('http.tls.keyFile', keyFile)])
  const certificate = parseCertificate(cert, certFile)
  const privateKey = parsePrivateKey(key, keyFile)
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(
      `the private key in ${keyFile} does not belong to the first certificate in ${certFile}; put the server's own certificate first, and give the key it was made with`,
    )
  }
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new Error(`${certFile} and ${keyFile} cannot be used for TLS: ${messageOf(error)}`, { cause: error })
  }
  return { cert, key }
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new Error(`${setting}: the file ${path} ${explainReadFailure(error)}`, { cause: error })
  }
}

function parseCertificate(pem: Buffer, path: string): X509Certificate {
  // X509Certificate would take binary (DER) certificates too, which TLS servers of Node do not.
  if (pem.includes('-----BEGIN')) {
    try {
      return new X509Certificate(pem)
    } catch {
      // Whatever OpenSSL's reason was, the advice is the same.
    }
  }
  throw new Error(`${path} holds no certificate; it must begin with "-----BEGIN CERTIFICATE-----"`)
}

function parsePrivateKey(pem: Buffer, path: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    if (pem.includes('ENCRYPTED')) {
      throw new Error(
        `the private key in ${path} is encrypted; take the passphrase off with: openssl pkey -in ${path} -out <new file>`,
        { cause: error },
      )
    }
    throw new Error(`${path} holds no private key; it must begin with "-----BEGIN PRIVATE KEY-----" or the like`, {
      cause: error,
    })
  }
}

/** A certificate out of date is used all the same: clients complain about it in their own, clear words. */
function findDateProblem({ cert }: TlsMaterial, path: string): Error | undefined {
  const { validFrom, validTo } = new X509Certificate(cert)
  const now = Date.now()
  if (Date.parse(validTo) < now) {
    return new Error(`the certificate in ${path} expired on ${validTo}; clients will refuse it until it is renewed`)
  }
  if (Date.parse(validFrom) > now) {
    return new Error(`the certificate in ${path} is not valid before ${validFrom}; clients will refuse it until then`)
  }
  return undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
