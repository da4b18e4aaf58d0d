import { digestAlgorithm, digestHex } from '../../oci/digest.ts'
import { formatPlatform, type Platform } from '../../oci/platform.ts'
import type { Reference } from '../../oci/reference.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'

/** Most file systems have 255; what a browser adds to one of several downloads must fit, too. */
const MAX_FILE_NAME = 200

/** How much of a digest people compare. */
const SHORT_HEX = 12

/** What an archive is called when it is saved: `acme-web-v1.tar`, `acme-web-v1-linux-arm64.tar`. */
export function archiveFileName(
  repository: RepositoryName,
  reference: Reference,
  platform: Platform | undefined,
): string {
  const version =
    reference.kind === 'tag'
      ? reference.tag
      : `${digestAlgorithm(reference.digest)}-${digestHex(reference.digest).slice(0, SHORT_HEX)}`
  const words = [repository, version, ...(platform === undefined ? [] : [formatPlatform(platform)])]
  const name = words.join('-').replaceAll(/[^a-zA-Z0-9._-]/g, '-')
  // The end tells archives of one repository apart.
  return `${name.slice(-MAX_FILE_NAME)}.tar`
}

/**
 * The name under which clients pull a repository: `registry.example/acme/web`.
 * @param origin scheme and host as the client sees them
 */
export function pullNameOf(origin: string, repository: RepositoryName): string {
  const [scheme, host = ''] = origin.split('://')
  // Clients take a first component without dot and colon for a namespace of Docker Hub, unless it is localhost.
  const isHost = host === 'localhost' || /[.:]/.test(host)
  const port = scheme === 'https' ? 443 : 80
  return `${isHost ? host : `${host}:${port}`}/${repository}`
}
