import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobPath, digestOf } from '../content.ts'
import { findDataFolderProblems } from '../data-folder-problems.ts'
import type { Settlement } from '../oracle.ts'
import { basicAuthorization, createPushClient, type PushClient } from '../push-client.ts'
import { readBack } from '../read-back.ts'
import { createSeededRandom } from '../seeded-random.ts'
import { ADMIN, spawnServer } from '../server-process.ts'
import { openStores } from './open-stores.ts'
import { type PowerCut, replayPowerCut } from './power-cut.ts'
import { type AbandonedUpload, dataFolderOf, type RecordedRun } from './recorded-run.ts'

/** What is done with the disk that a power cut leaves. */
export type Check =
  /** Its stores are opened and read by this process. */
  | 'stores'
  /** A server is started on it, read from, asked to go on with an upload, and stopped. */
  | 'server'

/** What a power cut came to. */
export interface Aftermath {
  /** What must not be, in words; empty when all is well. */
  readonly problems: readonly string[]
  /** Of the changes under way, those that had happened and those that had not. */
  readonly done: number
  readonly undone: number
  /** Paths of `/v2` that were read back. */
  readonly paths: number
  /** What became of the upload that nobody had finished; undefined when it was not looked at. */
  readonly upload?: 'gone' | 'finished' | 'refused'
}

/**
 * Makes the disk that a power cut leaves, and looks whether everything that was acknowledged is on it and nothing else.
 * @param seed what the power cut draws its choices from.
 */
export async function checkPowerCut(run: RecordedRun, cut: PowerCut, seed: number, check: Check): Promise<Aftermath> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-power-cut-'))
  try {
    const disk = join(folder, 'disk')
    replayPowerCut(run.recording, cut, disk, createSeededRandom(seed))
    const dataDir = dataFolderOf(disk)
    const aftermath = check === 'stores' ? await checkStores(run, cut, dataDir) : await checkServer(run, cut, dataDir)
    return { ...aftermath, problems: [...aftermath.problems, ...(await findDataFolderProblems(dataDir))] }
  } catch (error) {
    return {
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      done: 0,
      undone: 0,
      paths: 0,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkStores(run: RecordedRun, cut: PowerCut, dataDir: string): Promise<Aftermath> {
  const stores = await openStores(dataDir)
  try {
    return await compare(run, cut, stores.client)
  } finally {
    await stores.close()
  }
}

async function checkServer(run: RecordedRun, cut: PowerCut, dataDir: string): Promise<Aftermath> {
  const server = spawnServer({ dataDir, env: { KONTOR_LOG__ACCESS: 'false' } })
  try {
    const client = createPushClient({ url: await server.listening, authorization: basicAuthorization(ADMIN) })
    // Also after a first start that was cut off half-way.
    await client.expect(200, { method: 'GET', path: '/v2/' })
    const aftermath = await compare(run, cut, client)
    const upload = cut.at < run.abandoned.at ? undefined : await goOnWithUpload(client, run.abandoned)
    client.close()
    server.signal('SIGTERM')
    const end = await server.ended
    return {
      ...aftermath,
      ...(upload !== undefined && { upload: upload.kind }),
      problems: [
        ...aftermath.problems,
        ...(upload?.problems ?? []),
        ...(end === 0 ? [] : [`the server ended with ${end}`]),
        ...findLogProblems(server.output()),
      ],
    }
  } finally {
    server.signal('SIGKILL')
    await server.ended
  }
}

async function compare({ recording, timeline }: RecordedRun, { at }: PowerCut, client: PushClient): Promise<Aftermath> {
  const oracle = timeline.recall(recording, at)
  const paths = oracle.paths()
  const { contents, problems } = await readBack(client, paths)
  const { done, undone, problems: contradictions }: Settlement = oracle.settle(contents)
  return { problems: [...problems, ...contradictions], done, undone, paths: paths.length }
}

/**
 * An upload under way may be gone, or have lost bytes that its client was told had arrived. Either way its client can
 * push the blob; and what is not the blob does not become one.
 */
async function goOnWithUpload(
  client: PushClient,
  { repository, location, bytes, acknowledgedBytes }: AbandonedUpload,
): Promise<{ readonly kind: 'gone' | 'finished' | 'refused'; readonly problems: readonly string[] }> {
  const digest = digestOf(bytes)
  const path = blobPath(repository, digest)
  const progress = await client.send({ method: 'GET', path: location })
  const offset = Number(/^0-(\d+)$/.exec(progress.headers.range ?? '')?.[1] ?? -1) + 1
  // An empty upload says `0-0`, too.
  const start = offset === 1 ? 0 : offset
  const problems: string[] = []
  const isThere = async () => digestOf((await client.send({ method: 'GET', path })).body) === digest
  if (progress.status === 204) {
    if (start > acknowledgedBytes) problems.push(`${location} stands at ${start}, which nobody sent`)
    const { status } = await client.send({
      method: 'PUT',
      path: `${location}?digest=${digest}`,
      body: bytes.subarray(start),
    })
    if (status === 201) return { kind: 'finished', problems: (await isThere()) ? problems : [`${path} is damaged`] }
    if (status !== 400) problems.push(`PUT ${location} → ${status}`)
  } else if (progress.status !== 404) problems.push(`GET ${location} → ${progress.status} ${progress.body}`)
  if (await isThere()) problems.push(`${path} is there, which nobody finished`)
  await client.expect(201, { method: 'POST', path: `/v2/${repository}/blobs/uploads/?digest=${digest}`, body: bytes })
  if (!(await isThere())) problems.push(`${path} is not there after another push`)
  return { kind: progress.status === 204 ? 'refused' : 'gone', problems }
}

/** A server that starts on what a power cut has left has nothing to complain about, but that it was built first. */
function findLogProblems(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !/^\{"level":"(?:debug|info)"|^kontor: building /.test(line))
    .map((line) => `the log says: ${line}`)
}
