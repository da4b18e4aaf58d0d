import type { PushClient } from './push-client.ts'

/** More than the repositories of one namespace in these tests. */
const LIMIT = 100

interface Listed {
  readonly name: string
  readonly pushedAt: string | null
}

/**
 * Whether the search finds, of one namespace, exactly the repositories that there are and that something was pushed to.
 * @returns what is wrong, in words; empty when all is well.
 */
export async function findSearchProblems(client: PushClient, namespace: string): Promise<string[]> {
  const after = new URLSearchParams({ limit: `${LIMIT}`, after: `${namespace}/` })
  const listed = await fetchItems(client, `/api/v1/repositories?${after}`)
  const expected = listed.filter(({ name, pushedAt }) => name.startsWith(`${namespace}/`) && pushedAt !== null)
  const query = new URLSearchParams({ limit: `${LIMIT}`, q: `org:${namespace}` })
  const found = await fetchItems(client, `/api/v1/search?${query}`)
  const [there, inSearch] = [expected, found].map((items) =>
    items
      .map(({ name }) => name)
      .sort()
      .join(' '),
  )
  return there === inSearch ? [] : [`the search finds (${inSearch}) in ${namespace}; there is (${there})`]
}

async function fetchItems(client: PushClient, path: string): Promise<readonly Listed[]> {
  const { body } = await client.expect(200, { method: 'GET', path })
  const { items }: { readonly items: readonly Listed[] } = JSON.parse(body.toString())
  return items
}
