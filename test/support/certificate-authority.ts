import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

/** A server's certificate and its private key, both PEM files. */
export interface ServerCertificate {
  certFile: string
  keyFile: string
}

/** A certificate authority that exists for one test. */
export interface CertificateAuthority {
  /** The PEM file that a client has to trust. */
  caFile: string
  /**
   * Issues a certificate for the loopback interface by all its names: `localhost`, `127.0.0.1` and `0.0.0.0`
   * (which dials it too, and which docker, unlike 127.0.0.0/8, does not exempt from verification).
   * Throws when openssl fails.
   */
  issueServerCertificate(): Promise<ServerCertificate>
}

const newEcKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']

/** Long enough for any test run, short enough that a key which leaks out of one is worthless. */
const validity = ['-days', '2']

/**
 * Makes a certificate authority whose files live in `directory` (the caller removes it).
 * Throws when openssl is missing or fails.
 */
export async function createCertificateAuthority(directory: string): Promise<CertificateAuthority> {
  const caFile = join(directory, 'ca.crt')
  const caKeyFile = join(directory, 'ca.key')
  await openssl([...newEcKey, ...validity, '-subj', '/CN=Kontor test authority', '-keyout', caKeyFile, '-out', caFile])

  return {
    caFile,
    async issueServerCertificate() {
      const folder = await mkdtemp(join(directory, 'server-'))
      const certFile = join(folder, 'server.crt')
      const keyFile = join(folder, 'server.key')
      const issuer = ['-CA', caFile, '-CAkey', caKeyFile]
      // Go has ignored the common name since 1.15: only the subjectAltName counts.
      const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0'
      const extensions = ['-addext', names, '-addext', 'basicConstraints=critical,CA:FALSE']
      const outputs = ['-keyout', keyFile, '-out', certFile]
      await openssl([...newEcKey, ...validity, ...issuer, '-subj', '/CN=127.0.0.1', ...extensions, ...outputs])
      return { certFile, keyFile }
    },
  }
}

async function openssl(requestArguments: readonly string[]): Promise<void> {
  await execFileAsync('openssl', ['req', '-x509', ...requestArguments])
}
