import { basic, OCI_INDEX, OCI_MANIFEST } from './server.ts'

/** A registry that something is pulled from; without a password as nobody. */
export interface PulledFrom {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** Asks a registry for something under `/v2/`, as clients for images do. */
export async function pull({ url, username, password }: PulledFrom, path: string): Promise<Response> {
  const headers = { Accept: `${OCI_INDEX}, ${OCI_MANIFEST}` }
  const isKnown = username !== undefined && password !== undefined
  const login = isKnown ? { Authorization: basic(username, password) } : {}
  return fetch(new URL(path, url), { headers: { ...headers, ...login } })
}

/** What a registry answers, to be compared with what another one does. */
export async function pulledBytes(registry: PulledFrom, path: string): Promise<string> {
  const response = await pull(registry, path)
  return `${response.status} ${Buffer.from(await response.arrayBuffer()).toString('base64')}`
}

/** The digests that an index has, such as that of an image's referrers. */
export async function pulledDigests(registry: PulledFrom, path: string): Promise<readonly string[]> {
  const { manifests } = (await (await pull(registry, path)).json()) as { manifests: readonly { digest: string }[] }
  return manifests.map(({ digest }) => digest)
}
