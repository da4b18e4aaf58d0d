import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { openTlsMaterial } from '../../http/tls.ts'
import type { ShellSession } from '../shell.ts'

/**
 * Sees that a certificate and its key can be used together, as the server will; what clients will not like is noted.
 * @throws a refusal that names the file and says what to do.
 */
export async function checkCertificateFiles(
  { refusal, terminal }: Pick<ShellSession, 'refusal' | 'terminal'>,
  files: { readonly certFile: string; readonly keyFile: string },
  hostName: string,
): Promise<void> {
  const onError = ({ message }: Error) => terminal.note(`warning: ${message}`)
  let cert: Buffer
  try {
    const material = await openTlsMaterial({ ...files, onReload() {}, onError })
    material.close()
    cert = material.cert
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : String(error), { exit: 'usage' })
  }
  const problem = findNameProblem(cert, hostName)
  if (problem !== undefined) terminal.note(`warning: ${problem}`)
}

/** Why a certificate and its key cannot be used together; undefined when they can. */
export async function findFileProblem(files: {
  readonly certFile: string
  readonly keyFile: string
}): Promise<string | undefined> {
  try {
    const material = await openTlsMaterial({ ...files, onReload() {}, onError() {} })
    material.close()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What clients that ask for this name will say about a certificate; undefined when it is for them. */
export function findNameProblem(cert: Buffer, hostName: string): string | undefined {
  const certificate = new X509Certificate(cert)
  const fits = isIP(hostName) === 0 ? certificate.checkHost(hostName) : certificate.checkIP(hostName)
  if (fits !== undefined) return undefined
  const names = certificate.subjectAltName ?? 'no name'
  return `the certificate is not for ${hostName} but for ${names}; clients will refuse it`
}
