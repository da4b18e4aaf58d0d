import { CROWDED_ORGANIZATION, ORGANIZATION } from '../servers/kontor-accounts.ts'
import { fill } from './fill.ts'
import { imageManifest, pushBlobs } from './image.ts'
import { findIdentity, writePastTheServer } from './kontor-database.ts'
import { CATALOG_SCOPE } from './scopes.ts'
import type { Stock } from './stock.ts'

const SOME_REPOSITORIES = 2_000
const MANY_REPOSITORIES = 100_000

/** Repositories to list. */
export interface Catalogue {
  readonly authorization: string | undefined
  readonly repositories: number
  nameOf(index: number): string
}

/** Repositories that were pushed, each with an image. */
export function catalogue(stock: Stock): Promise<Catalogue> {
  return stock.remember('catalogue', async () => {
    const { server } = stock
    const login = await server.logIn()
    const nameOf = (index: number) => repositoryName(ORGANIZATION, index)
    await fill(server, login, SOME_REPOSITORIES, async (client, index) => {
      const { config, layers } = await pushBlobs(client, nameOf(index), 0, 0)
      await client.pushManifest(nameOf(index), imageManifest(config, layers), 'v1')
    })
    return { authorization: await server.authorize(CATALOG_SCOPE), repositories: SOME_REPOSITORIES, nameOf }
  })
}

/** Repositories of an organization that has very many. Kontor only. */
export function largeCatalogue(stock: Stock): Promise<Catalogue> {
  return stock.remember('large catalogue', async () => {
    const { server } = stock
    if (server.accounts === undefined) throw new Error('only Kontor can be filled like this')
    const nameOf = (index: number) => repositoryName(CROWDED_ORGANIZATION, index)
    const authorization = await server.accounts.authorize([CATALOG_SCOPE], CROWDED_ORGANIZATION)
    writePastTheServer(server, MANY_REPOSITORIES, (db) => {
      const accountId = findIdentity(db, 'account', CROWDED_ORGANIZATION)
      const insert = db.prepare(`
        INSERT INTO repository (account_id, name, visibility, created_at, pushed_at) VALUES (?, ?, 'private', 1, 1)`)
      return (index) => insert.run(accountId, nameOf(index))
    })
    return { authorization, repositories: MANY_REPOSITORIES, nameOf }
  })
}

function repositoryName(organization: string, index: number): string {
  return `${organization}/repository-${String(index).padStart(6, '0')}`
}
