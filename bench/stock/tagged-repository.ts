import { tagSortKey } from '../../oci/tag-order.ts'
import { openRegistryClient } from '../load/registry-client.ts'
import { ORGANIZATION } from '../servers/kontor-accounts.ts'
import { fill } from './fill.ts'
import { imageManifest, pushBlobs } from './image.ts'
import { writePastTheServer } from './kontor-database.ts'
import { pushScope } from './scopes.ts'
import type { Stock } from './stock.ts'

/** How many tags a server is filled with by its API; Kontor also gets as many as {@link MANY_TAGS}, past its API. */
export const SOME_TAGS = 5_000
export const MANY_TAGS = 100_000

/** A repository with tags `v000000`, `v000001` and so on, all of one manifest. */
export interface TaggedRepository {
  readonly repository: string
  readonly tags: number
}

export function tagName(index: number): string {
  return `v${String(index).padStart(6, '0')}`
}

/** A repository with {@link SOME_TAGS}, each of which was pushed. */
export function taggedRepository(stock: Stock): Promise<TaggedRepository> {
  return stock.remember('tags', () => pushTags(stock, `${ORGANIZATION}/tags`, SOME_TAGS))
}

/** A repository with {@link MANY_TAGS}. Kontor only. */
export function largeTaggedRepository(stock: Stock): Promise<TaggedRepository> {
  return stock.remember('many tags', async () => {
    const repository = `${ORGANIZATION}/many-tags`
    await pushTags(stock, repository, 1)
    writePastTheServer(stock.server, MANY_TAGS - 1, (db) => {
      const first = db
        .prepare<[string], { repository_id: number; manifest_id: number }>(`
          SELECT tag.repository_id, tag.manifest_id FROM tag JOIN repository ON repository.id = tag.repository_id
          WHERE repository.name = ?`)
        .get(repository)
      if (first === undefined) throw new Error(`${repository} has no tag`)
      const insert = db.prepare(`
        INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by, sort_key)
        VALUES (?, ?, ?, 1, 'bench', ?)`)
      return (index) => {
        const name = tagName(index + 1)
        insert.run(first.repository_id, name, first.manifest_id, tagSortKey(name))
      }
    })
    return { repository, tags: MANY_TAGS }
  })
}

async function pushTags(stock: Stock, repository: string, tags: number): Promise<TaggedRepository> {
  const authorization = await stock.server.authorize(pushScope(repository))
  const client = await openRegistryClient(stock.server, authorization)
  const { config, layers } = await pushBlobs(client, repository, 1, 1024)
  client.close()
  const manifest = imageManifest(config, layers)
  await fill(stock.server, authorization, tags, (each, index) =>
    each.pushManifest(repository, manifest, tagName(index)),
  )
  return { repository, tags }
}
