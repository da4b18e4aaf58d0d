import { PERMISSIONS } from '../../../oci/permission.ts'
import { formatScopes, type IssuedAccessToken, type TokenScope } from '../../api/access-token.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { parseExpiry } from '../expiry.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

/** `kontor token create <name>`: the token goes to stdout alone, so that it can be piped to where it is needed. */
export async function createToken(
  cli: Cli,
  name: string,
  options: ChangeOptions & { readonly server?: string; readonly scope?: readonly string[]; readonly expires?: string },
): Promise<void> {
  const { terminal } = cli
  const scopes = options.scope?.map(parseScope)
  const expiresAt = options.expires === undefined ? undefined : parseExpiry(options.expires, Date.now())
  const rights = scopes === undefined ? 'all your rights' : formatScopes(scopes)
  const end = expiresAt === undefined ? 'no end' : `an end on ${expiresAt}`
  if (options.dryRun) {
    terminal.note(`would create the access token ${name} with ${rights} and ${end}`)
    return
  }
  const api = await cli.api(options)
  const body = { name, ...(scopes && { scopes }), ...(expiresAt !== undefined && { expiresAt }) }
  const { id, token } = await api.send<IssuedAccessToken>('POST', '/user/tokens', { body })
  terminal.print(token)
  terminal.note(`this is shown once; it has ${rights} and ${end}, and goes in place of your password`)
  terminal.note(`kontor token revoke ${id} ends it`)
}

/** @throws CliError usage */
function parseScope(text: string): TokenScope {
  const colon = text.lastIndexOf(':')
  const repositories = text.slice(0, Math.max(colon, 0))
  const permission = text.slice(colon + 1)
  if (repositories !== '' && PERMISSIONS.some((one) => one === permission)) return { repositories, permission }
  throw new CliError(`--scope ${text} is no scope`, {
    exitCode: EXIT.usage,
    hint: `write it as acme/*:push; permissions are ${PERMISSIONS.join(', ')}`,
  })
}
