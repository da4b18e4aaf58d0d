import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

/** A registry with an organization, `acme`, whose tags are tried. */
export interface TaggedRegistry {
  readonly server: TestServer
  /** Owns `acme`. */
  readonly alice: Client
  /** Has what `acme` grants. */
  readonly bob: Client
  /** Grants bob a permission, in the place of the one that he had on the repository. */
  grantToBob(repository: string, permission: string): Promise<void>
  /** Pushes one image of its own under each of some tags. */
  pushTags(repository: string, ...names: string[]): Promise<void>
}

export async function openTaggedRegistry(): Promise<TaggedRegistry> {
  const server = await openTestServer()
  const alice = await server.createUser('alice')
  const bob = await server.createUser('bob')
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  return {
    server,
    alice,
    bob,
    async grantToBob(repository, permission) {
      const subject = { type: 'user', name: 'bob' }
      const grant = { subject, repositories: repository, permission }
      const { status } = await alice.post('/api/v1/organizations/acme/grants').send(grant)
      if (status !== 200 && status !== 201) throw new Error(`the grant was answered with ${status}`)
    },
    async pushTags(repository, ...names) {
      for (const name of names) await pushImage(alice, repository, { tag: name, content: `layer of ${name}` })
    },
  }
}

/** The address of a repository's tags, or of something below them. */
export function tagsOf(repository: string, ...rest: string[]): string {
  return ['/api/v1/repositories', encodeURIComponent(repository), 'tags', ...rest].join('/')
}
