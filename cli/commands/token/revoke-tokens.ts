import type { AccessToken, CurrentUser } from '../../api/access-token.ts'
import type { ApiClient } from '../../api/api-client.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'

/** `kontor token revoke <id|name…>`: all of them are looked up before the first is revoked. */
export async function revokeTokens(
  cli: Cli,
  names: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api(options)
  const tokens: AccessToken[] = []
  for await (const token of api.list<AccessToken>('/user/tokens')) tokens.push(token)
  const found = [...new Set(names.map((name) => findToken(tokens, name)))]
  const said = found.map(({ id, name }) => `${name} (${id})`).join(', ')
  if (options.dryRun) {
    terminal.note(`would revoke ${said}`)
    return
  }
  await confirm(terminal, `revoke ${said}`, options)
  const own = await ownTokenId(api)
  // With the one that asks, the others could not be revoked any more.
  for (const { id } of found.toSorted((one, other) => Number(one.id === own) - Number(other.id === own))) {
    await api.send('DELETE', `/user/tokens/${id}`)
    terminal.print(String(id))
  }
  if (found.some(({ id }) => id === own)) {
    terminal.note(`this client was logged in with ${own}; try: kontor login ${api.url.host}`)
  }
}

async function ownTokenId(api: ApiClient): Promise<number | undefined> {
  return (await api.get<CurrentUser>('/user')).tokenId ?? undefined
}

/** By its id, else by its name. @throws CliError for none, and for a name that several have. */
function findToken(tokens: readonly AccessToken[], text: string): AccessToken {
  const byId = tokens.find(({ id }) => String(id) === text)
  const [first, ...others] = byId === undefined ? tokens.filter(({ name }) => name === text) : [byId]
  if (first === undefined) {
    throw new CliError(`there is no access token ${text}`, { exitCode: EXIT.notFound, hint: 'try: kontor token ls' })
  }
  if (others.length === 0) return first
  const ids = [first, ...others].map(({ id }) => id).join(', ')
  throw new CliError(`${others.length + 1} access tokens are called ${text}`, {
    exitCode: EXIT.usage,
    hint: `say which by its id: ${ids}`,
  })
}
