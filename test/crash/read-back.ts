import type { Digest } from '../../oci/digest.ts'
import { blobPath, digestOf, manifestPath } from './content.ts'
import type { Content } from './oracle.ts'
import type { PushClient, WireAnswer } from './push-client.ts'

/** Requests at a time. */
const LANES = 8

/** What a registry shows of itself. */
export interface Observation {
  /** What each path answers. */
  readonly contents: ReadonlyMap<string, Content>
  /** What does not fit together, in words; empty when all is well. */
  readonly problems: readonly string[]
}

/**
 * Reads everything back as a client would: each path, whether its bytes are those of the digest they are announced
 * with, whether everything a manifest refers to can be pulled, and whether the lists of tags and of referrers say the
 * same as the manifests.
 */
export async function readBack(client: PushClient, paths: readonly string[]): Promise<Observation> {
  const problems: string[] = []
  const contents = new Map<string, Content>()
  const manifests = new Map<string, Buffer>()
  await inLanes(paths, async (path) => {
    const answer = await client.send({ method: 'GET', path })
    if (answer.status !== 200 && answer.status !== 404) problems.push(`GET ${path} → ${answer.status} ${answer.body}`)
    if (answer.status !== 200) return contents.set(path, undefined)
    const digest = digestOf(answer.body)
    const announced = answer.headers['docker-content-digest']
    if (announced !== digest) problems.push(`GET ${path} → bytes of ${digest}, announced as ${announced}`)
    if (path.includes('/manifests/')) manifests.set(path, answer.body)
    return contents.set(path, digest)
  })
  for (const [path, bytes] of manifests) problems.push(...findMissing(path, bytes, contents))
  await inLanes([...repositoriesOf(paths)], async (repository) => {
    problems.push(...(await compareTags(client, repository, contents)))
  })
  const subjects = [...contents.keys()].map(parseManifestPath).filter(({ reference }) => reference.includes(':'))
  const referrers = groupReferrers(manifests)
  await inLanes(subjects, async ({ repository, reference }) => {
    const path = `/v2/${repository}/referrers/${reference}`
    const listed = (await getJson(client, path))['manifests']
    const problem = compareLists(path, digestsIn(listed), referrers.get(path) ?? [])
    if (problem !== undefined) problems.push(problem)
  })
  return { contents, problems }
}

type Json = Readonly<Record<string, unknown>>

/** What a manifest refers to, its subject aside, must be there with it. */
function findMissing(path: string, bytes: Buffer, contents: ReadonlyMap<string, Content>): string[] {
  const { repository } = parseManifestPath(path)
  const { config, layers, manifests }: Json = JSON.parse(bytes.toString())
  const needed = [
    ...digestsIn([config, ...(Array.isArray(layers) ? layers : [])]).map((digest) => blobPath(repository, digest)),
    ...digestsIn(manifests).map((digest) => manifestPath(repository, digest)),
    manifestPath(repository, digestOf(bytes)),
  ]
  return needed
    .filter((reference) => contents.get(reference) === undefined)
    .map((reference) => `${path} is there, but not ${reference}, which it needs`)
}

async function compareTags(
  client: PushClient,
  repository: string,
  contents: ReadonlyMap<string, Content>,
): Promise<string[]> {
  const path = `/v2/${repository}/tags/list`
  const listed = (await getJson(client, path))['tags']
  const expected = [...contents]
    .filter(([, content]) => content !== undefined)
    .map(([manifest]) => parseManifestPath(manifest))
    .filter((manifest) => manifest.repository === repository && !manifest.reference.includes(':'))
  const problem = compareLists(
    path,
    Array.isArray(listed) ? listed : [],
    expected.map(({ reference }) => reference),
  )
  return problem === undefined ? [] : [problem]
}

/** Path of a referrers list → digests that must be in it. */
function groupReferrers(manifests: ReadonlyMap<string, Buffer>): Map<string, Digest[]> {
  const groups = new Map<string, Digest[]>()
  for (const [path, bytes] of manifests) {
    const { repository, reference } = parseManifestPath(path)
    const { subject }: Json = JSON.parse(bytes.toString())
    const [digest] = digestsIn([subject])
    if (digest === undefined || !reference.includes(':')) continue
    const list = `/v2/${repository}/referrers/${digest}`
    groups.set(list, [...(groups.get(list) ?? []), digestOf(bytes)])
  }
  return groups
}

function compareLists(path: string, listed: readonly string[], expected: readonly string[]): string | undefined {
  const [one, other] = [listed, expected].map((entries) => entries.toSorted().join(' '))
  return one === other ? undefined : `${path} lists (${one}); there is (${other})`
}

async function getJson(client: PushClient, path: string): Promise<Json> {
  const { status, body }: WireAnswer = await client.send({ method: 'GET', path })
  // A repository that nothing was pushed to does not exist yet.
  return status === 404 ? {} : JSON.parse(body.toString())
}

/** The digests of descriptors; anything that is none is passed over. */
function digestsIn(descriptors: unknown): Digest[] {
  if (!Array.isArray(descriptors)) return []
  return descriptors.flatMap((descriptor: { digest?: Digest } | undefined) => descriptor?.digest ?? [])
}

function parseManifestPath(path: string): { readonly repository: string; readonly reference: string } {
  const [, repository = '', reference = ''] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(path) ?? []
  return { repository, reference }
}

function repositoriesOf(paths: readonly string[]): Set<string> {
  return new Set(paths.map((path) => path.replace(/^\/v2\/(.+)\/(?:blobs|manifests)\/.*$/, '$1')))
}

async function inLanes<T>(entries: readonly T[], work: (entry: T) => Promise<unknown>): Promise<void> {
  const left = [...entries]
  const lane = async () => {
    for (let entry = left.pop(); entry !== undefined; entry = left.pop()) await work(entry)
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}
