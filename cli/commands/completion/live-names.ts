import type { Query } from '../../api/api-client.ts'
import { openApi } from '../../api/open-api.ts'
import { chooseServer } from '../../servers/choose-server.ts'
import { createNamesCache } from './names-cache.ts'

/** Names as a server has them at this moment. */
export interface LiveNames {
  /** Those that begin with what is typed; with their tags once there is a colon. */
  repositories(typed: string): Promise<readonly string[]>
  /** The same, for where a tag should follow: each repository with a colon. */
  images(typed: string): Promise<readonly string[]>
  /** Tags of what an image reference names. */
  tags(image: string, typed: string): Promise<readonly string[]>
  organizations(): Promise<readonly string[]>
}

/** More than anybody reads. */
const MOST = 100

/**
 * Asks the server that the command line means, or what was asked a moment ago.
 * @param server as `--server` names it.
 */
export function createLiveNames(
  env: Readonly<Record<string, string | undefined>>,
  server: string | undefined,
  signal: AbortSignal,
): LiveNames {
  const cache = createNamesCache(env)

  async function ask(host: string | undefined, path: string, query: Query): Promise<readonly string[]> {
    const named = { server, host }
    const { origin } = await chooseServer(env, named)
    const key = JSON.stringify([origin, path, query])
    const known = await cache.find(key)
    if (known !== undefined) return known
    const api = await openApi(env, named, signal)
    const { items } = await api.get<{ readonly items: readonly { readonly name: string }[] }>(path, {
      ...query,
      limit: MOST,
    })
    const names = items.map(({ name }) => name)
    await cache.keep(key, names)
    return names
  }

  function tagsOf({ host, repository }: TypedName, prefix: string): Promise<readonly string[]> {
    return ask(host, `/repositories/${encodeURIComponent(repository)}/tags`, { prefix })
  }

  async function namesFor(typed: string, after: string): Promise<readonly string[]> {
    const name = readTypedName(typed)
    const { host, repository, tag } = name
    const where = host === undefined ? '' : `${host}/`
    if (tag !== undefined) return (await tagsOf(name, tag)).map((one) => `${where}${repository}:${one}`)
    return (await ask(host, '/repositories', { prefix: repository })).map((one) => `${where}${one}${after}`)
  }

  return {
    repositories: (typed) => namesFor(typed, ''),
    images: (typed) => namesFor(typed, ':'),
    tags: (image, typed) => tagsOf(readTypedName(image), typed),
    organizations: () => ask(undefined, '/organizations', {}),
  }
}

interface TypedName {
  readonly host: string | undefined
  readonly repository: string
  /** Undefined before the colon. */
  readonly tag: string | undefined
}

/** As `parseImageReference` reads it, but for what is not whole yet. */
function readTypedName(text: string): TypedName {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isHost = first === 'localhost' || /[.:]/.test(first)
  const rest = isHost ? text.slice(slash + 1) : text
  const [repository = '', tag] = rest.split(':')
  return { host: isHost ? first : undefined, repository, tag }
}
