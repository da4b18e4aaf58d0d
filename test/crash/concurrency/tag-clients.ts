import type { Digest } from '../../../oci/digest.ts'
import type { Kontor } from '../../support/kontor.ts'
import {
  createImageManifest,
  digestOf,
  hubPath,
  manifestPath,
  type PushedBlob,
  type PushedManifest,
} from '../content.ts'
import { basicAuthorization, ConnectionLost, createPushClient, type PushClient } from '../push-client.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { TagAction, TagOperation, TagValue } from './tag-operation.ts'

/** What clients have done with some tags of a repository, over the lives of several servers. */
export interface TagClients {
  /** Lets all clients work with a server for some operations, and lets them finish, or kills it under their hands. */
  work(server: Kontor, options: { readonly operations: number; readonly kills: boolean }): Promise<void>
  /** Tag → what was done with it. */
  histories(): ReadonlyMap<string, readonly TagOperation[]>
}

/** What a request was told; undefined when it had no answer. */
type Ask = (client: PushClient) => Promise<TagAction>

export function createTagClients(options: {
  readonly repository: string
  /** Blobs that the repository has. */
  readonly blobs: readonly PushedBlob[]
  readonly clients: number
  readonly tags: readonly string[]
  readonly random: SeededRandom
}): TagClients {
  const { repository, blobs, clients, tags, random } = options
  const randoms = Array.from({ length: clients }, () => random.fork())
  const histories = new Map<string, TagOperation[]>(tags.map((tag) => [tag, []]))
  const pushed: PushedManifest[] = []
  let sequence = 0

  /** A manifest like no other, so that a read tells which push it sees. */
  function nextManifest(): PushedManifest {
    sequence += 1
    return createImageManifest(repository, blobs, `manifest ${sequence}`)
  }

  function chooseAction(ownRandom: SeededRandom, tag: string): { readonly ask: Ask; readonly lost?: TagAction } {
    const path = manifestPath(repository, tag)
    const kind = ownRandom.pick(['get', 'get', 'get', 'head', 'head', 'list', 'put', 'put', 'put', 'point', 'delete'])
    const [known] = ownRandom.sample(pushed.slice(-50), 1)
    if (kind === 'point' && known !== undefined) {
      const { digest } = known
      return { ask: (client) => pointTag(client, repository, tag, digest), lost: { kind: 'put', value: digest } }
    }
    switch (kind) {
      case 'put':
      case 'point': {
        const manifest = nextManifest()
        const action: TagAction = { kind: 'put', value: manifest.digest }
        const ask: Ask = async (client) => {
          await putTag(client, path, manifest)
          pushed.push(manifest)
          return action
        }
        return { ask, lost: action }
      }
      case 'delete':
        return { ask: (client) => deleteTag(client, path), lost: { kind: 'delete', found: undefined } }
      case 'list':
        return { ask: (client) => listTag(client, repository, tag) }
      default:
        return { ask: (client) => readTag(client, kind === 'head' ? 'HEAD' : 'GET', path) }
    }
  }

  async function workAlone({ client, ownRandom, unanswered, isOver, onOperation }: LonelyWork) {
    while (!isOver()) {
      const tag = ownRandom.pick(tags)
      const { ask, lost } = chooseAction(ownRandom, tag)
      const calledAt = performance.now()
      try {
        const action = await ask(client)
        histories.get(tag)?.push({ action, calledAt, returnedAt: performance.now(), isAnswered: true })
        onOperation()
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
        // What nobody took cannot have happened, and a read that was not answered says nothing.
        if (lost !== undefined && error.wasUnderWay) unanswered.push({ tag, action: lost, calledAt })
        return error
      }
    }
    return undefined
  }

  return {
    histories: () => histories,
    async work(server, { operations, kills }) {
      const unanswered: Unanswered[] = []
      const connections = randoms.map((ownRandom) => {
        const client = createPushClient({ url: server.url, authorization: basicAuthorization(server) })
        return { client, ownRandom }
      })
      for (const { client } of connections) await client.expect(200, { method: 'GET', path: '/v2/' })
      let work: Promise<void>[] = []
      let isOver = false
      let left = operations
      const enough = new Promise<void>((resolve) => {
        const onOperation = () => {
          left -= 1
          if (left === 0) resolve()
        }
        work = connections.map(async (connection) => {
          const lost = await workAlone({ ...connection, unanswered, isOver: () => isOver, onOperation })
          if (lost !== undefined && !isOver)
            throw new Error(`a request was dropped: ${lost.message}\n${server.output()}`)
        })
      })
      await Promise.race([enough, ...work])
      isOver = true
      if (kills) await server.kill()
      // From here on nothing of it can happen any more.
      const returnedAt = performance.now()
      await Promise.all(work)
      for (const { tag, action, calledAt } of unanswered) {
        histories.get(tag)?.push({ action, calledAt, returnedAt, isAnswered: false })
      }
      for (const { client } of connections) client.close()
    },
  }
}

interface LonelyWork {
  readonly client: PushClient
  readonly ownRandom: SeededRandom
  /** Takes what had no answer. */
  readonly unanswered: Unanswered[]
  readonly isOver: () => boolean
  readonly onOperation: () => void
}

interface Unanswered {
  readonly tag: string
  readonly action: TagAction
  readonly calledAt: number
}

async function putTag(client: PushClient, path: string, { bytes, mediaType }: PushedManifest): Promise<void> {
  await client.expect(201, { method: 'PUT', path, body: bytes, headers: { 'Content-Type': mediaType } })
}

/** Moves a tag to what is there, through the API. */
async function pointTag(client: PushClient, repository: string, tag: string, digest: Digest): Promise<TagAction> {
  const path = `${hubPath(repository)}/tags/${tag}`
  const body = Buffer.from(JSON.stringify({ digest }))
  const answer = await client.send({ method: 'PUT', path, body, headers: { 'Content-Type': 'application/json' } })
  // It answers with the tag as it is then: 404 when it was deleted meanwhile, and moved it was all the same.
  if (![200, 201, 404].includes(answer.status)) throw new Error(`PUT ${path} → ${answer.status} ${answer.body}`)
  return { kind: 'put', value: digest }
}

async function deleteTag(client: PushClient, path: string): Promise<TagAction> {
  const { status, body } = await client.send({ method: 'DELETE', path })
  if (status !== 202 && status !== 404) throw new Error(`DELETE ${path} → ${status} ${body}`)
  return { kind: 'delete', found: status === 202 }
}

async function readTag(client: PushClient, method: 'GET' | 'HEAD', path: string): Promise<TagAction> {
  const { status, headers, body } = await client.send({ method, path })
  if (status !== 200 && status !== 404) throw new Error(`${method} ${path} → ${status} ${body}`)
  const announced = headers['docker-content-digest']
  if (status === 200 && method === 'GET' && digestOf(body) !== announced) {
    throw new Error(`GET ${path} → bytes of ${digestOf(body)}, announced as ${announced}`)
  }
  const value: TagValue = status === 404 ? undefined : (String(announced) as Digest)
  return { kind: 'get', value }
}

async function listTag(client: PushClient, repository: string, tag: string): Promise<TagAction> {
  const { body } = await client.expect(200, { method: 'GET', path: `/v2/${repository}/tags/list` })
  const { tags }: { readonly tags: readonly string[] } = JSON.parse(body.toString())
  return { kind: 'list', isListed: tags.includes(tag) }
}
